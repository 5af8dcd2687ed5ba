import type { JoinSource, SourceAnswer } from '../../cloud/join-source.ts';
import { readMatrixFile } from '../../compat/matrix-file.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { isRandomName } from '../../config/grammar.ts';
import {
  type CommonSettings,
  DEFAULT_TIMEOUT_MS,
  flagOf,
  joinDraft,
  joinSpec,
  type Layer,
} from '../../config/join-spec.ts';
import { readNodeSpec } from '../../config/node-spec.ts';
import type { JoinDraft, JoinSpec } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import type { Target } from '../../host/targets.ts';
import { durationOf, type Refuse, textOf } from '../flags.ts';
import { flagValues, type ParsedJoin } from './flags.ts';
import { type JoinForm, joinForm, refuseTwoReaders } from './form.ts';

/** What is asked for on one host: checked as far as that is possible without asking anybody. */
export interface JoinRequest {
  readonly form: JoinForm;
  readonly draft: JoinDraft;
  /** What the user should know about what he gave. */
  readonly warnings: readonly string[];
  /**
   * The specification, with what the source of the form told.
   * @throws EdgeadmError CLOUD_ANSWER_INVALID where that does not make one
   */
  complete(reply?: { readonly source: JoinSource; readonly answer: SourceAnswer }): JoinSpec;
}

/**
 * Makes the request for one host of flags, environment, file, node-spec and the host's own entry in the inventory.
 * @throws EdgeadmError USAGE with all mistakes at once
 */
export async function joinRequestOf(
  parsed: ParsedJoin,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<JoinRequest> {
  const flags = parsed.flags as Record<'config' | 'timeout' | 'compat-matrix' | 'node-spec', string | undefined>;
  const mistakes: string[] = [];
  const refuse: Refuse = (mistake) => mistakes.push(mistake);
  refuseTwoReaders(parsed);
  const given = flags['node-spec'];
  const nodeSpec = given === undefined ? undefined : readNodeSpec(await textOf(given, '--node-spec'), refuse);
  const layers: Layer[] = nodeSpec ? [nodeSpec.layer] : [];
  if (flags.config) layers.push(await readConfigFile(flags.config, 'JoinConfiguration'));
  layers.push({ nameOf: flagOf, values: await flagValues(parsed, refuse) });
  layers.push({ nameOf: (key) => `inventory: ${key}`, values: overrides });
  const form = await joinForm(parsed, layers, refuse);
  if (form.kind === 'kubernetes') layers.splice(-2, 0, environmentLayer(form.token));
  const settings = {
    yes: Boolean(parsed.flags.yes) || (nodeSpec?.quiet ?? false),
    timeoutMs: durationOf(flags.timeout, '--timeout', refuse) ?? DEFAULT_TIMEOUT_MS,
    compatMatrix: flags['compat-matrix'] ? await readMatrixFile(flags['compat-matrix']) : [],
  };
  const draft = (form.kind === 'kubernetes' ? joinSpec : joinDraft)(layers, settings, mistakes);
  return {
    form,
    draft,
    warnings: nodeSpec?.warnings ?? [],
    complete: (reply) =>
      reply ? withAnswer(around(layers, draft, reply), settings, reply.source) : joinSpec(layers, settings),
  };
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
    if (!request) throw new Error(`nothing is asked of ${target.label}`);
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

function environmentLayer(token: string | undefined): Layer {
  return { nameOf: (key) => (key === 'token' ? 'EDGEADM_TOKEN' : key), values: { token } };
}

/** Whatever users said was found good before: a mistake is the answer's. */
function withAnswer(layers: readonly Layer[], settings: CommonSettings, source: JoinSource): JoinSpec {
  try {
    return joinSpec(layers, settings);
  } catch (error) {
    if (!(error instanceof EdgeadmError) || error.code !== 'USAGE') throw error;
    const what = `the answer of ${source.name} cannot be used`;
    throw new EdgeadmError({ code: 'CLOUD_ANSWER_INVALID', what, why: error.why ?? error.what, cause: error });
  }
}

/**
 * What the cluster is lies below what users say, what the node pool gives above it. Where it is known by cannot be
 * overridden, and what users bring themselves (a bundle) does not take the cloud's pins.
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
