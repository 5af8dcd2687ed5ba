/** Printed in place of a secret. */
export const MASK = '***';

/** Shorter values are words: masking them would garble everything else. */
const SHORTEST = 4;
/** A piece of base64 shorter than this turns up by chance. */
const SHORTEST_BASE64 = 8;

/** Keeps secrets out of text. */
export interface Redactor {
  /** From now on `value` is masked, as it is and in the encodings it may be shown in. */
  registerSecret(value: string | undefined): void;
  /** The text without registered secrets and without whatever has the form of one. */
  redact(text: string): string;
  /** A copy of anything that JSON can hold, every string and key of it redacted. */
  redactValue(value: unknown): unknown;
}

function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) & 0xffff;
}

/**
 * All spellings of all secrets. No regular expression: a join registers two keys for each host, and one of all their
 * spellings would be compiled again after each key (a fifth of the processor time of a join of 83 hosts).
 */
class Spellings {
  /** By their first characters. */
  readonly #byStart = new Map<string, string[]>();
  readonly #all = new Set<string>();
  /** Which pairs of characters a spelling begins with: hardly any of those in a long log. */
  readonly #pairs = new Uint8Array(0x10000);

  add(spelling: string): void {
    if (this.#all.has(spelling)) return;
    this.#all.add(spelling);
    this.#pairs[pairAt(spelling, 0)] = 1;
    const start = spelling.slice(0, SHORTEST);
    // The longest first: if one spelling begins with another, all of it goes.
    this.#byStart.set(
      start,
      [...(this.#byStart.get(start) ?? []), spelling].sort((a, b) => b.length - a.length),
    );
  }

  mask(text: string): string {
    if (this.#all.size === 0) return text;
    let masked = '';
    let from = 0;
    for (let at = 0; at <= text.length - SHORTEST; at++) {
      if (this.#pairs[pairAt(text, at)] === 0) continue;
      const found = this.#byStart.get(text.slice(at, at + SHORTEST))?.find((spelling) => text.startsWith(spelling, at));
      if (found === undefined) continue;
      masked += text.slice(from, at) + MASK;
      from = at + found.length;
      at = from - 1;
    }
    return masked + text.slice(from);
  }
}

/** A redactor without secrets. The program has one: {@link registerSecret}, {@link redact}. */
export function createRedactor(): Redactor {
  const spellings = new Spellings();
  const redact = (text: string): string => maskForms(spellings.mask(text));
  return {
    registerSecret(value) {
      for (const spelling of secretsIn(value ?? '').flatMap(spellingsOf)) spellings.add(spelling);
    },
    redact,
    redactValue: (value) => mapStrings(value, redact),
  };
}

export const { registerSecret, redact, redactValue } = createRedactor();

/**
 * The secret parts of a value: of a bootstrap token the part after the dot (its id is public, and shown), of a text
 * of several lines each line that is key material too, since logs and diffs show lines.
 */
function secretsIn(value: string): string[] {
  const whole = value.trim().toWellFormed();
  if (whole.length < SHORTEST) return [];
  const token = /^[a-z0-9]{6}\.([a-z0-9]{16})$/.exec(whole);
  if (token?.[1]) return [token[1]];
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  return [whole, ...(lines.length > 1 ? lines.filter((line) => /^[\w+/=-]{16,}$/.test(line)) : [])];
}

function spellingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = [encodeURIComponent(secret), encodeURI(secret), new URLSearchParams({ s: secret }).toString().slice(2)];
  return [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ...url,
    ...url.map((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())),
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll("'", "''"),
    secret.replace(/[\\"$`]/g, '\\$&'),
    ...base64Of(secret),
  ];
}

/**
 * Base64 of a secret, alone or within other bytes (`user:password`, a kubeconfig): each of the three
 * alignments has its own spelling, of which those characters are taken that depend on the secret alone.
 */
function base64Of(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const alone = bytes.toString('base64');
  return [alone, alone.replace(/=+$/, ''), ...inside.filter((text) => text.length >= SHORTEST_BASE64)].flatMap(
    (text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')],
  );
}

/**
 * A value as configuration files and command lines write it, after an opening quote or without one; quotes stay, so
 * that JSON remains JSON. A placeholder of a help text (`TOKEN`, `<value>`) is none.
 */
const QUOTE = `(?:\\\\?["'])?(?!<|[A-Z][A-Z._]{0,15}(?![^\\s"'&,;<>]))`;
const VALUE = `(?:(?<=")(?:\\\\.|[^"\\\\\\n])+|(?<=')[^'\\n]+|(?<!["'])[^\\s"'\\\\&,;<>]+)`;

/**
 * Matches what looks like a secret, even if it was not registered. The group stays, the rest is masked.
 * Repetitions that a long line could drive into quadratic time have a limit.
 */
const FORMS: readonly RegExp[] = [
  // A bootstrap token. A host name of the same form is masked too: better that than a token shown.
  /((?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))[a-z0-9]{6}\.)[a-z0-9]{16}(?![A-Za-z0-9])/g,
  /(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  // The same in base64, as kubeconfigs carry it: RSA, EC, PKCS #8, encrypted, OpenSSH.
  /(LS0tLS1CRUdJTiB)(?:SU0Eg|FQyBQ|QUklWQVRF|FTkNSW|PUEVOU1)[\w+/=-]*/g,
  // A JSON web token: service accounts.
  /(\beyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g,
  // A short word without a digit is prose: "Bearer authentication".
  /(\b(?:bearer|basic)\s+)(?=[^\s"',;<>]*\d|[^\s"',;<>]{20})[^\s"',;<>]{8,}/gi,
  // The password in an address; some have an @ of their own.
  /(:\/\/[^\s:@/"'<>]{0,64}:)[^\s/"'<>]{1,256}(?=@)/g,
  // The same in an address within an address: `https%3A%2F%2Fuser%3Apassword%40host`.
  /(%3A)(?:[^\s"'<>&%]|%(?!40)[0-9A-F]{2}){1,256}(?=%40)/gi,
  // An address of the web that names a user names a token: `https://TOKEN@host`, `https://TOKEN:x-oauth-basic@host`.
  /(\bhttps?:\/\/)[^\s:@/"'<>]{1,256}(?=@)/gi,
  /(\bhttps?:\/\/)[^\s:@/"'<>]{20,256}(?=:[^\s/"'<>]{0,256}@)/gi,
  // The query of a signed address. Where the next address begins this one ends.
  /(:\/\/(?:[^\s"'<>?:]|:(?!\/\/))+\?)(?=[^\s"'<>]{0,999}(?:signature|token|accesskey|credential|secret)[^\s"'<>=]{0,20}=|(?:[^\s"'<>]{0,999}&)?(?:sig|sas|key|api_?key|auth|pass|passwd|password|pwd)=)[^\s"'<>]+/gi,
  // `password%3D…` of a form, or of a query in a query.
  /((?:token|passw(?:or)?d|secret|signature|(?:access|api|secret)[-_]?key|\bsig)%3D)(?:[^\s"'<>&%]|%(?!26)[0-9A-F]{2}){1,512}/gi,
  // `sshpass -p PASSWORD`, also as a list of arguments.
  /(\bsshpass\b["',\s]{1,6}(?:-[vhe]["',\s]{1,6}){0,3}-p["',\s]{0,6})[^\s"',]+/g,
  // `--openapi-token=…`, EDGEADM_TOKEN=…, `password = "…"` in TOML.
  new RegExp(
    `((?:[Tt]oken|TOKEN|[Pp]assword|PASSWORD|[Ss]ecret|SECRET|[Ss]ecret[-_]?[Kk]ey|SECRET_KEY|[Ss]ignature)["']?\\s*=\\s*${QUOTE})${VALUE}`,
    'g',
  ),
  /(--(?:[\w-]{0,20}token|secret-?[Kk]ey)\s+)(?=\S*\d)\S{12,}/g,
  // The environment of a container that a kubelet could not start is in its log.
  /(EnvVar\{Name:[^,{}]{0,256},Value:)(?:(?!,ValueFrom:|EnvVar\{)[\s\S]){1,16384}/g,
  // Keys of kubeconfigs and registry logins; "token:" is not among them, it is prose as well.
  new RegExp(
    `((?:client-key-data|[Pp]assword|identitytoken|[Ss]ecretKey|[Kk]eySecret)["']?:\\s*${QUOTE})${VALUE}`,
    'g',
  ),
];

function maskForms(text: string): string {
  return FORMS.reduce((masked, form) => masked.replace(form, `$1${MASK}`), text);
}

function mapStrings(value: unknown, map: (text: string) => string, above: readonly object[] = []): unknown {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  const inside = (part: unknown): unknown => mapStrings(part, map, [...above, value]);
  if ('toJSON' in value && typeof value.toJSON === 'function') return inside(value.toJSON());
  if (Array.isArray(value)) return value.map(inside);
  if (value instanceof Error) return map(value.message);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [map(key), inside(part)]));
}
