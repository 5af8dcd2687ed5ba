import assert from 'node:assert/strict';
import { parseMatrixFile, readMatrixFile } from '../../../src/compat/matrix-file.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

const refusal = (text: string): EdgeadmError => {
  try {
    parseMatrixFile(text, 'mine.yaml');
  } catch (error) {
    if (error instanceof EdgeadmError) return error;
  }
  return assert.fail('nothing was refused');
};

describe('--compat-matrix', () => {
  it('adds rows, with the name of the file as their source', () => {
    const text = 'rows: [{arch: amd64, os: Debian, versions: ["12"], kernel: "6.18", from: "1.12.0", to: "1.34.9"}]';
    assert.deepEqual(parseMatrixFile(text, '/etc/edgeadm/mine.yaml'), [
      {
        arch: 'amd64',
        os: 'Debian',
        versions: ['12'],
        kernel: '6.18',
        from: '1.12.0',
        to: '1.34.9',
        source: 'mine.yaml',
      },
    ]);
  });

  it('takes rows without bounds', () => {
    const [row] = parseMatrixFile(
      'rows: [{arch: arm64, os: Debian, versions: ["12", "13"], kernel: "6.1"}]',
      'mine.yaml',
    );
    assert.equal(row?.from, undefined);
  });

  it('tells every mistake with its place', () => {
    const error = refusal(
      'rows: [{arch: amd64, os: Debian, versions: [], kernel: "6.18"}, {os: Debian, versions: ["12"], kernel: six}]',
    );
    assert.equal(error.code, 'USAGE');
    assert.match(error.why ?? '', /rows\[0\]\.versions: name at least one version/);
    assert.match(error.why ?? '', /rows\[1\]\.arch: must be a string/);
    assert.match(error.why ?? '', /rows\[1\]\.kernel: must start with two numbers, such as 6\.18/);
  });

  it('asks for quotes, since YAML would read 20.10 as 20.1', () => {
    const error = refusal('rows: [{arch: amd64, os: Ubuntu, versions: [20.10], kernel: 6.10}]');
    assert.match(error.why ?? '', /rows\[0\]\.versions\[0\]: put it in quotes/);
    assert.match(error.why ?? '', /rows\[0\]\.kernel: put it in quotes/);
  });

  it('refuses keys that it does not know, versions that are none, and files that are something else', () => {
    assert.match(
      refusal('rows: [{arch: amd64, os: A, versions: ["1"], kernel: "6.1", form: "1.2.0"}]').why ?? '',
      /form/,
    );
    assert.match(
      refusal('rows: [{arch: amd64, os: A, versions: ["1"], kernel: "6.1", from: "1.20"}]').why ?? '',
      /must look like/,
    );
    assert.match(refusal('apiVersion: v1').why ?? '', /rows|apiVersion/);
    assert.equal(refusal('a: [').code, 'USAGE');
    assert.equal(refusal('').code, 'USAGE');
  });

  it('says so if the file cannot be read', () =>
    assert.rejects(readMatrixFile('/nowhere/mine.yaml'), { code: 'USAGE', why: /file not found/ }));
});
