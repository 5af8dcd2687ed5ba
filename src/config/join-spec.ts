import type { z } from 'zod';
import { usageError } from '../errors/usage.ts';
import { closest } from '../lib/closest.ts';
import { registerSecret } from '../lib/redact.ts';
import { refuseNodeAddress } from './grammar.ts';
import { draftKeys, FLAG_OF_KEY, joinKeys } from './join-schema.ts';
import type { CommonSettings, JoinDraft, JoinSpec, Taint } from './spec.ts';

/** One source of values, weaker than those after it. */
export interface Layer {
  /** How a mistake in it is named: `--node-name`, `join.yaml: nodeName`. */
  readonly nameOf: (key: string) => string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Ten minutes, as the slowest links need for a bundle of 200 MB. */
export const COMMAND_TIMEOUT_MS = 600_000;

/**
 * Makes one validated, immutable specification of all layers, weakest first. Maps are merged key by key.
 * @param found mistakes found earlier, to be reported with the others
 * @throws EdgeadmError USAGE with all mistakes at once, each with the name of its source
 */
export function joinSpec(layers: readonly Layer[], settings: CommonSettings, found: readonly string[] = []): JoinSpec {
  const missing = unpinned(mergeLayers(layers));
  const values = resolve(joinKeys, layers, found, (spec) => contradictions(spec, layers), missing);
  registerSecret(values.token.split('.')[1] ?? '');
  return Object.freeze({ ...values, ...settings });
}

/**
 * As {@link joinSpec}, for a join whose cluster the container service names later.
 * @throws EdgeadmError USAGE with all mistakes at once, each with the name of its source
 */
export function joinDraft(
  layers: readonly Layer[],
  settings: CommonSettings,
  found: readonly string[] = [],
): JoinDraft {
  const values = resolve(draftKeys, layers, found, (draft) => contradictions(draft, layers));
  return Object.freeze({ ...values, ...settings });
}

/** Mistakes in the values of one source, each with its name, where no join is made of them here. */
export function refuseJoinValues(layer: Layer): string[] {
  const { error } = draftKeys.safeParse(layer.values);
  return error?.issues.flatMap((issue) => describe(issue, [layer])) ?? [];
}

function resolve<S extends typeof joinKeys | typeof draftKeys>(
  schema: S,
  layers: readonly Layer[],
  found: readonly string[],
  rules: (values: z.output<S>) => string[],
  missing: readonly string[] = [],
): z.output<S> {
  const parsed = schema.safeParse(mergeLayers(layers));
  const mistakes = [...found];
  if (!parsed.success) mistakes.push(...parsed.error.issues.flatMap((issue) => describe(issue, layers)));
  else mistakes.push(...rules(parsed.data as z.output<S>));
  mistakes.push(...missing);
  if (mistakes.length > 0 || !parsed.success) throw usageError(mistakes);
  return parsed.data as z.output<S>;
}

function mergeLayers(layers: readonly Layer[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const { values } of layers) {
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const before = merged[key];
      if (key === 'taints') merged[key] = mergeTaints(before, value);
      else merged[key] = isMap(before) && isMap(value) ? { ...before, ...value } : value;
    }
  }
  return merged;
}

/** What makes a taint another one is its key and its effect; the values of stronger layers win. */
function mergeTaints(before: unknown, value: unknown): unknown {
  if (!Array.isArray(before) || !Array.isArray(value)) return value;
  const isWeaker = (taint: Partial<Taint> | null): boolean =>
    value.some((other: Partial<Taint> | null) => other?.key === taint?.key && other?.effect === taint?.effect);
  return [...before.filter((taint) => !isWeaker(taint)), ...value];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(issue: z.core.$ZodIssue, layers: readonly Layer[]): string[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((key) => {
      const meant = closest(key, Object.keys(joinKeys.shape));
      return `${nameOf(key, layers)}: unknown key${meant ? `; did you mean ${meant}?` : ''}`;
    });
  }
  const [key, ...rest] = issue.path.map(String);
  const name = nameOf(key ?? '', layers);
  // Values of a flag or an argument are not counted by those who give them.
  const path = [name, ...(/^(--[\w-]+|[A-Z-]+)$/.test(name) ? rest.filter((part) => !/^\d+$/.test(part)) : rest)].join(
    '.',
  );
  return [
    key && isMissing(issue) && !layers.some((layer) => layer.values[key] !== undefined)
      ? issue.message.replace(/^Invalid input.*/, `${path} is required`)
      : `${path}: ${issue.message}`,
  ];
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'too_small';
}

/** The source of a key: the strongest layer that has it. */
function nameOf(key: string, layers: readonly Layer[]): string {
  return layers.findLast((layer) => layer.values[key] !== undefined)?.nameOf(key) ?? flagOf(key);
}

/** `nodeName` as `--node-name`; a key that has no flag is itself. */
export function flagOf(key: string): string {
  const flag = (FLAG_OF_KEY as Readonly<Record<string, string | undefined>>)[key];
  return flag === undefined || flag === FLAG_OF_KEY.apiServers ? (flag ?? key) : `--${flag}`;
}

/** Reported together with the schema's findings: an empty command line lacks this as well. */
function unpinned({ caCertHashes = [], unsafeSkipCaVerification }: Record<string, unknown>): string[] {
  const pinned = !Array.isArray(caCertHashes) || caCertHashes.length > 0;
  if (pinned || unsafeSkipCaVerification) return [];
  return [
    '--discovery-token-ca-cert-hash is required to verify the cluster (to skip verification: --discovery-token-unsafe-skip-ca-verification)',
  ];
}

/** Keys of the edge-hub that exclude each other. */
function hubContradictions(spec: z.output<typeof draftKeys>, name: (key: string) => string): string[] {
  const both = (a: string, b: string): string => `${a} and ${b} cannot be used together`;
  const ofService = (['edgeHubProgram', 'edgeHubVersion'] as const).filter((key) => spec[key] !== undefined);
  const given = (['edgeHubImage', 'edgeHubAs', 'edgeHubMode'] as const).filter((key) => spec[key] !== undefined);
  if (spec.edgeHub === false) return [...given, ...ofService].map((key) => both(name(key), '--no-edge-hub'));
  const asService = ofService.length > 0 || spec.edgeHubAs === 'service';
  const mistakes =
    asService && spec.edgeHubImage ? [both(name('edgeHubImage'), name(ofService[0] ?? 'edgeHubAs'))] : [];
  if (spec.edgeHubAs === 'pod') mistakes.push(...ofService.map((key) => both(name(key), `${name('edgeHubAs')} pod`)));
  if (asService && spec.edgeHubFlavor === 'ack')
    mistakes.push(`${name('edgeHubFlavor')}: the ack variant is published only as an image, so it cannot be a service`);
  return mistakes;
}

function contradictions(spec: z.output<typeof draftKeys>, layers: readonly Layer[]): string[] {
  const mistakes: string[] = [];
  mistakes.push(...hubContradictions(spec, (key) => nameOf(key, layers)));
  for (const address of spec.nodeIp?.split(',') ?? []) {
    const refusal = refuseNodeAddress(address.trim());
    if (refusal) mistakes.push(`${nameOf('nodeIp', layers)}: ${refusal}`);
  }
  const doubles = spec.taints.filter(
    (taint, i) => spec.taints.findIndex((each) => each.key === taint.key && each.effect === taint.effect) !== i,
  );
  for (const { key, effect } of doubles)
    mistakes.push(
      `${nameOf('taints', layers)}: ${key} with the effect ${effect} is given twice, which the kubelet does not accept`,
    );
  if (spec.bundle?.startsWith('http://') && !spec.bundleSha256) {
    mistakes.push(`${nameOf('bundle', layers)}: a plain http URL is accepted only with --bundle-sha256`);
  }
  return mistakes;
}
