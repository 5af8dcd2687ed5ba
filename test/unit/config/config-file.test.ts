import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { API_VERSION, readConfigFile } from '../../../src/config/config-file.ts';
import { joinKeys } from '../../../src/config/join-schema.ts';
import { joinSpec } from '../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

describe('A configuration file', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-config-'));
  });
  after(() => rm(dir, { recursive: true }));

  const read = async (text: string) => {
    await writeFile(join(dir, 'join.yaml'), text);
    return readConfigFile(join(dir, 'join.yaml'), 'JoinConfiguration');
  };

  it('A configuration file of another version is refused with what stands in it, also if that is no text', async () => {
    await assert.rejects(read('{apiVersion: {toString: 1}, kind: [a]}'), {
      code: 'USAGE',
      message: /found \{"toString":1\} and \["a"\]/,
    });
    await assert.rejects(read('labels: {}'), {
      code: 'USAGE',
      message: /found none and none/,
      next: 'edgeadm config print-defaults',
    });
  });

  it('A configuration file is refused as a usage error, never as a fault of edgeadm, whatever is in it', async () => {
    const keys = fc.dictionary(
      fc.constantFrom(...Object.keys(joinKeys.shape), 'apiVersion', 'kind', 'toString', '__proto__'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const check = async (text: string): Promise<void> => {
      try {
        joinSpec([await read(text)], { yes: false, timeoutMs: 1, compatMatrix: [] });
      } catch (error) {
        assert.ok(error instanceof EdgeadmError && error.code === 'USAGE', String((error as Error).stack));
      }
    };
    const right = { apiVersion: API_VERSION, kind: 'JoinConfiguration' };
    await fc.assert(fc.asyncProperty(keys, (given) => check(JSON.stringify({ ...right, ...given }))));
    await fc.assert(fc.asyncProperty(fc.string(), check));
  });
});
