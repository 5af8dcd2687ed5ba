import { usageError } from '../../errors/usage.ts';
import { type Encrypt, encryptionFor } from './encryption.ts';

/** Where the results go. */
export interface DiagnoseFiles {
  /** Undefined: the default name. */
  readonly archive?: string;
  /** Undefined: no page beside the archive. */
  readonly html?: string;
  /** Undefined: the archive is plain. */
  readonly encrypt?: Encrypt;
}

interface FileFlags {
  readonly output?: readonly string[];
  readonly html?: string;
  readonly encrypt?: readonly string[];
}

const FORMAT = /^=?(json|text|yaml)$/;

/** What the flags say about files. @throws EdgeadmError USAGE with all mistakes */
export async function diagnoseFiles({ output = [], html, encrypt: recipients }: FileFlags): Promise<DiagnoseFiles> {
  const mistakes: string[] = [];
  const refuse = (mistake: string): void => void mistakes.push(mistake);
  const archives = output.filter((value) => !FORMAT.test(value));
  const wrong = archives.find((value) => !/\.(tgz|tar\.gz)(\.age)?$/.test(value));
  if (wrong !== undefined)
    refuse(`--output: "${wrong}" is not one of: text, json, yaml, or a file name that ends in .tgz`);
  else if (archives.length > 1) refuse('--output: give at most one archive and one format (text, json or yaml)');
  const encrypt = recipients && (await encryptionFor(recipients, refuse));
  const [archive] = archives;
  if (archive?.endsWith('.age') && !recipients)
    refuse(`--output: "${archive}" names an encrypted archive; say for whom with --encrypt`);
  if (html !== undefined && recipients)
    refuse('--html: not with --encrypt: the page would be written unencrypted; the archive has it as diagnosis.html');
  if (mistakes.length > 0) throw usageError(mistakes);
  const named = encrypt && archive ? `${archive.replace(/\.age$/, '')}.age` : archive;
  return { archive: named, html, encrypt };
}
