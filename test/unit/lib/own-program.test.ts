import assert from 'node:assert/strict';
import { ownProgram } from '../../../src/lib/own-program.ts';

describe('This program once more', () => {
  const line = (execPath: string, argv: string[], execArgv: string[] = []) => {
    const { file, args } = ownProgram({ execPath, argv, execArgv });
    return [file, ...args];
  };

  it('This program once more is Node with the options it has and the script, in a checkout or as an npm package', () => {
    assert.deepEqual(line('/usr/bin/node', ['/usr/bin/node', '/src/bin/run.js', 'join'], ['--no-warnings']), [
      '/usr/bin/node',
      '--no-warnings',
      '/src/bin/run.js',
    ]);
  });

  it('This program once more is the executable alone, if that is all there is', () => {
    const path = 'C:\\edgeadm.exe';
    assert.deepEqual(line(path, [path, path, 'join']), [path]);
  });

  it('This program once more is the loader with its libraries, if Linux has been started by one', () => {
    const loader = '/var/cache/edgeadm/1/ld-linux-x86-64.so.2';
    assert.deepEqual(line(loader, [loader, loader, 'join']), [
      loader,
      '--inhibit-cache',
      '--library-path',
      '/var/cache/edgeadm/1',
      '/var/cache/edgeadm/1/edgeadm',
    ]);
  });
});
