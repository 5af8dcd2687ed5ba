import { X509Certificate } from 'node:crypto';
import { execa } from 'execa';
import { z } from 'zod';
import { EdgeadmError } from '../../errors/index.ts';
import { registerSecret } from '../../lib/redact.ts';
import { Shared } from '../../lib/shared.ts';
import type { ApiCredentials, CredentialSource } from '../api/credentials.ts';
import type { ExecConfig, KubeconfigCluster } from './parse.ts';

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** Someone may have to log in with a browser. Milliseconds. */
const TIMEOUT_MS = 5 * 60_000;
const MAX_ANSWER_BYTES = 1024 ** 2;
/** Renewed this long before the end, so that a request does not arrive after it. Milliseconds. */
const EARLY_MS = 10_000;

const ANSWER = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

interface Held {
  readonly credentials: ApiCredentials;
  /** Milliseconds since 1970; infinite if the plug-in does not say. */
  readonly until: number;
}

/**
 * The credentials that a program gives out, as those of cloud providers. It runs when the first request needs them, and
 * again when they end or the API server refuses them.
 * @param ca PEM of the cluster's CA, which a plug-in may ask for
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function execPlugin(config: ExecConfig, cluster: KubeconfigCluster, ca: string | undefined): CredentialSource {
  let held: Held | undefined;
  // Requests that run at the same time share one login, and none ends it for the others.
  let login: Shared<Held> | undefined;
  return {
    current: async (signal) => {
      if (held && Date.now() < held.until - EARLY_MS) return held.credentials;
      login ??= new Shared((own) => runPlugin(config, infoFor(config, cluster, ca), own));
      const shared = login;
      held = await shared.get(signal);
      if (login === shared) login = undefined;
      return held.credentials;
    },
    refuse: (credentials) => {
      if (held?.credentials === credentials) held = undefined;
    },
  };
}

function infoFor(config: ExecConfig, cluster: KubeconfigCluster, ca: string | undefined): object {
  const details = {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data': ca && Buffer.from(ca).toString('base64'),
    'proxy-url': cluster['proxy-url'],
  };
  const spec = { interactive: mayAsk(config), ...(config.provideClusterInfo && { cluster: details }) };
  return { apiVersion: config.apiVersion, kind: 'ExecCredential', spec };
}

function mayAsk({ interactiveMode }: ExecConfig): boolean {
  return interactiveMode !== 'Never' && process.stdin.isTTY === true;
}

async function runPlugin(config: ExecConfig, info: object, signal: AbortSignal): Promise<Held> {
  const { command, args, env, apiVersion, interactiveMode, installHint } = config;
  if (!VERSIONS.includes(apiVersion ?? ''))
    throw failed(command, `it uses ${apiVersion ?? 'no apiVersion'}; edgeadm supports ${VERSIONS.join(' and ')}`);
  if (interactiveMode === 'Always' && !mayAsk(config)) throw failed(command, 'it needs a terminal, and there is none');
  const result = await execa(command, args, {
    env: {
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
    stdin: mayAsk(config) ? 'inherit' : 'ignore',
    stderr: mayAsk(config) ? 'inherit' : 'pipe',
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_ANSWER_BYTES,
    cancelSignal: signal,
    reject: false,
  });
  signal.throwIfAborted();
  if (!result.failed) return heldIn(command, apiVersion ?? '', result.stdout);
  const said = String(result.stderr ?? '')
    .trim()
    .slice(-500);
  const hint = result.code === 'ENOENT' ? installHint : undefined;
  // Not the program's arguments, which may be secrets.
  const how =
    result.exitCode === undefined ? (result.code ?? 'it did not finish') : `it exited with code ${result.exitCode}`;
  throw failed(command, [how, said].filter(Boolean).join(': '), hint);
}

function heldIn(command: string, apiVersion: string, stdout: string): Held {
  const { status } = answerIn(command, apiVersion, stdout);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  registerSecret(token ?? undefined);
  registerSecret(key ?? undefined);
  if (!token && !(cert && key)) throw failed(command, 'it returned neither a token nor a certificate with its key');
  const credentials = {
    authorization: token ? `Bearer ${token}` : undefined,
    cert: cert ?? undefined,
    key: key ?? undefined,
  };
  return { credentials, until: Math.min(timeOf(expirationTimestamp), cert ? endOf(command, cert) : Infinity) };
}

function answerIn(command: string, apiVersion: string, stdout: string): z.output<typeof ANSWER> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout);
  } catch {
    // The message of the parser would quote the token.
    throw failed(command, 'what it printed is not JSON');
  }
  const answer = ANSWER.safeParse(parsed);
  if (!answer.success)
    throw failed(command, `its answer is not an ExecCredential: ${answer.error.issues[0]?.path.join('.')}`);
  if (answer.data.apiVersion !== apiVersion)
    throw failed(command, `${apiVersion} was requested, and it answered ${answer.data.apiVersion.slice(0, 100)}`);
  return answer.data;
}

function timeOf(timestamp: string | null | undefined): number {
  const time = Date.parse(timestamp ?? '');
  return Number.isNaN(time) ? Infinity : time;
}

function endOf(command: string, pem: string): number {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch (cause) {
    throw failed(command, `its certificate cannot be read: ${(cause as Error).message}`);
  }
}

function failed(command: string, why: string, next?: string): EdgeadmError {
  return new EdgeadmError({
    code: 'USAGE',
    what: `the exec plug-in ${command} of the kubeconfig returned no credentials`,
    why,
    next,
  });
}
