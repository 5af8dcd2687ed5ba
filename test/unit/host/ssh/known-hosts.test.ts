import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { checkHostKey, hostKeyAlgorithms } from '../../../../src/host/ssh/host-key.ts';
import { fingerprint, KnownHosts } from '../../../../src/host/ssh/known-hosts.ts';

/** An SSH public key is its type, then the key itself, each behind its length. */
function makeKey(type: string, content: string): Buffer {
  const field = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([field(type), field(content)]);
}

const ED25519 = makeKey('ssh-ed25519', 'one');
const OTHER = makeKey('ssh-ed25519', 'other');
const RSA = makeKey('ssh-rsa', 'three');
const line = (hosts: string, key = ED25519, marker = ''): string =>
  `${marker}${hosts} ${key.subarray(4, 4 + key.readUInt32BE(0))} ${key.toString('base64')} a comment\n`;
const known = (text: string): KnownHosts => new KnownHosts([{ path: '/home/me/.ssh/known_hosts', text }]);
const check = (text: string, shown = ED25519, address = '10.0.0.5', port = 22) =>
  checkHostKey(shown, address, port, { known: known(text), file: '/home/me/.ssh/known_hosts' });

describe('known_hosts', () => {
  it('knows a host by name, address or one of several', () => {
    assert.equal(check(line('10.0.0.5')), undefined);
    assert.equal(check(line('edge-1,10.0.0.5')), undefined);
    assert.equal(check(line('edge-1'), ED25519, 'EDGE-1'), undefined);
    assert.equal(check(line('fd00::5'), ED25519, 'fd00::5'), undefined);
    assert.equal(check(line('10.0.0.50'))?.code, 'HOST_KEY_UNKNOWN');
  });

  it('known_hosts tells ports apart', () => {
    assert.equal(check(line('[10.0.0.5]:2222'), ED25519, '10.0.0.5', 2222), undefined);
    assert.equal(check(line('[fd00::5]:2222'), ED25519, 'fd00::5', 2222), undefined);
    assert.equal(check(line('10.0.0.5'), ED25519, '10.0.0.5', 2222)?.code, 'HOST_KEY_UNKNOWN');
    assert.equal(check(line('[10.0.0.5]:2222'))?.code, 'HOST_KEY_UNKNOWN');
  });

  it('known_hosts understands hashed names', () => {
    const salt = Buffer.from('twenty bytes of salt');
    const hashed = (name: string): string =>
      `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
    assert.equal(check(line(hashed('10.0.0.5'))), undefined);
    assert.equal(check(line(hashed('[10.0.0.5]:2222')), ED25519, '10.0.0.5', 2222), undefined);
    assert.equal(check(line(hashed('10.0.0.6')))?.code, 'HOST_KEY_UNKNOWN');
  });

  it('understands wildcards and exceptions from them', () => {
    assert.equal(check(line('10.0.0.*')), undefined);
    assert.equal(check(line('10.0.?.5')), undefined);
    assert.equal(check(line('*.edge.example,10.0.0.?')), undefined);
    assert.equal(check(line('10.0.0.*,!10.0.0.5'))?.code, 'HOST_KEY_UNKNOWN');
    assert.equal(check(line('!10.0.0.5'))?.code, 'HOST_KEY_UNKNOWN');
    assert.equal(check(line('10x0.0.5'))?.code, 'HOST_KEY_UNKNOWN');
    assert.equal(check(line('10.0.0.(5|6)'))?.code, 'HOST_KEY_UNKNOWN');
  });

  it('passes over comments, empty and broken lines, and authorities for certificates', () => {
    const text = `# ${line('10.0.0.5')}\n\n10.0.0.5\n10.0.0.5 ssh-ed25519\n${line('*', ED25519, '@cert-authority ')}`;
    assert.equal(check(text)?.code, 'HOST_KEY_UNKNOWN');
    assert.equal(check(`${text}   ${line('10.0.0.5')}`), undefined);
  });

  it('says that host certificates are not supported if an unknown host has a @cert-authority', () => {
    const error = check(line('10.0.0.*', OTHER, '@cert-authority '));
    assert.equal(error?.code, 'HOST_KEY_UNKNOWN');
    assert.match(
      error?.why ?? '',
      /known_hosts:1 trusts a @cert-authority for it, but .* not support host certificates/,
    );
    assert.doesNotMatch(check(line('10.1.0.*', OTHER, '@cert-authority '))?.why ?? '', /certificates/);
  });

  it('refuses a key that was revoked, even if it is known too', () => {
    const error = check(`${line('10.0.0.5')}${line('*', ED25519, '@revoked ')}`);
    assert.equal(error?.code, 'HOST_KEY_CHANGED');
    assert.match(error?.why ?? '', /@revoked in \/home\/me\/\.ssh\/known_hosts:2/);
  });

  it('says of an unknown key what it is and how to accept it', () => {
    const error = check('', ED25519, '10.0.0.5', 2222);
    assert.equal(error?.code, 'HOST_KEY_UNKNOWN');
    assert.ok(error?.why?.includes(`ssh-ed25519 with the fingerprint ${fingerprint(ED25519)}`));
    assert.ok(error?.next.includes(`[10.0.0.5]:2222 ssh-ed25519 ${ED25519.toString('base64')}`));
    assert.ok(error?.next.includes('ssh-keyscan -p 2222 10.0.0.5 >> /home/me/.ssh/known_hosts'));
  });

  it('says of a changed key what was expected and what was shown', () => {
    const error = check(`# first line\n${line('10.0.0.5')}`, OTHER);
    assert.equal(error?.code, 'HOST_KEY_CHANGED');
    assert.ok(error?.why?.includes(`${fingerprint(ED25519)} (/home/me/.ssh/known_hosts:2)`));
    assert.ok(error?.why?.includes(`presented: ssh-ed25519 ${fingerprint(OTHER)}`));
  });

  it('takes a key of another type for a changed one, since the host was asked for the known type first', () => {
    assert.equal(check(line('10.0.0.5', RSA), ED25519)?.code, 'HOST_KEY_CHANGED');
    assert.equal(check(`${line('10.0.0.5', RSA)}${line('10.0.0.5')}`, ED25519), undefined);
  });

  it('makes the host show a key of a type that is known', () => {
    const first = (text: string): string | undefined => hostKeyAlgorithms(known(text).keysOf('10.0.0.5', 22))[0];
    assert.equal(first(''), 'ssh-ed25519');
    assert.equal(first(line('10.0.0.5', RSA)), 'rsa-sha2-512');
    assert.equal(first(line('10.0.0.5', RSA, '@revoked ')), 'ssh-ed25519');
    assert.equal(hostKeyAlgorithms([]).length, new Set(hostKeyAlgorithms(known(line('*')).keysOf('x', 22))).size);
  });
});
