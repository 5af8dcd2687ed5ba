/** Writes docs/schema/join-configuration.json, the JSON Schema of the configuration file; --check as elsewhere. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { API_VERSION } from '../src/config/config-file.ts';
import { joinKeys } from '../src/config/join-schema.ts';

const path = new URL('../docs/schema/join-configuration.json', import.meta.url);
const keys = z.toJSONSchema(joinKeys, { io: 'input', unrepresentable: 'any' }) as {
  properties: Record<string, unknown>;
};
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'JoinConfiguration',
  description:
    'Configuration file of edgeadm join, preflight and config. Every key can come from a flag or the environment instead.',
  type: 'object',
  properties: { apiVersion: { const: API_VERSION }, kind: { const: 'JoinConfiguration' }, ...keys.properties },
  required: ['apiVersion', 'kind'],
  additionalProperties: false,
};
const text = `${JSON.stringify(schema, undefined, 2)}\n`;
if (process.argv.includes('--check')) {
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    process.stderr.write('docs/schema/join-configuration.json is not current: npm run docs\n');
    process.exitCode = 1;
  }
} else {
  await mkdir(new URL('.', path), { recursive: true });
  await writeFile(path, text);
}
