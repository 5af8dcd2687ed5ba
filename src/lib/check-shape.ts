import { X509Certificate } from 'node:crypto';
import { loadAll, YAMLException } from 'js-yaml';
import type { z } from 'zod';
import { EdgeadmError, type ErrorCode } from '../errors/index.ts';
import { KUBERNETES_YAML, kubernetesDocuments } from './kubernetes-yaml.ts';

/**
 * Foreign texts: a file of the machine, an object of the cluster, an answer of the cloud. No value in
 * them is trusted to have the right type. A reader that needs the text names its origin, and damage becomes an error
 * that names it, with the key or the line; a reader that can do without uses {@link lenientYaml}.
 */
export interface Origin {
  /**
   * The file or the object: `/var/lib/kubelet/config.yaml`, `key kubelet of the ConfigMap kube-system/kubelet-config`.
   */
  readonly what: string;
  /** Whose fault it is. */
  readonly code: ErrorCode;
  readonly next?: string;
}

/** Characters; no file or object of Kubernetes comes near it, and the parser needs seconds for each MiB. */
const MAX_YAML = 4 * 1024 ** 2;

/** A few lines of aliases of aliases stand for billions of values (CVE-2019-11253), and each would be written out. */
const MAX_VALUES = 1_000_000;

/** The error for a text that cannot be used. @param why the key or the line, and what is wrong there */
function damaged({ what, code, next }: Origin, why: string, cause?: unknown): EdgeadmError {
  return new EdgeadmError({ code, what: `${what} is damaged`, why, next, cause });
}

/**
 * A YAML (or JSON) document that must be a map, read as Kubernetes reads it: of a key that occurs twice the last one
 * counts. An empty text is an empty map.
 * @throws EdgeadmError with the origin, and the line that is not YAML
 */
export function yamlMap(text: string, origin: Origin): Record<string, unknown> {
  const parsed = yamlValue(text, origin) ?? {};
  if (typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw damaged(origin, 'it is not a YAML map');
}

/** The same for a document that may be anything. An empty text is undefined. */
export function yamlValue(text: string, origin: Origin): unknown {
  if (text.length > MAX_YAML) throw damaged(origin, `it is larger than ${MAX_YAML / 1024 ** 2} MiB`);
  try {
    return isBlank(text) ? undefined : firstDocument(text);
  } catch (error) {
    throw damaged(origin, yamlFault(error, text), error);
  }
}

/** As Kubernetes reads a text with several documents: the first one counts (kubernetes/kubeadm#3163). */
export function firstDocument(text: string): unknown {
  const documents = kubernetesDocuments(text);
  const first = documents.find((each) => each !== null && each !== undefined);
  if (valuesIn(first) > MAX_VALUES) throw new Error('its aliases stand for too many values');
  return first;
}

/** How many values a document has once its aliases are written out; Infinity for one that contains itself. */
function valuesIn(value: unknown, known = new Map<object, number>()): number {
  if (typeof value !== 'object' || value === null) return 1;
  const before = known.get(value);
  if (before !== undefined) return before;
  known.set(value, Number.POSITIVE_INFINITY);
  const count = Object.values(value).reduce<number>((sum, each) => sum + valuesIn(each, known), 1);
  known.set(value, count);
  return count;
}

/**
 * A JSON document that must be a map; an empty text is an empty map.
 * @throws EdgeadmError with the origin, and the line that is not JSON
 */
export function jsonMap(text: string, origin: Origin): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw damaged(origin, jsonFault(text, error as Error), error);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw damaged(origin, 'it is not a JSON map');
}

/** `line 7: it is not JSON` where the engine names the place; never the text there, which may be a secret. */
function jsonFault(text: string, { message }: Error): string {
  if (message.startsWith('Unexpected end')) return 'it is not JSON: it ends too early';
  const at = /position (\d+)/.exec(message)?.[1];
  return `${at === undefined ? '' : `line ${text.slice(0, Number(at)).split('\n').length}: `}it is not JSON`;
}

/**
 * The first key of a YAML text that occurs twice: `line 7: the key podSubnet appears twice`. undefined where none
 * is, and for a text that is damaged otherwise.
 */
export function repeatedKeyIn(text: string): string | undefined {
  try {
    if (!isBlank(text)) loadAll(text, { schema: KUBERNETES_YAML });
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') return undefined;
    const line: number = error.mark?.line ?? 0;
    const [, key = ''] = /^[\s{,-]*["']?([\w./-]+)/.exec(text.split('\n')[line] ?? '') ?? [];
    return `line ${line + 1}: the key ${key} appears twice`;
  }
  return undefined;
}

/** Nothing but comments: js-yaml finds no document there. */
function isBlank(text: string): boolean {
  return text.replaceAll(/^\s*(#.*)?$/gm, '').trim() === '';
}

/** `line 7: bad indentation of a mapping entry`; never the text there, which may be a secret. */
export function yamlFault(error: unknown, text = ''): string {
  // js-yaml speaks of a missing colon, or of a null byte, if a whole text is of another kind.
  if (/^\uFFFD{1,2}./s.test(text) || text.includes('\0'))
    return text.replaceAll('\0', '').trim() === ''
      ? 'it holds only zeros'
      : 'it is not text in UTF-8, as UTF-16 of PowerShell is not';
  if (!(error instanceof YAMLException)) return (error as Error).message;
  const line: number | undefined = error.mark?.line;
  return `${line === undefined ? '' : `line ${line + 1}: `}it is not YAML (${error.reason})`;
}

/**
 * A value with the types that its reader relies on.
 * @throws EdgeadmError with the origin, and the first key that has another type
 */
export function checkShape<T extends z.ZodType>(schema: T, value: unknown, origin: Origin): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(origin, `${keyOf(issue?.path ?? [])}${issue?.message ?? 'it has another form'}`);
}

/** `clusters[0].cluster.server: ` */
function keyOf(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? '' : `${text.replace(/^\./, '')}: `;
}

/** As {@link yamlMap}, for those who can do without: what is missing, damaged or of another type is undefined. */
export function lenientYaml<T extends z.ZodType>(text: string | undefined, schema: T): z.output<T> | undefined {
  if (text === undefined || text.length > MAX_YAML || isBlank(text)) return undefined;
  try {
    return schema.safeParse(firstDocument(text)).data;
  } catch {
    return undefined;
  }
}

/** The first certificate of a PEM text. @throws EdgeadmError with the origin */
export function certificateIn(pem: string, origin: Origin): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    const why = pem.trim() === '' ? 'it is empty' : `it is not a certificate in PEM (${(error as Error).message})`;
    throw damaged(origin, why, error);
  }
}

/** Why a reading failed, without what was read, which is named beside it; undefined if it did not. */
export function faultOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as { why?: string }).why ?? String(error);
  }
}
