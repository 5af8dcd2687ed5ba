import type { Machine } from '../../host/machine.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { listFlag, nodeFlags } from '../flags.ts';
import { type CommandHost, runOnNodes } from '../node-runner.ts';
import { formatShown } from '../shown.ts';
import type { NodeFlags } from '../target-options.ts';

/** Nothing is changed: a dry run, and answers to questions, would mean nothing. */
const { 'dry-run': _dryRun, yes: _yes, ...rest } = nodeFlags;
export const lookFlags = { ...rest, ...listFlag };

/** What was found on a node. */
export interface NodeFindings {
  readonly data: Readonly<Record<string, unknown>>;
  /** Lines with their ends. */
  readonly text: string;
  /** See Shown. */
  readonly wide?: string;
  readonly names: readonly string[];
}

interface LookFlags extends Omit<NodeFlags, 'dry-run' | 'yes'> {
  readonly output: string;
}

/** Looks at every node that the flags name, and changes nothing. */
export async function lookAtNodes(
  name: string,
  { output, ...flags }: LookFlags,
  host: CommandHost,
  look: (machine: Machine, signal: AbortSignal) => Promise<NodeFindings>,
): Promise<Omit<CommandResult, 'command'>> {
  const texts = new Map<string, string>();
  const command = { name, flags: { ...flags, 'dry-run': false, yes: false }, looksOnly: true };
  const result = await runOnNodes(command, host, async () => ({
    onNode: async ({ machine, label, signal }) => {
      const findings = await look(machine.withSignal(signal), signal);
      texts.set(label, formatShown(findings, output));
      return { outcome: 'checked', data: findings.data };
    },
  }));
  // For scripts: no line of a host stands between the names.
  if (output === 'name')
    return { ...result, hosts: result.hosts.filter(({ error }) => error), text: [...texts.values()].join('') };
  const several = result.hosts.length > 1;
  const text = [...texts].map(([label, lines]) => (several ? `${label}\n${lines}` : lines)).join('\n');
  return { ...result, text };
}
