import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { isDenied, pathError, programError } from '../../../src/host/failures.ts';

describe('a refusal of the operating system', () => {
  it('a refusal of the operating system is known by its code, however deep its cause lies, and not by words', () => {
    const refused = Object.assign(new Error('no'), { code: 'EACCES' });
    const what = 'EACCES: permission denied';
    assert.equal(isDenied(pathError('/etc/shadow', refused)), true);
    assert.equal(isDenied(new EdgeadmError({ code: 'RUNTIME_FAILED', what, cause: pathError('/x', refused) })), true);
    assert.equal(isDenied(new EdgeadmError({ code: 'RUNTIME_FAILED', what })), false);
    assert.equal(isDenied(undefined), false);
  });

  it('a refusal of the operating system of a node is read from what its programs print: coreutils, socat and Python', () => {
    const printed = {
      'cat: /etc/shadow: Permission denied': 'EACCES',
      '2026/11/29 01:00:00 socat[7] E connect(5, AF=1 "/run/x.sock", 13): Permission denied': 'EACCES',
      'PermissionError: [Errno 1] Operation not permitted': 'EPERM',
      'dd: error writing x: No space left on device': 'ENOSPC',
      'cat: /x: No such file or directory': 'ENOENT',
      'cat: /etc/kubernetes/manifests/old: Is a directory': 'EISDIR',
      "mkdir: cannot create directory '/usr/libexec': Read-only file system": 'EROFS',
      'cat: /x: Input/output error': undefined,
    };
    for (const [words, code] of Object.entries(printed)) assert.equal(programError(words).code, code, words);
  });

  it('a symlink that leads to itself is answered with what shows it, not with a file system that is read-only', () => {
    const { next } = pathError('/etc/resolv.conf', programError('Too many levels of symbolic links'));
    assert.match(next, /symlink: `namei \/etc\/resolv\.conf`/);
  });
});
