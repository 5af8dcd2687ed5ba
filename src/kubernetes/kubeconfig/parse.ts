import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { firstDocument, yamlFault } from '../../lib/check-shape.ts';
import { decodeText } from '../../lib/decode-text.ts';

/** Go reads null and an empty text as "not set". */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
/** kubectl does not choose between two of a name. */
const namedListOf = <T extends z.ZodType<{ readonly name: string }>>(item: T) =>
  listOf(item).superRefine((items, context) => {
    const names = items.map(({ name }) => name);
    const again = names.findIndex((name, i) => names.indexOf(name) !== i);
    if (again !== -1) context.addIssue({ code: 'custom', path: [again, 'name'], message: 'the name is used twice' });
  });

/** What `kubectl config view` shows in the place of certificates and keys. */
const OMITTED = /^(DATA\+OMITTED|REDACTED)$/;

/** PEM in base64; in base64 twice it comes from a Secret (kubernetes/kubectl#1023). */
const data = z
  .string()
  .regex(/^[A-Za-z0-9+/=\s]*$/, 'it is not base64')
  .refine((value) => !OMITTED.test(value), 'it was left out by `kubectl config view`, which shows it with --raw')
  .nullish()
  .transform((value) => (value ? pemIn(value) : undefined));

function pemIn(base64: string): string {
  const text = decodeText(Buffer.from(base64, 'base64'));
  const again = /^[A-Za-z0-9+/=\s]+$/.test(text) ? decodeText(Buffer.from(text, 'base64')) : '';
  return again.includes('-----BEGIN ') ? again : text;
}

const CLUSTER = z.object({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': data,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
});

const EXEC = z.object({
  apiVersion: text,
  command: z.string().min(1),
  args: listOf(z.string()),
  env: listOf(z.object({ name: z.string(), value: z.string() })),
  installHint: text,
  interactiveMode: z.enum(['Never', 'IfAvailable', 'Always']).nullish(),
  provideClusterInfo: flag,
});

const USER = z.object({
  'client-certificate': text,
  'client-certificate-data': data,
  'client-key': text,
  'client-key-data': data,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  exec: EXEC.nullish(),
  'auth-provider': z.object({ name: text }).nullish(),
  as: text,
  'as-uid': text,
  'as-groups': listOf(z.string()),
  'as-user-extra': z.record(z.string(), listOf(z.string())).nullish(),
});

const KUBECONFIG = z.object({
  'current-context': text,
  clusters: namedListOf(z.object({ name: z.string(), cluster: CLUSTER })),
  users: namedListOf(z.object({ name: z.string(), user: USER.nullish().transform((user) => user ?? USER.parse({})) })),
  contexts: namedListOf(z.object({ name: z.string(), context: z.object({ cluster: text, user: text }) })),
});

/** A kubeconfig of which only the cluster counts; what is wrong with its contexts does not. */
const clustersOf = <T extends z.ZodType>(cluster: T) =>
  z.object({
    clusters: listOf(z.object({ name: text.catch(undefined), cluster })),
    contexts: listOf(z.object({ name: text, context: z.object({ cluster: text }) })).catch([]),
    'current-context': text.catch(undefined),
  });
const CLUSTERS = clustersOf(CLUSTER);
const SERVERS = clustersOf(CLUSTER.pick({ server: true }));

/** What edgeadm reads of a kubeconfig. @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export type Kubeconfig = z.output<typeof KUBECONFIG>;
export type KubeconfigCluster = z.output<typeof CLUSTER>;
export type KubeconfigUser = z.output<typeof USER>;
export type ExecConfig = z.output<typeof EXEC>;

/** What is wrong with a kubeconfig: the key or the line, and never the text there, which may be a secret. */
export class KubeconfigFault extends Error {
  override readonly name = 'KubeconfigFault';
  /** Contexts to choose from, if none is chosen. */
  readonly contexts?: readonly string[];

  constructor(message: string, contexts?: readonly string[]) {
    super(message);
    this.contexts = contexts;
  }
}

/** @throws KubeconfigFault */
export function parseKubeconfig(yaml: string): Kubeconfig {
  return parsedAs(KUBECONFIG, yaml);
}

/** The cluster that a kubeconfig without a user is about: cluster-info. @throws KubeconfigFault */
export function publishedClusterIn(yaml: string): KubeconfigCluster | undefined {
  return chosenCluster(parsedAs(CLUSTERS, yaml));
}

/**
 * As kubeadm chooses: the one without a name, which it publishes itself, or that of the current context; of others the
 * first one. Source: kubernetes, cmd/kubeadm/app/util/kubeconfig, GetClusterFromKubeConfig.
 */
function chosenCluster<T>(config: {
  readonly clusters: readonly { readonly name?: string; readonly cluster: T }[];
  readonly contexts: readonly { readonly name?: string; readonly context: { readonly cluster?: string } }[];
  readonly 'current-context'?: string;
}): T | undefined {
  const { clusters, contexts, 'current-context': current } = config;
  const named = contexts.find(({ name }) => name !== undefined && name === current)?.context.cluster;
  const chosen =
    clusters.find(({ name }) => name === undefined) ?? clusters.find(({ name }) => name === named) ?? clusters[0];
  return chosen?.cluster;
}

/** The server of the cluster that a kubeconfig is about; undefined if the file is missing or damaged, or names none. */
export function serverIn(yaml: string | undefined): string | undefined {
  try {
    return chosenCluster(parsedAs(SERVERS, yaml ?? ''))?.server;
  } catch {
    return undefined;
  }
}

function parsedAs<T>(schema: z.ZodType<T>, yaml: string): T {
  const parsed = schema.safeParse(loadYaml(yaml));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  throw new KubeconfigFault(`${key.replace(/^\./, '')}: ${issue?.message ?? 'unexpected value'}`);
}

/**
 * OpenSSL's word on what cannot be read comes late and names no key.
 * @throws KubeconfigFault
 */
export function refuseDamagedPem(pems: { readonly ca?: string; readonly cert?: string; readonly key?: string }): void {
  const check = (name: string, what: string, read: () => unknown): void => {
    try {
      read();
    } catch {
      throw new KubeconfigFault(`${name}: it is not ${what} in PEM`);
    }
  };
  const { ca, cert, key } = pems;
  if (ca !== undefined) check('certificate-authority', 'a certificate', () => new X509Certificate(ca));
  if (cert !== undefined) check('client-certificate', 'a certificate', () => new X509Certificate(cert));
  if (key !== undefined) check('client-key', 'a private key', () => createPrivateKey(key));
}

/** An empty file is an empty kubeconfig. */
function loadYaml(yaml: string): unknown {
  let parsed: unknown;
  try {
    parsed = yaml.trim() === '' ? {} : firstDocument(yaml);
  } catch (error) {
    throw new KubeconfigFault(yamlFault(error, yaml));
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new KubeconfigFault('it is not a YAML map');
  return parsed;
}

/** The cluster and the user of the current context. @throws KubeconfigFault */
export function currentOf(config: Kubeconfig): { readonly cluster: KubeconfigCluster; readonly user: KubeconfigUser } {
  const name = config['current-context'];
  const context = config.contexts.find((each) => each.name === name)?.context;
  const cluster = config.clusters.find((each) => each.name === context?.cluster)?.cluster;
  if (!name)
    throw new KubeconfigFault(
      'it has no current context',
      config.contexts.map((each) => each.name),
    );
  if (!cluster) throw new KubeconfigFault(`its current context "${name}" names no cluster`);
  if (!cluster.server) throw new KubeconfigFault(`the cluster of its current context "${name}" has no server`);
  const user = config.users.find((each) => each.name === context?.user)?.user;
  if (context?.user && !user) throw new KubeconfigFault(`its current context "${name}" names no user of the file`);
  return { cluster, user: user ?? USER.parse({}) };
}
