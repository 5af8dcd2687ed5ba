import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { isEncryptedKey } from '../../../../src/host/ssh/encrypted-key.ts';

const passphrase = 'a passphrase';

/** An EC key in a format of OpenSSL. */
function pem(type: 'pkcs8' | 'sec1', secret?: { cipher: string; passphrase: string }): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type, format: 'pem', ...secret }) as string;
}

describe('an SSH key file', () => {
  it('an SSH key file with a passphrase is recognized in every format', () => {
    const encrypted = {
      openssh: ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 1 }).private,
      'PKCS#8': pem('pkcs8', { cipher: 'aes-256-cbc', passphrase }),
      PEM: pem('sec1', { cipher: 'aes-256-cbc', passphrase }),
      PuTTY: 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: edge\n',
    };
    for (const [format, text] of Object.entries(encrypted)) assert.equal(isEncryptedKey(text), true, format);
  });

  it('an SSH key file without a passphrase asks for none', () => {
    const plain = {
      openssh: ssh2.utils.generateKeyPairSync('ed25519').private,
      'PKCS#8': pem('pkcs8'),
      PEM: pem('sec1'),
      PuTTY: 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: edge\n',
      'no key': '127.0.0.1 ssh-ed25519 AAAA\n',
    };
    for (const [format, text] of Object.entries(plain)) assert.equal(isEncryptedKey(text), false, format);
  });
});
