import { cleanText } from '../../lib/clean-text.ts';
import { MASK } from '../../lib/redact.ts';

/** The end of a file is what tells; this much of it is kept. Characters. */
export const MAX_FILE_CHARACTERS = 4 * 1024 ** 2;

/** How names of secrets end: `DB_PASSWORD`, `registry-auth`, `clientSecret`, `X-Api-Key`, `client-key-data`. */
const NAME = [
  '(?:tokens?|bearer|passw(?:or)?d|passphrase|(?<!by)pass|pwd|secret|credentials?|cookie|authorization|(?<![a-z])auth',
  '|(?:api|access|secret|private)[-_]?key|client-(?:key|certificate)-data)(?:[-_]?(?:data|value|base64|id|secret|\\d+))?',
].join('');
/** Names of variables say more behind it: `TOKEN_OF_REGISTRY`. */
const VARIABLE =
  '\\b[A-Z0-9_]{0,60}(?:TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|ACCESS_KEY|API_KEY|PRIVATE_KEY)[A-Z0-9_]{0,40}';
const IS = '[ \\t]*[:=][ \\t]*';
/**
 * `\"...\"` as in JSON within JSON, `"..."`, `'...'`, `[...]`, else a word; what hides nothing is left alone, such as
 * the command in our own advice: "create a new token: `edgeadm token create`".
 */
const valueOr = (word: string): string =>
  `(?:\\\\+"[^"\\n]*|"(?:\\\\.|[^"\\\\\\n])*|'[^'\\n]*|\\[[^\\]\\n]*|(?!(?:true|false|null)\\b|[{["']|\`edgeadm\\s)${word})`;

/** What the group catches stays; of what follows it only the opening quote does. */
const RULES: readonly RegExp[] = [
  // In prose a word after `token:` is lost as well: better that than a token shown.
  new RegExp(`(${NAME}${IS})${valueOr('\\S+')}`, 'gi'),
  // After a quoted name a value ends where JSON ends it.
  new RegExp(`(${NAME}\\\\*["']${IS})${valueOr('[^\\s,}\\]]+')}`, 'gi'),
  new RegExp(`(${VARIABLE}=)${valueOr('\\S+')}`, 'g'),
  // A header has words of its own.
  /((?:authorization|cookie)[ \t]*[:=][ \t]*)[^\s"'[{][^"'\n]*/gi,
  // As people write it: password "..."
  /((?:passw(?:or)?d|passphrase)[ \t]+["'])[^"'\n]+/gi,
  // `curl -u NAME:PASSWORD`
  /((?<!\S)(?:-u|--user|--proxy-user)[ \t=]+["']?[^\s:"']{1,64}:)[^\s"']+/g,
  // `mysqladmin -uroot -pPASSWORD`, `redis-cli -a PASSWORD`: probes, whose command lines are in events and logs.
  /(\b(?:mysql|mariadb)[\w-]{0,20}["',\s](?:[^\n]{0,200}?["',\s])?-p)(?=[^\s"',])[^\s"',]+/g,
  /(\b(?:redis|valkey)-cli["',\s](?:[^\n]{0,200}?["',\s])?-a["',\s]{1,6})[^\s"',]+/g,
  // `{"name": "DB_PASSWORD", "value": "..."}`
  new RegExp(
    `(name\\\\*["']?:\\s*\\\\*["']?[\\w-]{0,60}${NAME}\\\\*["']?,?\\s*\\\\*["']?value\\\\*["']?:\\s*)${valueOr('[^\\s,}]+')}`,
    'gi',
  ),
  // Keys of Alibaba Cloud and AWS, tokens of GitHub and GitLab.
  /()\b(?:(?:LTAI|AKIA|ASIA)[0-9A-Za-z]{12,}|gh[oprsu]_\w{20,}|glpat-[\w-]{20,})/g,
];

/** `--db-password X`, `"--db-password", "X"`, the same on two lines of YAML. */
const FLAG = new RegExp(
  `((?<![\\w-])--?[\\w-]{0,40}${NAME}(?:[ \\t]+|["']?(?:[ \\t]*,|[ \\t]*\\n[ \\t]*-)[ \\t]*)["']?)((?![-<])[^\\s"',]+)`,
  'gi',
);
/** As help texts and our own advice have it. */
const PLACEHOLDER = /^[A-Z][A-Z._]*$/;

/** A text of a node as it may leave the node: the end of it, without secrets and control characters. */
export function cleanFile(text: string): string {
  const cut = text.length > MAX_FILE_CHARACTERS;
  const plain = cleanText(cut ? withoutTornLine(text.slice(-MAX_FILE_CHARACTERS)) : text);
  const masked = RULES.reduce((rest, rule) => rest.replace(rule, masking), plain).replace(
    FLAG,
    (whole, flag: string, value: string) => (PLACEHOLDER.test(value) ? whole : flag + MASK),
  );
  const note = cut ? `[the first ${text.length - MAX_FILE_CHARACTERS} characters are left out]\n` : '';
  return note + withoutTornKeys(withoutLines(masked, SECRET_LINE));
}

/** What was cut from a line may have said that the rest is a secret. */
export function withoutTornLine(text: string): string {
  const rest = text.slice(text.indexOf('\n') + 1);
  return rest === '' ? text : rest;
}

function masking(whole: string, kept: string): string {
  return kept + (/^\\*["'[]/.exec(whole.slice(kept.length))?.[0] ?? '') + MASK;
}

/** The rest of the line is the value, whatever is in it. */
const SECRET_LINE = new RegExp(`^([ \\t]*(?:- +)*)([\\w.-]{0,60}?${NAME}${IS})(?=[^\\s{])`, 'i');

/**
 * YAML: the value of a key that stands at the beginning of a line, with the lines below that belong to it. A list may
 * stand as far left as its key.
 */
function withoutLines(text: string, key: RegExp): string {
  let column = -1;
  return text
    .split('\n')
    .map((line) => {
      const indent = line.search(/\S/);
      const belongs = indent === -1 || indent > column || (indent === column && line.startsWith('- ', indent));
      if (column >= 0 && belongs) return line.replace(/\S.*/, MASK);
      const [head, before = ''] = key.exec(line) ?? [];
      column = head === undefined ? -1 : before.length;
      return head === undefined ? line : head + MASK;
    })
    .join('\n');
}

const VALUE_LINE = /^([ \t]*(?:- +)*)["']?value["']?[ \t]*:[ \t]*/;
const VALUE_INLINE = new RegExp(`(\\bvalue\\\\*["']?:\\s*)${valueOr('[^\\s,}]+')}`, 'g');

/** A manifest or a kubeconfig without the values of environment variables, whatever these are called. */
export function withoutPodEnvironment(text: string): string {
  return withoutLines(text, VALUE_LINE).replace(VALUE_INLINE, masking);
}

const ARGUMENTS_LINE = /^([ \t]*(?:- +)*)["']?args["']?[ \t]*:[ \t]*/;
const ARGUMENTS_INLINE = new RegExp(`(\\bargs\\\\*["']?:\\s*)${valueOr('[^\\s,}]+')}`, 'g');

/** A kubeconfig without what it hands to its exec plug-in: environment and arguments, whatever they are called. */
export function withoutExecInput(text: string): string {
  return withoutLines(withoutPodEnvironment(text), ARGUMENTS_LINE).replace(ARGUMENTS_INLINE, masking);
}

/** Variables in which no secrets are kept; of a proxy's address {@link cleanFile} takes the password. */
const TELLING = /^(KUBELET_\w+|\w*_proxy|AWS_EC2_METADATA_DISABLED|PATH|HOME|LANG|LC_\w+|GO[A-Z]+)$/i;
const WORD = /(?:"(?:\\[\s\S]|[^"\\])*"?|'[^']*'?|\\.|[^\s"'\\])+/g;

/** Unit files without the values of variables, but for those that tell something. */
export function withoutUnitEnvironment(text: string): string {
  return text.replace(
    /^([ \t]*Environment=)((?:\\\n|.)*)$/gm,
    (_, head: string, words: string) => head + words.replace(WORD, withoutValue),
  );
}

/** A file of `NAME=VALUE`, likewise. A line that is neither that nor a comment belongs to the one above. */
export function withoutEnvironment(text: string): string {
  let hidden = false;
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*([#;]|$)/.test(line)) return line;
      const assignment = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line);
      if (!assignment) return hidden ? MASK : line;
      hidden = !TELLING.test(assignment[1] ?? '');
      return hidden ? assignment[0] + MASK : line;
    })
    .join('\n');
}

function withoutValue(word: string): string {
  const [head, quote = '', name = ''] = /^(["']?)(\w+)=/.exec(word) ?? [];
  if (head === undefined) return MASK;
  return TELLING.test(name) ? word : head + MASK + quote;
}

const END_OF_KEY = /-----END [A-Z0-9 ]*PRIVATE KEY-----/;
const KEY_MATERIAL = /[A-Za-z0-9+/=]{40,}|^[^A-Za-z]*[A-Za-z0-9+/]+={1,2}$/;

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
