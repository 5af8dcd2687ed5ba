import type { TargetOptions } from '../host/targets.ts';

/** The flags of `nodeFlags`, as oclif parses them. */
export interface NodeFlags {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly verbose: boolean;
  readonly concurrency: number;
  readonly 'log-file'?: string;
  readonly timeout?: string;
  readonly root?: string;
  readonly host?: string[];
  readonly inventory?: string;
  readonly 'ssh-key'?: string;
  readonly 'known-hosts'?: string;
}

/** What the flags say about the machines to work on; `ask` is the command's to add. */
export function targetOptions(flags: NodeFlags): TargetOptions {
  return {
    root: flags.root,
    hosts: flags.host ?? [],
    inventory: flags.inventory,
    sshKey: flags['ssh-key'],
    knownHosts: flags['known-hosts'],
  };
}
