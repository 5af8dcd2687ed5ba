import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readUserFileIfAny, readUserText, USER_FILE_LIMIT_BYTES } from '../../../src/lib/user-file.ts';

const what = '--config';
const MODULE = new URL('../../../src/lib/user-file.ts', import.meta.url).href;
/** A program that prints what it reads from its first argument. */
const READER = `const { readUserText } = await import('${MODULE}');
process.stdout.write(await readUserText(process.argv[1], { what: '--token' }).catch((error) => error.why));`;

describe('A file that the user names', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-user-file-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('A file that the user names is read whole, also if the kernel does not tell its size', async () => {
    await writeFile(join(dir, 'a.yaml'), 'kind: JoinConfiguration\n');
    assert.equal(await readUserText(join(dir, 'a.yaml'), { what }), 'kind: JoinConfiguration\n');
    assert.match(await readUserText('/proc/self/status', { what }), /^Name:/);
  });

  it('A file of the user that does not exist is a usage error, or undefined if it may be missing', async () => {
    await assert.rejects(readUserText(join(dir, 'none'), { what }), { code: 'USAGE', why: 'file not found' });
    assert.equal(await readUserFileIfAny(join(dir, 'none'), { what }), undefined);
    await assert.rejects(readUserFileIfAny(dir, { what }), { code: 'USAGE' });
  });

  const large = async (): Promise<string> => {
    await writeFile(join(dir, 'large'), '');
    // Sparse: nothing is on the disk.
    await truncate(join(dir, 'large'), 300 * 1024 ** 2);
    return join(dir, 'large');
  };
  const fifo = async (): Promise<string> => {
    execFileSync('mkfifo', [join(dir, 'fifo')]);
    return join(dir, 'fifo');
  };
  const refused: [name: string, path: () => Promise<string>, why: RegExp][] = [
    ['a file of 300 MiB', large, /larger than 4 MiB/],
    ['a device that never ends', async () => '/dev/zero', /it is a device/],
    ['a named pipe with no writer', fifo, /it is a named pipe/],
    ['a folder', async () => dir, /it is a directory/],
  ];
  for (const [name, path, why] of refused) {
    it(`A file that the user names is refused without being read: ${name}`, async () => {
      await assert.rejects(readUserText(await path(), { what }), { code: 'USAGE', why });
    });
  }

  it('A file that the user names may be a pipe of the shell, such as <(pass show token), up to the same size', async () => {
    const shell = (script: string) =>
      promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, READER], { encoding: 'utf8' });
    const { stdout } = await shell('"$1" --input-type=module -e "$2" <(sleep 0.1; printf secret)');
    assert.equal(stdout, 'secret');
    const flood = await shell('"$1" --input-type=module -e "$2" <(cat /dev/zero)');
    assert.match(flood.stdout, /larger than 4 MiB/);
  });

  it('A file that the user names as standard input is a pipe as well', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', READER, '/dev/stdin']);
    child.stdin.end('x'.repeat(USER_FILE_LIMIT_BYTES - 1));
    let bytes = 0;
    for await (const chunk of child.stdout) bytes += (chunk as Buffer).length;
    assert.equal(bytes, USER_FILE_LIMIT_BYTES - 1);
  });
});
