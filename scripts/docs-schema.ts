/** Writes docs/schema/*.json, the JSON Schemas of the configuration files; --check as elsewhere. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { cloudClusterKeys } from '../src/config/cloud-cluster.ts';
import { API_VERSION } from '../src/config/config-file.ts';
import { joinKeys } from '../src/config/join-schema.ts';

const FOLDER = new URL('../docs/schema/', import.meta.url);

const FILES = [
  {
    file: 'join-configuration.json',
    kind: 'JoinConfiguration',
    keys: joinKeys,
    description:
      'Configuration file of edgeadm join, preflight and config. Every key can come from a flag or the environment instead.',
  },
  {
    file: 'cloud-cluster.json',
    kind: 'CloudCluster',
    keys: cloudClusterKeys,
    description: 'File of edgeadm cluster create --from. Flags of the command take precedence.',
  },
];

for (const { file, kind, keys, description } of FILES) {
  const { properties } = z.toJSONSchema(keys, { io: 'input', unrepresentable: 'any' });
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: kind,
    description,
    type: 'object',
    properties: { apiVersion: { const: API_VERSION }, kind: { const: kind }, ...properties },
    required: ['apiVersion', 'kind'],
    additionalProperties: false,
  };
  await keep(file, `${JSON.stringify(schema, undefined, 2)}\n`);
}

async function keep(file: string, text: string): Promise<void> {
  const path = new URL(file, FOLDER);
  if (!process.argv.includes('--check')) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(path, text);
  } else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`docs/schema/${file} is not current: npm run docs\n`);
    process.exitCode = 1;
  }
}
