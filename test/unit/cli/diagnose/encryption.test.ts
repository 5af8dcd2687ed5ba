import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { diagnoseFiles } from '../../../../src/cli/diagnose/files.ts';
import type { EdgeadmError } from '../../../../src/errors/index.ts';

async function decrypted(cipher: Uint8Array | undefined, identity: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(cipher ?? new Uint8Array(), 'text');
}

/** Of the specification's test vectors and of what people paste: https://c2sp.org/age, https://c2sp.org/CCTV/age */
const REFUSED: Readonly<Record<string, string>> = {
  'nothing, as from a variable that is not set': '',
  'a recipient with a wrong character': 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwq',
  'a recipient that was cut': 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869',
  'a recipient of a plug-in': 'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t',
  'a key of SSH': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0N1Yv4wvY0pC2y6kC0WbB2FQ2m2Dtk2t6Nf8rUu5yS admin@edge',
  'an address': 'admin@example.com',
};

describe('an archive of a diagnosis that is encrypted', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('an encrypted archive can be read with the key of each recipient, those of a file with comments too', async () => {
    const identities = [await generateIdentity(), await generateIdentity(), await generateHybridIdentity()];
    const [one = '', two = '', three = ''] = await Promise.all(identities.map(identityToRecipient));
    const file = join(folder, 'recipients.txt');
    await writeFile(file, `# on call\r\n${two}\r\n\r\n  ${three}\n`);
    const { encrypt } = await diagnoseFiles({ encrypt: [one, `@${file}`] });
    const cipher = await encrypt?.(Buffer.from('the archive'));
    assert.ok(!Buffer.from(cipher ?? []).includes('the archive'));
    for (const identity of identities) assert.equal(await decrypted(cipher, identity), 'the archive');
    await assert.rejects(decrypted(cipher, await generateIdentity()));
  });

  for (const [what, recipient] of Object.entries(REFUSED)) {
    it(`before anything is collected, ${what} is refused as a recipient`, async () => {
      await assert.rejects(diagnoseFiles({ encrypt: [recipient] }), { code: 'USAGE', message: /--encrypt: / });
    });
  }

  it('a private key that is given as a recipient is refused and not repeated in the error', async () => {
    const identity = await generateIdentity();
    await assert.rejects(diagnoseFiles({ encrypt: [identity.toLowerCase()] }), (error: EdgeadmError) => {
      assert.match(error.what, /private key; give the public key/);
      return !`${error.what}${error.why}`.toUpperCase().includes(identity);
    });
  });

  it('a recipient whose key lets everybody decrypt (a point of low order) is refused', async () => {
    const zero = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';
    await assert.rejects(diagnoseFiles({ encrypt: [zero] }), { code: 'USAGE' });
  });

  it('a file of recipients is refused with its line, and one without any recipient is refused too', async () => {
    const file = join(folder, 'wrong.txt');
    await writeFile(file, '# nobody yet\n');
    await assert.rejects(diagnoseFiles({ encrypt: [`@${file}`] }), {
      message: /wrong\.txt: "" is not an age recipient/,
    });
    await writeFile(file, '# one\nage1nonsense\n');
    await assert.rejects(diagnoseFiles({ encrypt: [`@${file}`] }), { message: /wrong\.txt, line 2: / });
    await assert.rejects(diagnoseFiles({ encrypt: [`@${join(folder, 'none')}`] }), { code: 'USAGE' });
  });

  it('no text is taken for a recipient, and every refusal names the flag', async () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'g', 'e', '1', 'q', 'B', '-', ' ', '\n', '中') });
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        const value = `age1${text}`;
        await assert.rejects(diagnoseFiles({ encrypt: [value] }), { code: 'USAGE', message: /^--encrypt: / });
      }),
    );
  });

  it('an encrypted archive is named so, and no page of the same content is written beside it in the clear', async () => {
    const recipient = await identityToRecipient(await generateIdentity());
    const named = async (name: string) => (await diagnoseFiles({ output: [name], encrypt: [recipient] })).archive;
    assert.equal(await named('a.tgz'), 'a.tgz.age');
    assert.equal(await named('a.tar.gz.age'), 'a.tar.gz.age');
    await assert.rejects(diagnoseFiles({ output: ['a.tgz.age'] }), { message: /say for whom with --encrypt/ });
    const mistakes = diagnoseFiles({ html: 'a.html', output: ['x'], encrypt: [recipient, 'y'] });
    await assert.rejects(mistakes, (error: EdgeadmError) => {
      assert.match(error.why ?? '', /--output: [\s\S]*--encrypt: "y"[\s\S]*--html: not with --encrypt/);
      return true;
    });
  });
});
