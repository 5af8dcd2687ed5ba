import { stripVTControlCharacters } from 'node:util';
import { MASK, redact } from '../../lib/redact.ts';

/** The end of a file is what tells; this much of it is kept. Characters. */
const LONGEST = 4 * 1024 ** 2;

/**
 * Kubeconfigs, registry logins, Secrets and environments of pods: what stands under these keys is never shown. In prose
 * a word after `token:` is lost as well: better that than a token shown.
 */
const KEYS =
  /((?<![\w-])["']?(?:[\w-]{0,40}(?:token|password|passwd|secret)|client-key-data|client-certificate-data|(?:access|secret)-?key(?:-?(?:id|secret))?|auth|auth-provider)["']?[ \t]*[:=][ \t]*["']?)[^\s"',}\]]{4,}/gi;
const ENVIRONMENT =
  /(name["']?:\s*["']?[\w-]{0,60}(?:token|password|passwd|secret|credential|key)[\w-]{0,40}["']?,?\s*["']?value["']?:\s*["']?)[^\s"',}]+/gi;
const END_OF_KEY = /-----END [A-Z0-9 ]*PRIVATE KEY-----/;
const KEY_MATERIAL = /[A-Za-z0-9+/=]{40,}|^[^A-Za-z]*[A-Za-z0-9+/]+={1,2}$/;

/** A text of a node as it may leave the node: the end of it, without secrets and control characters. */
export function cleanFile(text: string): string {
  const cut = text.length > LONGEST ? `[the first ${text.length - LONGEST} characters are left out]\n` : '';
  const plain = stripVTControlCharacters(text.slice(-LONGEST)).replaceAll('\0', ' ');
  const masked = redact(plain).replace(KEYS, `$1${MASK}`).replace(ENVIRONMENT, `$1${MASK}`);
  return cut + withoutTornKeys(masked);
}

/** Of a private key whose beginning was cut off only the end mark shows what the lines above it were. */
function withoutTornKeys(text: string): string {
  if (!END_OF_KEY.test(text)) return text;
  const lines = text.split('\n');
  for (let index = lines.length - 1; index >= 0; index--) {
    if (!END_OF_KEY.test(lines[index] ?? '')) continue;
    for (let above = index; above >= 0 && (above === index || KEY_MATERIAL.test(lines[above] ?? '')); above--)
      lines[above] = MASK;
  }
  return lines.join('\n');
}
