/** Where the text of an OpenSSH key names its cipher. Source: openssh, PROTOCOL.key. */
const MAGIC = 'openssh-key-v1\0';
const CIPHER_LENGTH_BYTES = 4;

/** True if a private key needs a passphrase: OpenSSH's format, PKCS#8, the older PEM, PuTTY's. */
export function isEncryptedKey(text: string): boolean {
  const openssh = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text)?.[1];
  if (openssh === undefined)
    return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED|^Encryption: (?!none\b)/m.test(text);
  const bytes = Buffer.from(openssh, 'base64').toString('latin1');
  return bytes.startsWith(MAGIC) && !bytes.startsWith('none', MAGIC.length + CIPHER_LENGTH_BYTES);
}
