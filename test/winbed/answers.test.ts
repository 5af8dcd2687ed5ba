import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { windowsExecutable } from '../dist/release.ts';
import { differences } from './answers.ts';
import { type Template, template } from './template.ts';
import { onWholePages } from './whole-pages.ts';
import { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

describe('Windows under wine', () => {
  let parts: Template;
  let windows: WineWindows | undefined;
  before(async function () {
    this.timeout(1_200_000);
    parts = await template(say);
  });
  afterEach(() => windows?.remove());

  it('programs of wine and stand-ins for others answer as the fake of the unit tests does', async () => {
    windows = await WineWindows.make(parts);
    const machine = windows;
    assert.deepEqual(await differences((file, args) => machine.run(file, args)), []);
  });

  it('edgeadm.exe starts and says which version it is, without the help of another program', async () => {
    windows = await WineWindows.make(parts);
    await windows.put('/edgeadm.exe', onWholePages(await readFile(await windowsExecutable())));
    const { exitCode, stdout, stderr } = await windows.run('C:\\edgeadm.exe', ['--version']);
    assert.match(stdout, /^edgeadm\/\S+ win32-x64 node-v26/, stderr);
    assert.equal(exitCode, 0);
    assert.deepEqual(await windows.calls(), []);
  });
});
