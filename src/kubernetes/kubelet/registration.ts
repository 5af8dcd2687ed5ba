import { posix } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { z } from 'zod';
import { lenientYaml } from '../../lib/check-shape.ts';
import { givenFlags, strayWords } from './extra-flags.ts';

/** A kubelet that runs. */
export interface RunningKubelet {
  /** The words of its command line, its program first. */
  readonly words: readonly string[];
  /** Text of its configuration file. */
  readonly configuration: string | undefined;
  /** As Go names it. */
  readonly arch: string;
}

/** What only a kubelet knows how to write into its Node, or where its settings come from yet another place. */
const LEFT_TO_KUBELET = [
  'cloud-provider',
  'config-dir',
  'enable-controller-attach-detach',
  'keep-terminated-pod-volumes',
  'provider-id',
  'register-node',
  'register-schedulable',
  'register-with-taints',
];

const CONFIGURATION = z.object({
  registerNode: z.literal(true).optional(),
  providerID: z.literal('').optional(),
  enableControllerAttachDetach: z.boolean().default(true),
  registerWithTaints: z.array(z.never()).optional(),
});

const ATTACHED_BY_CONTROLLER = { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } };

/**
 * The Node that this kubelet would create when it registers: with its labels, which it does not add to one that is
 * there. What it puts right in any Node (addresses, capacity, labels of older names) is left to it.
 *
 * One with taints is left to it, too: if the kubelet failed, the Node would stay, and the next join would have to want
 * the same taints.
 *
 * Source: kubernetes, pkg/kubelet/kubelet_node_status.go, `initialNode` and `tryRegisterWithAPIServer`.
 * @param name of the Node
 * @returns undefined if this kubelet would write more than that, or it is not clear what
 */
export function nodeToRegister(name: string, { words, configuration, arch }: RunningKubelet): V1Node | undefined {
  const [program = '', ...rest] = words;
  const flags = posix.basename(program) === 'kubelet' ? flagsIn(rest) : undefined;
  const settings = lenientYaml(configuration, CONFIGURATION);
  const labels = pairsIn(flags?.get('node-labels'));
  const isOther = flags?.get('hostname-override') !== name || LEFT_TO_KUBELET.some((flag) => flags.has(flag));
  if (!settings || isOther || !labels) return undefined;
  const defaults = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { ...defaults, ...labels },
      ...(settings.enableControllerAttachDetach && ATTACHED_BY_CONTROLLER),
    },
  };
}

/**
 * True for the words of a process that is to become a unit's program, and does not run it yet: they are systemd's own,
 * or the name of the program in parentheses.
 */
export function isStarting([program = '']: readonly string[]): boolean {
  return program === '' || program.startsWith('(') || posix.basename(program).startsWith('systemd');
}

/** undefined if a word is not a flag, or a flag is given twice: what then counts depends on the flag. */
function flagsIn(words: readonly string[]): Map<string, string> | undefined {
  const given = givenFlags(words);
  const flags = new Map(given.map(({ name, value }) => [name, value]));
  return strayWords(words).length === 0 && flags.size === given.length ? flags : undefined;
}

function pairsIn(text = ''): Record<string, string> | undefined {
  const pairs = text
    .split(',')
    .filter(Boolean)
    .map((pair) => /^([^=]+)=(.*)$/.exec(pair));
  return pairs.includes(null) ? undefined : Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]));
}
