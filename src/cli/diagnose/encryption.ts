import { readUserText } from '../../lib/user-file.ts';
import type { Refuse } from '../flags.ts';

/** Makes of an archive what only the holders of certain keys can read. */
export type Encrypt = (plain: Uint8Array) => Promise<Uint8Array>;

/** Far more than people who read one archive; each costs a line of its header. */
const MOST_RECIPIENTS = 100;

/**
 * Encryption for age recipients, checked before anything is collected: each is tried with an empty file, which also
 * finds a key that is well-formed and yet good for nothing.
 * @param values recipients (`age1...`), or `@FILE` with one a line, as `age -R` reads it
 * @param refuse takes what is wrong; of what may be a private key it never gets the text
 * @throws EdgeadmError USAGE if a file cannot be read
 * @see https://age-encryption.org/v1
 */
export async function encryptionFor(values: readonly string[], refuse: Refuse): Promise<Encrypt | undefined> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  const found = await recipientsIn(values);
  for (const { recipient, where } of found.slice(0, MOST_RECIPIENTS)) {
    const mistake = await mistakeIn(recipient);
    if (mistake) refuse(`${where}: ${mistake}`);
    else encrypter.addRecipient(recipient);
  }
  if (found.length > MOST_RECIPIENTS) refuse(`--encrypt: more than ${MOST_RECIPIENTS} recipients`);
  return (plain) => encrypter.encrypt(plain);

  async function mistakeIn(recipient: string): Promise<string | undefined> {
    if (/^AGE-SECRET-KEY-/i.test(recipient))
      return 'this is a private key; give the public key: the line "# public key" of its file, or `age-keygen -y FILE`';
    if (!recipient.startsWith('age1'))
      return `${JSON.stringify(shortened(recipient))} is not an age recipient such as age1ql3z7hjy54pw3hyww5ay...; make a key with \`age-keygen\``;
    try {
      const trial = new Encrypter();
      trial.addRecipient(recipient);
      await trial.encrypt('');
      return undefined;
    } catch {
      return `${JSON.stringify(shortened(recipient))} is not a valid age recipient: a character is wrong or missing`;
    }
  }
}

interface Found {
  readonly recipient: string;
  /** The flag, or the line of the file. */
  readonly where: string;
}

async function recipientsIn(values: readonly string[]): Promise<Found[]> {
  const lists = values.map(async (value): Promise<Found[]> => {
    if (!value.startsWith('@')) return [{ recipient: value.trim(), where: '--encrypt' }];
    const file = value.slice(1);
    const text = await readUserText(file, { what: '--encrypt' });
    const lines = text.split(/\r?\n/).map((line, index) => ({
      recipient: line.trim(),
      where: `--encrypt: ${file}, line ${index + 1}`,
    }));
    const found = lines.filter(({ recipient }) => recipient !== '' && !recipient.startsWith('#'));
    // An archive for no one at all.
    return found.length > 0 ? found : [{ recipient: '', where: `--encrypt: ${file}` }];
  });
  return (await Promise.all(lists)).flat();
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
