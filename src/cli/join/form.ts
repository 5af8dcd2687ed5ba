import { defaultEndpoint } from '../../cloud/exchange.ts';
import type { Layer } from '../../config/join-spec.ts';
import { usageError } from '../../errors/usage.ts';
import { type Refuse, secretOf } from '../flags.ts';
import type { ParsedJoin } from './flags.ts';

/** Who tells the node which cluster it joins. */
export type JoinForm =
  /** The command line; `token` is that of the environment. */
  | { readonly kind: 'kubernetes'; readonly token?: string }
  /** The container service, for a token of its console. */
  | { readonly kind: 'exchange'; readonly token: string; readonly endpoint: string }
  /** The container service, for an account's keys. */
  | { readonly kind: 'cloud'; readonly clusterId: string; readonly region: string; readonly nodePool: string };

/** Flags that choose a form. */
const CHOOSING = ['token', 'openapi-token', 'cluster-id'] as const;
/** How a cluster is known by a bootstrap token; the other forms bring their own. */
const CREDENTIALS = ['token', 'caCertHashes', 'unsafeSkipCaVerification'];

/** Which form is asked for: by the flags, else by the environment. `layers` hold flags, file and node-spec. */
export async function joinForm({ flags }: ParsedJoin, layers: readonly Layer[], refuse: Refuse): Promise<JoinForm> {
  const chosen = CHOOSING.filter((flag) => flags[flag] !== undefined);
  if (chosen.length > 1) refuse(`${chosen.map((flag) => `--${flag}`).join(' and ')} exclude each other`);
  const environment = chosen.length === 0 ? process.env : {};
  const { EDGEADM_TOKEN: token, EDGEADM_OPENAPI_TOKEN: openapiToken } = environment;
  if (token && openapiToken) refuse('EDGEADM_TOKEN and EDGEADM_OPENAPI_TOKEN exclude each other; unset one of them');
  if (flags['cluster-id'] !== undefined) return cloudForm(String(flags['cluster-id']), layers, refuse);
  const given = (flags['openapi-token'] as string | undefined) ?? (openapiToken || undefined);
  if (given !== undefined) return exchangeForm(given, flags['openapi-endpoint'], layers, refuse);
  return { kind: 'kubernetes', token: await secretOf(environment.EDGEADM_TOKEN || undefined, 'EDGEADM_TOKEN') };
}

/**
 * Standard input can be read once; to be called before anything is read from it, lest a token be taken for something
 * that is shown.
 * @throws EdgeadmError USAGE
 */
export function refuseTwoReaders({ flags }: ParsedJoin): void {
  const readers = ['token', 'openapi-token', 'node-spec'].filter((flag) => flags[flag] === '-');
  if (readers.length < 2) return;
  throw usageError([`${readers.map((flag) => `--${flag} -`).join(' and ')}: there is one standard input`]);
}

function cloudForm(clusterId: string, layers: readonly Layer[], refuse: Refuse): JoinForm {
  refuseCredentials('--cluster-id', layers, refuse);
  const [region, nodePool] = [strongest('region', layers), strongest('nodePool', layers)];
  if (!region) refuse('--region is needed with --cluster-id');
  if (!nodePool) refuse('--nodepool is needed with --cluster-id');
  return { kind: 'cloud', clusterId, region: region ?? '', nodePool: nodePool ?? '' };
}

async function exchangeForm(
  given: string,
  named: unknown,
  layers: readonly Layer[],
  refuse: Refuse,
): Promise<JoinForm> {
  refuseCredentials('--openapi-token', layers, refuse);
  const token = (await secretOf(given, '--openapi-token')) ?? '';
  if (!/^[\x21-\x7e]+$/.test(token))
    refuse('--openapi-token: a token has no spaces and no other than ASCII characters');
  const region = strongest('region', layers);
  if (named === undefined && !region) refuse('--region is needed with --openapi-token');
  // That a region is none is told with the other values: the endpoint made of it is nobody's second mistake.
  if (named === undefined) return { kind: 'exchange', token, endpoint: defaultEndpoint(region ?? '') };
  const endpoint = String(named);
  const url = URL.parse(endpoint);
  if (url?.protocol !== 'https:' || url.search || url.hash || url.username) {
    refuse('--openapi-endpoint: must be https://HOST[:PORT]/PATH');
  }
  return { kind: 'exchange', token, endpoint };
}

function refuseCredentials(flag: string, layers: readonly Layer[], refuse: Refuse): void {
  for (const { nameOf, values } of layers) {
    for (const key of CREDENTIALS) {
      // Of two tokens on the command line it was said already that they exclude each other.
      if (values[key] === undefined || (key === 'token' && nameOf(key) === '--token')) continue;
      refuse(`${nameOf(key)} belongs to a join with a bootstrap token; ${flag} brings its own`);
    }
  }
}

/** The strongest layer's; whether it is a good one is told with the other mistakes. */
function strongest(key: string, layers: readonly Layer[]): string | undefined {
  const value = layers.findLast(({ values }) => values[key] !== undefined)?.values[key];
  return typeof value === 'string' ? value : undefined;
}
