import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareVersions, parseVersion, serverVersionOf } from '../../../src/kubernetes/version.ts';
import { failure } from '../artifacts/fixtures.ts';

describe('a version', () => {
  /** Kubernetes, its distributions, and the packages of Debian. */
  const GOOD: readonly (readonly [string, number, number, number])[] = [
    ['v1.20.2', 1, 20, 2],
    ['1.20', 1, 20, 0],
    ['v1.20.11-aliyunedge.1', 1, 20, 11],
    ['v1.28.3+k3s1', 1, 28, 3],
    ['v1.27.3-gke.100', 1, 27, 3],
    ['v1.31.0-rc.1+5f9be', 1, 31, 0],
    ['1.6.20~ds1', 1, 6, 20],
  ];

  for (const [text, major, minor, patch] of GOOD) {
    it(`${text} is read as ${major}, ${minor}, ${patch}`, () => {
      assert.deepEqual(parseVersion(text), { major, minor, patch });
    });
  }

  for (const text of [
    '',
    'latest',
    'v1',
    '1.x',
    '1.20.2.3',
    'v1.20.2; rm -rf /',
    'v1.20.2-a b',
    'v1.20.2\n-x',
    `1.${'9'.repeat(30)}`,
  ]) {
    it(`a version is refused if it is ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseVersion(text), failure('USAGE', 'is not a version'));
    });
  }

  it('either is refused or has whole numbers, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { major, minor, patch } = parseVersion(text);
          assert.ok([major, minor, patch].every(Number.isSafeInteger));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'USAGE');
        }
      }),
    );
  });

  it('a version is ordered by its numbers alone', () => {
    assert.ok(compareVersions('1.9.0', '1.10.0') < 0);
    assert.equal(compareVersions('v1.20.11-aliyunedge.1', '1.20.11'), 0);
  });
});

describe('the answer to GET /version', () => {
  it('the answer to GET /version gives gitVersion', () => {
    assert.equal(
      serverVersionOf({ major: '1', gitVersion: 'v1.20.11-aliyunedge.1' }, 'https://api'),
      'v1.20.11-aliyunedge.1',
    );
  });

  for (const answer of [
    null,
    undefined,
    5,
    'v1.20.2',
    [],
    {},
    { gitVersion: null },
    { gitVersion: 5 },
    { gitVersion: 'v1.20.2; rm -rf /' },
  ]) {
    it(`the answer to GET /version is an error of the API server, with its address, if it is ${JSON.stringify(answer)}`, () => {
      assert.throws(() => serverVersionOf(answer, 'https://10.0.0.1:6443'), failure('API_ERROR', '10.0.0.1:6443'));
    });
  }
});
