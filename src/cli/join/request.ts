import { defaultEndpoint } from '../../cloud/exchange.ts';
import type { JoinSource, SourceAnswer } from '../../cloud/join-source.ts';
import { readMatrixFile } from '../../compat/matrix-file.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { isRandomName } from '../../config/grammar.ts';
import { COMMAND_TIMEOUT_MS, flagOf, joinDraft, joinSpec, type Layer } from '../../config/join-spec.ts';
import { readNodeSpec } from '../../config/node-spec.ts';
import type { CommonSettings, JoinDraft, JoinSpec } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import type { Target } from '../../host/targets.ts';
import { durationOf, flagText, type Refuse, secretOf } from '../flags.ts';
import { readDiscoveryFile } from './discovery-file.ts';
import { flagValues, type ParsedJoin, TOKEN_FLAGS } from './flags.ts';

/** Who tells the node which cluster it joins. */
export type JoinForm =
  /** The command line; `token` is that of the environment. */
  | { readonly kind: 'kubernetes'; readonly token?: string }
  /** The container service, for a token of its console. */
  | { readonly kind: 'exchange'; readonly token: string; readonly endpoint: string }
  /** The container service, for an account's keys. */
  | { readonly kind: 'cloud'; readonly clusterId: string; readonly region: string; readonly nodePool: string };

/** What is requested on one host: validated as far as that is possible before node and source are reached. */
export interface JoinRequest {
  readonly form: JoinForm;
  readonly draft: JoinDraft;
  /** What the user should know about what he gave. */
  readonly warnings: readonly string[];
  /**
   * The specification, with the values that the join source gave.
   * @throws EdgeadmError CLOUD_ANSWER_INVALID if that does not make one
   */
  complete(reply?: { readonly source: JoinSource; readonly answer: SourceAnswer }): JoinSpec;
}

/** The requests of all hosts of a command, in the form that is the same for all of them. */
export interface JoinRequests {
  readonly form: JoinForm;
  of(target: Target): JoinRequest;
}

/** @throws EdgeadmError USAGE with all mistakes at once */
export async function joinRequests(parsed: ParsedJoin, targets: readonly Target[]): Promise<JoinRequests> {
  const requests = new Map<Target, JoinRequest>();
  for (const target of targets) requests.set(target, await joinRequestOf(parsed, target.overrides));
  refuseSharedName([...requests.values()]);
  const of = (target: Target): JoinRequest => {
    const request = requests.get(target);
    if (!request) throw new Error(`no host is used for ${target.label}`);
    return request;
  };
  const [first] = targets;
  return { form: first ? of(first).form : { kind: 'kubernetes' }, of };
}

/** One name cannot be given to several machines. */
function refuseSharedName(requests: readonly JoinRequest[]): void {
  const names = requests.map(({ draft }) => draft.nodeName).filter((name) => name !== '' && !isRandomName(name));
  const shared = names.find((name, index) => names.indexOf(name) !== index);
  if (shared === undefined) return;
  const hosts = names.filter((name) => name === shared).length;
  throw usageError([
    `--node-name: ${shared} cannot be the name of ${hosts} hosts; name them in the inventory, or use "*.SUFFIX"`,
  ]);
}

/**
 * Makes the request for one host of flags, environment, file, node-spec and the host's own entry in the inventory.
 * @throws EdgeadmError USAGE with all mistakes at once
 */
export async function joinRequestOf(
  parsed: ParsedJoin,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<JoinRequest> {
  const flags = parsed.flags as Record<
    'config' | 'timeout' | 'compat-matrix' | 'node-spec' | 'discovery-file',
    string | undefined
  >;
  const mistakes: string[] = [];
  const refuse: Refuse = (mistake) => mistakes.push(mistake);
  refuseTwoReaders(parsed);
  const given = flags['node-spec'];
  const nodeSpec = given === undefined ? undefined : readNodeSpec(await flagText(given, '--node-spec'), refuse);
  const layers: Layer[] = nodeSpec ? [nodeSpec.layer] : [];
  if (flags.config) layers.push(await readConfigFile(flags.config, 'JoinConfiguration'));
  if (flags['discovery-file']) layers.push(await readDiscoveryFile(flags['discovery-file']));
  layers.push({ nameOf: flagOf, values: await flagValues(parsed, refuse) });
  await refuseUnknownChecks(layers, refuse);
  layers.push({ nameOf: (key) => `inventory: ${key}`, values: overrides });
  const form = await joinForm(parsed, layers, refuse);
  if (form.kind === 'kubernetes') layers.splice(-2, 0, environmentLayer(form.token));
  const settings = {
    yes: Boolean(parsed.flags.yes) || (nodeSpec?.quiet ?? false),
    timeoutMs: durationOf(flags.timeout, '--timeout', refuse) ?? COMMAND_TIMEOUT_MS,
    compatMatrix: flags['compat-matrix'] ? await readMatrixFile(flags['compat-matrix']) : [],
  };
  const warnings = nodeSpec?.warnings ?? [];
  if (form.kind === 'kubernetes') {
    const spec = joinSpec(layers, settings, mistakes);
    return { form, draft: spec, warnings, complete: () => spec };
  }
  const draft = joinDraft(layers, settings, mistakes);
  const complete: JoinRequest['complete'] = (reply) => {
    if (!reply) throw new Error('the container service was not contacted');
    return withAnswer(around(layers, draft, reply), settings, reply.source);
  };
  return { form, draft, warnings, complete };
}

function environmentLayer(token: string | undefined): Layer {
  return { nameOf: (key) => (key === 'token' ? 'EDGEADM_TOKEN' : key), values: { token } };
}

/** Whatever users said was found good before: a mistake is the answer's. */
function withAnswer(layers: readonly Layer[], settings: CommonSettings, source: JoinSource): JoinSpec {
  try {
    return joinSpec(layers, settings);
  } catch (error) {
    if (!(error instanceof EdgeadmError) || error.code !== 'USAGE') throw error;
    const what = `the answer of ${source.name} is not valid`;
    throw new EdgeadmError({ code: 'CLOUD_ANSWER_INVALID', what, why: error.why ?? error.what, cause: error });
  }
}

/**
 * What the cluster itself says is below what users say, what the node pool gives above it. Where it is known by cannot
 * be overridden, and what users bring themselves (a bundle) does not take the cloud's pins.
 */
function around(
  layers: readonly Layer[],
  draft: JoinDraft,
  { source, answer }: { readonly source: JoinSource; readonly answer: SourceAnswer },
): Layer[] {
  const { token, caCertHashes, bundle, bundleSha256, edgeHubImage, ...facts } = answer.cluster;
  const nameOf = (key: string): string => `${source.name}: ${key}`;
  const software = {
    ...(draft.bundle === undefined && { bundle, bundleSha256 }),
    ...(draft.edgeHub !== false && { edgeHubImage }),
  };
  return [
    { nameOf, values: { ...facts, ...software } },
    ...layers,
    { nameOf, values: { ...answer.pool, token, caCertHashes } },
  ];
}

/** A check that is misspelt would fail the join that should have ignored it. */
async function refuseUnknownChecks(layers: readonly Layer[], refuse: Refuse): Promise<void> {
  const { unknownChecks } = await import('../../phases/preflight/check-names.ts');
  for (const { nameOf, values } of layers) {
    const names = values.ignorePreflightErrors;
    if (!Array.isArray(names)) continue;
    for (const mistake of unknownChecks(names.filter((name) => typeof name === 'string')))
      refuse(`${nameOf('ignorePreflightErrors')}: ${mistake}`);
  }
}

/** Flags that choose a form. */
const CHOOSING = [...TOKEN_FLAGS, 'discovery-file', 'openapi-token', 'cluster-id'] as const;
/** How a cluster is known by a bootstrap token; the other forms bring their own. */
const CREDENTIALS = ['token', 'caCertHashes', 'unsafeSkipCaVerification'];

/** Which form is requested: by the flags, else by the environment. `layers` hold flags, file and node-spec. */
async function joinForm({ flags }: ParsedJoin, layers: readonly Layer[], refuse: Refuse): Promise<JoinForm> {
  const chosen = CHOOSING.filter((flag) => flags[flag] !== undefined);
  const ofToken: readonly string[] = [...TOKEN_FLAGS, 'discovery-file'];
  if (chosen.length > 1 && !chosen.every((flag) => ofToken.includes(flag)))
    refuse(`${chosen.map((flag) => `--${flag}`).join(' and ')} cannot be used together`);
  // A discovery file may leave the token to the environment.
  const environment = chosen.every((flag) => flag === 'discovery-file') ? process.env : {};
  const { EDGEADM_TOKEN: token, EDGEADM_OPENAPI_TOKEN: openapiToken } = environment;
  if (token && openapiToken)
    refuse('EDGEADM_TOKEN and EDGEADM_OPENAPI_TOKEN cannot be used together; unset one of them');
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
function refuseTwoReaders({ flags }: ParsedJoin): void {
  const readers = [...TOKEN_FLAGS, 'openapi-token', 'node-spec'].filter((flag) => flags[flag] === '-');
  if (readers.length < 2) return;
  throw usageError([`${readers.map((flag) => `--${flag} -`).join(' and ')}: only one flag can read standard input`]);
}

function cloudForm(clusterId: string, layers: readonly Layer[], refuse: Refuse): JoinForm {
  refuseCredentials('--cluster-id', layers, refuse);
  const [region, nodePool] = [strongestText('region', layers), strongestText('nodePool', layers)];
  if (!region) refuse('--region is required with --cluster-id');
  if (!nodePool) refuse('--nodepool is required with --cluster-id');
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
  if (!/^[\x21-\x7e]+$/.test(token)) refuse('--openapi-token: a token contains only ASCII characters and no spaces');
  const region = strongestText('region', layers);
  if (named === undefined && !region) refuse('--region is required with --openapi-token');
  // A wrong region is reported with the other values; the endpoint derived from it is not a second mistake.
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
      if (
        values[key] === undefined ||
        (key === 'token' && nameOf(key) === '--token') ||
        nameOf(key) === '--discovery-file'
      )
        continue;
      refuse(`${nameOf(key)} is for a join with a bootstrap token; ${flag} provides its own`);
    }
  }
}

/** The strongest layer's; whether it is valid is reported with the other mistakes. */
function strongestText(key: string, layers: readonly Layer[]): string | undefined {
  const value = layers.findLast(({ values }) => values[key] !== undefined)?.values[key];
  return typeof value === 'string' ? value : undefined;
}
