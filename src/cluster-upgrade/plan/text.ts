import { z } from 'zod';
import { EdgeadmError } from '../../errors/index.ts';
import { checkShape, yamlMap } from '../../lib/check-shape.ts';
import type { NodeRecord, NodeState, Plan, PlanSpec } from './plan.ts';

/** What a ConfigMap holds of a plan: three texts that people can read with kubectl. */
export interface PlanTexts {
  readonly 'plan.json': string;
  readonly 'progress.json': string;
  /**
   * A line a node, tab-separated, under a heading, with `"` for what the line before has: 10,000 nodes as JSON objects
   * would not fit into a ConfigMap.
   */
  readonly nodes: string;
}

const HEADING = ['name', 'pool', 'from', 'state', 'batch', 'started', 'ended', 'cordoned', 'message'].join('\t');
/** Of a failure, for people; the whole of it is in the pod's log. */
const LONGEST_MESSAGE = 400;
/** A pool or version that is that of the line before. */
const SAME = '"';
/** Bytes of all texts of a ConfigMap together. Source: Kubernetes, `core.MaxSecretSize`. */
export const MAX_PLAN_BYTES = 1024 * 1024;

/** Messages are cut so that the plan fits into a ConfigMap. */
export function toTexts(plan: Plan): PlanTexts {
  for (let longest = LONGEST_MESSAGE; ; longest = Math.floor(longest / 2)) {
    const texts = textsWith(plan, longest);
    if (longest === 0 || sizeOf(texts) <= MAX_PLAN_BYTES) return texts;
  }
}

/** Bytes of a plan in a ConfigMap. */
export function sizeOf(texts: PlanTexts): number {
  return Object.values(texts).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function textsWith({ spec, progress, nodes }: Plan, longestMessage: number): PlanTexts {
  const lines = nodes.map((node, index) => lineOf(node, nodes[index - 1], longestMessage));
  return {
    'plan.json': `${JSON.stringify(spec, null, 2)}\n`,
    'progress.json': `${JSON.stringify(progress, null, 2)}\n`,
    nodes: [HEADING, ...lines].map((line) => `${line}\n`).join(''),
  };
}

function lineOf(node: NodeRecord, before: NodeRecord | undefined, longestMessage: number): string {
  const { name, state, batch, started, ended, cordoned, message } = node;
  const pool = node.pool && node.pool === before?.pool ? SAME : node.pool;
  const from = node.from === before?.from ? SAME : node.from;
  const words = message.replace(/\s+/g, ' ').slice(0, longestMessage).toWellFormed();
  return [name, pool, from, state, batch, started, ended, cordoned ? 'cordoned' : '', words].join('\t').trimEnd();
}

const originOf = (key: string) => ({ what: `its key ${key}`, code: 'UPGRADE_STATE_UNREADABLE' }) as const;

/** What the code relies on; the rest is as written. */
const SPEC = z.looseObject({
  targetVersion: z.string(),
  executor: z.enum(['job', 'ssh']),
  drain: z.boolean(),
  drainTimeoutMs: z.number(),
});
const PROGRESS = z.looseObject({
  phase: z.enum(['Running', 'Pausing', 'Paused', 'Cancelled', 'Completed']),
  reason: z.string().optional(),
  lastBatchSize: z.number(),
  batch: z.number(),
  started: z.number(),
  paused: z.number().optional(),
  ended: z.number().optional(),
});

/** @throws EdgeadmError UPGRADE_STATE_UNREADABLE if the texts were edited and cannot be read any more */
export function fromTexts(texts: Readonly<Partial<PlanTexts>>): Plan {
  try {
    const [heading, ...lines] = (texts.nodes ?? '').split('\n').filter(Boolean);
    if (heading !== HEADING) throw new Error(`the list of nodes begins with "${heading ?? ''}"`);
    return {
      spec: checkShape(
        SPEC,
        yamlMap(texts['plan.json'] ?? '', originOf('plan.json')),
        originOf('plan.json'),
      ) as unknown as PlanSpec,
      progress: checkShape(
        PROGRESS,
        yamlMap(texts['progress.json'] ?? '', originOf('progress.json')),
        originOf('progress.json'),
      ),
      nodes: nodesOf(lines),
    };
  } catch (error) {
    const { what, why } = error as { readonly what?: string; readonly why?: string };
    throw new EdgeadmError({
      code: 'UPGRADE_STATE_UNREADABLE',
      what: 'the state of the cluster upgrade cannot be read',
      why: what === undefined ? (error as Error).message : `${what}: ${why}`,
      cause: error,
    });
  }
}

function nodesOf(lines: readonly string[]): NodeRecord[] {
  const nodes: NodeRecord[] = [];
  for (const line of lines) nodes.push(nodeOf(line, nodes.at(-1)));
  return nodes;
}

const STATES: readonly string[] = ['waiting', 'running', 'upgraded', 'failed', 'offline', 'gone'] satisfies NodeState[];

function nodeOf(line: string, before: NodeRecord | undefined): NodeRecord {
  const [name = '', pool = '', from = '', state = '', batch, started, ended, cordoned, message = ''] = line.split('\t');
  if (!STATES.includes(state)) throw new Error(`the node ${name} is in the unknown state "${state}"`);
  if ([batch, started, ended].some((text) => !/^\d+$/.test(text ?? '')))
    throw new Error(`the line of the node ${name} has texts in the place of numbers`);
  return {
    name,
    pool: pool === SAME ? (before?.pool ?? '') : pool,
    from: from === SAME ? (before?.from ?? '') : from,
    state: state as NodeState,
    batch: Number(batch),
    started: Number(started),
    ended: Number(ended),
    cordoned: cordoned === 'cordoned',
    message,
  };
}
