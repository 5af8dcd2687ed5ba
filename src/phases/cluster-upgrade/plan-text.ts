import { EdgeadmError } from '../../errors/index.ts';
import type { NodeRecord, NodeState, Plan } from './plan.ts';

/** What a ConfigMap holds of a plan: three texts that people can read with kubectl. */
export interface PlanTexts {
  readonly 'plan.json': string;
  readonly 'progress.json': string;
  /** A line a node, tab-separated, under a heading: 10,000 nodes as JSON objects would not fit into a ConfigMap. */
  readonly nodes: string;
}

const HEADING = ['name', 'pool', 'from', 'state', 'batch', 'started', 'ended', 'cordoned', 'message'].join('\t');
/** Of a failure, for people; the whole of it is in the pod's log. */
const LONGEST_MESSAGE = 400;

export function toTexts({ spec, progress, nodes }: Plan): PlanTexts {
  return {
    'plan.json': `${JSON.stringify(spec, null, 2)}\n`,
    'progress.json': `${JSON.stringify(progress, null, 2)}\n`,
    nodes: [HEADING, ...nodes.map(lineOf)].map((line) => `${line}\n`).join(''),
  };
}

function lineOf(node: NodeRecord): string {
  const { name, pool, from, state, batch, started, ended, cordoned, message } = node;
  const words = message.replace(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);
  return [name, pool, from, state, batch, started, ended, cordoned ? 'cordoned' : '', words].join('\t').trimEnd();
}

/** @throws EdgeadmError UPGRADE_STATE_UNREADABLE where somebody has edited the texts beyond use */
export function fromTexts(texts: Readonly<Partial<PlanTexts>>): Plan {
  try {
    const [heading, ...lines] = (texts.nodes ?? '').split('\n').filter(Boolean);
    if (heading !== HEADING) throw new Error(`the list of nodes begins with "${heading ?? ''}"`);
    return {
      spec: JSON.parse(texts['plan.json'] ?? ''),
      progress: JSON.parse(texts['progress.json'] ?? ''),
      nodes: lines.map(nodeOf),
    };
  } catch (error) {
    throw new EdgeadmError({
      code: 'UPGRADE_STATE_UNREADABLE',
      what: 'the state of the cluster upgrade cannot be read',
      why: (error as Error).message,
      cause: error,
    });
  }
}

function nodeOf(line: string): NodeRecord {
  const [name = '', pool = '', from = '', state, batch, started, ended, cordoned, message = ''] = line.split('\t');
  return {
    name,
    pool,
    from,
    state: state as NodeState,
    batch: Number(batch),
    started: Number(started),
    ended: Number(ended),
    cordoned: cordoned === 'cordoned',
    message,
  };
}
