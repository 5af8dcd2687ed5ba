import { closest } from '../lib/closest.ts';
import type { JoinKey } from './join-schema.ts';
import type { Layer } from './join-spec.ts';

/** What a console's `--node-spec` says. */
export interface NodeSpec {
  /** Its keys as they were given. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly layer: Layer;
  /** `quiet`: every question is answered with yes. */
  readonly quiet: boolean;
  /** Keys that mean nothing to this release, one sentence each. */
  readonly warnings: readonly string[];
}

/** A reading in progress: what was found so far. */
interface Reading {
  readonly given: Readonly<Record<string, unknown>>;
  readonly values: Record<string, unknown>;
  /** Under which of its names a key was given. */
  readonly names: Map<string, string>;
  readonly refuse: (mistake: string) => void;
}

/**
 * Keys that are a key of the specification, oldest name first: the last one that is given counts. Where an empty text
 * stands it says nothing. Sources: the vendor's user guide, "Add an edge node", and the API reference of
 * DescribeClusterAttachScripts, of releases 1.12 to 1.30.
 */
const KEYS: readonly (readonly [name: string, key: JoinKey])[] = [
  ['manageRuntime', 'manageRuntime'],
  ['runtime', 'runtime'],
  ['runtime_version', 'runtimeVersion'],
  ['runtimeRootDir', 'runtimeRootDir'],
  ['enabledAddons', 'allowedClusterAddons'],
  ['allowedClusterAddons', 'allowedClusterAddons'],
  ['gpuVersion', 'gpuVersion'],
  ['inDedicatedNetwork', 'inDedicatedNetwork'],
  ['platform', 'platform'],
  ['interconnectMode', 'interconnectMode'],
  ['labels', 'labels'],
  ['annotations', 'annotations'],
  ['taints', 'taints'],
  ['flannelIface', 'flannelIface'],
  ['nodeIface', 'nodeIface'],
  ['enableIptables', 'enableIptables'],
  ['selfHostNtpServer', 'selfHostNtpServer'],
  ['openapiType', 'openapiType'],
  ['poolNodesConnected', 'poolNodesConnected'],
];

/** Keys with a rule of their own. */
const OTHERS = [
  'assumeYes',
  'quiet',
  'nodeNameStrategy',
  'nodeNamePrefix',
  'nodeName',
  'nodeNameOverride',
  'imageRepoType',
] as const;

/**
 * Reads the JSON of `--node-spec`. Types and values of keys are checked with the rest of the specification, under the
 * names they were given by.
 * @param refuse called for every mistake in the text itself
 */
export function readNodeSpec(text: string, refuse: (mistake: string) => void): NodeSpec {
  const given = parse(text, refuse);
  const reading: Reading = { given, values: {}, names: new Map(), refuse };
  for (const [name, key] of KEYS) take(reading, name, key);
  takeNodeName(reading);
  const withoutEffect = imageRepoWarning(reading);
  const known = new Set<string>([...OTHERS, ...KEYS.map(([name]) => name)]);
  return {
    given,
    layer: { nameOf: (key) => `--node-spec: ${reading.names.get(key) ?? key}`, values: reading.values },
    quiet: [flagOf(reading, 'assumeYes'), flagOf(reading, 'quiet')].findLast((value) => value !== undefined) ?? false,
    warnings: [
      ...Object.keys(given)
        .filter((name) => !known.has(name))
        .map((name) => {
          const near = closest(name, [...known]);
          return `--node-spec: the key ${name} is not known to this release and is ignored${near ? `; did you mean ${near}?` : ''}`;
        }),
      ...withoutEffect,
    ],
  };
}

function parse(text: string, refuse: Reading['refuse']): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(withoutShellQuotes(text));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    refuse('--node-spec: expected a JSON object');
  } catch (error) {
    // The parser's message would quote the text, which may be a token's file given by mistake.
    const position = /at position \d+/.exec((error as Error).message)?.[0];
    refuse(`--node-spec: not valid JSON${position ? ` (${position})` : ''}`);
  }
  return {};
}

/**
 * The console quotes for a shell; a line that was run without one (cloud-init's list form) still has its backslashes.
 */
function withoutShellQuotes(text: string): string {
  const bare = text.trim().replace(/^"([\s\S]*)"$/, '$1');
  return /^\{\s*\\"/.test(bare) ? bare.replace(/\\(["\\$`])/g, '$1') : bare;
}

/** Go writes what is not set as null. */
function isGiven({ given }: Reading, name: string): boolean {
  return given[name] !== undefined && given[name] !== null && given[name] !== '';
}

function take(reading: Reading, name: string, key: JoinKey): void {
  if (!isGiven(reading, name)) return;
  reading.values[key] = reading.given[name];
  reading.names.set(key, name);
}

function flagOf(reading: Reading, name: string): boolean | undefined {
  const value = reading.given[name];
  if (typeof value === 'boolean' || value === undefined || value === null) return value ?? undefined;
  reading.refuse(`--node-spec: ${name}: must be true or false`);
  return undefined;
}

/** Node names by strategy, of the oldest releases; each becomes one of the forms of `nodeNameOverride`. */
const STRATEGIES = {
  hostname: () => '',
  random: () => '*',
  randomWithPrefix: (prefix: string) => (prefix === '' ? '*' : `${prefix.replace(/[-.]$/, '')}-*`),
  customized: (_prefix: string, name: string) => name,
};

function isStrategy(text: string): text is keyof typeof STRATEGIES {
  return Object.hasOwn(STRATEGIES, text);
}

function takeNodeName(reading: Reading): void {
  if (isGiven(reading, 'nodeNameOverride')) take(reading, 'nodeNameOverride', 'nodeName');
  else takeOldNodeName(reading);
}

function takeOldNodeName(reading: Reading): void {
  const [strategy, prefix, name] = ['nodeNameStrategy', 'nodeNamePrefix', 'nodeName'].map((key) => {
    const value = reading.given[key] ?? '';
    if (typeof value === 'string') return value;
    reading.refuse(`--node-spec: ${key}: must be a string`);
    return '';
  }) as [string, string, string];
  const chosen = strategy || (name ? 'customized' : prefix ? 'randomWithPrefix' : 'hostname');
  if (!isStrategy(chosen)) {
    const known = Object.keys(STRATEGIES).join(', ');
    reading.refuse(`--node-spec: nodeNameStrategy: "${chosen}" must be one of ${known}`);
    return;
  }
  const rule = STRATEGIES[chosen](prefix, name);
  if (chosen === 'customized' && rule === '') {
    reading.refuse('--node-spec: nodeName: is required if nodeNameStrategy is customized');
  } else if (rule !== '') {
    reading.values.nodeName = rule;
    reading.names.set('nodeName', chosen === 'customized' ? 'nodeName' : 'nodeNamePrefix');
  }
}

/** The console writes `public` into every line, and that is what happens anyway. */
function imageRepoWarning({ given, refuse }: Reading): string[] {
  const type = given.imageRepoType ?? '';
  if (type === 'private')
    return [
      '--node-spec: imageRepoType: private has no effect: images come from the bundle or the registry in their name',
    ];
  if (type !== '' && type !== 'public') refuse('--node-spec: imageRepoType: must be public or private');
  return [];
}
