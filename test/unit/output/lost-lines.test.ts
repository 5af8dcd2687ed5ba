import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { removeZeros } from '../../../src/output/lost-lines.ts';

const PROGRAM = `
import { openSync, renameSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { removeZeros } from '${new URL('../../../src/output/lost-lines.ts', import.meta.url).href}';
const [path] = process.argv.slice(-1);
const fd = openSync(path, 'a');
renameSync(path, path + '.1');
spawnSync('mkfifo', [path]);
console.log(removeZeros(path, fd, 5));
`;

describe('the zeros at the end of a log', () => {
  let folder: string;
  let path: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgeadm-zeros-'));
    path = join(folder, 'edgeadm.log');
    fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  it('all of them go, also those of many blocks', () => {
    for (const zeros of [1, 65_535, 65_536, 65_537, 300_000]) {
      writeFileSync(path, `a\0b\n${'\0'.repeat(zeros)}`);
      assert.equal(removeZeros(path, fd, zeros + 4), 4);
      assert.equal(readFileSync(path, 'utf8'), 'a\0b\n');
    }
  });

  it('a log that has become shorter meanwhile does not grow', () => {
    writeFileSync(path, 'a\n\0\0');
    assert.equal(removeZeros(path, fd, 100), 100);
    assert.equal(readFileSync(path, 'utf8'), 'a\n\0\0');
  });

  it('a log is not shortened by what another file says that has taken its name', () => {
    writeFileSync(path, 'a\nb\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'a\n\0\0');
    assert.equal(removeZeros(path, fd, 4), 4);
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'a\nb\n');
  });

  it('a link that has taken the name of a log is not followed', () => {
    writeFileSync(path, 'a\n\0\0');
    renameSync(path, `${path}.1`);
    symlinkSync(`${path}.1`, path);
    assert.equal(removeZeros(path, fd, 4), 4);
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'a\n\0\0');
  });

  it('a named pipe that has taken the name of a log is not waited for', () => {
    writeFileSync(path, 'a\n\0\0\0');
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(stdout, '5\n', stderr);
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'a\n\0\0\0');
  }).timeout(120_000);
});
