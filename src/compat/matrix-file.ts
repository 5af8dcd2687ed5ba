import { basename } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import type { MatrixRow } from '../config/spec.ts';
import { EdgeadmError } from '../errors/index.ts';
import { OWN_YAML } from '../lib/kubernetes-yaml.ts';
import { readUserText } from '../lib/user-file.ts';

/** YAML reads an unquoted 20.10 as the number 20.1, so numbers are refused and not turned into text. */
const text = z.string({ error: ({ input }) => (typeof input === 'number' ? 'put it in quotes' : 'must be a string') });
const version = text.regex(/^v?\d+\.\d+\.\d+([-+][\w.-]+)?$/, 'must look like 1.20.11-aliyunedge.1 or 1.20.2');

const matrixFile = z.strictObject({
  rows: z.array(
    z.strictObject({
      arch: text.min(1),
      os: text.min(1),
      versions: z.array(text.min(1)).min(1, 'name at least one version'),
      kernel: text.regex(/^\d+\.\d+/, 'must start with two numbers, such as 6.18'),
      from: version.optional(),
      to: version.optional(),
    }),
  ),
});

/**
 * Reads rows that a user adds to the matrix:
 * `rows: [{arch: amd64, os: Debian, versions: ["12"], kernel: "6.18", from: "1.12.0", to: "1.34.9"}]`.
 *
 * @param fileName names the file in messages and becomes the source of the rows
 * @throws EdgeadmError USAGE with every mistake and its path
 */
export function parseMatrixFile(content: string, fileName: string): MatrixRow[] {
  const parsed = matrixFile.safeParse(parseYaml(content, fileName));
  if (parsed.success) return parsed.data.rows.map((row) => ({ ...row, source: basename(fileName) }));
  throw invalid(
    fileName,
    parsed.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`),
  );
}

/** @throws EdgeadmError USAGE if the file cannot be read, or as {@link parseMatrixFile} */
export async function readMatrixFile(path: string): Promise<MatrixRow[]> {
  return parseMatrixFile(await readUserText(path, { what: '--compat-matrix' }), path);
}

function parseYaml(content: string, fileName: string): unknown {
  try {
    return load(content, { schema: OWN_YAML });
  } catch (error) {
    throw invalid(fileName, [(error as Error).message]);
  }
}

/** `rows[0].versions[1]` */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

function invalid(fileName: string, mistakes: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'USAGE',
    what: `${fileName} is not a valid compatibility matrix`,
    why: mistakes.join('\n'),
    next: 'correct the value that is named, then run the same command again',
  });
}
