import { localMachine } from './local.ts';
import type { Machine } from './machine.ts';

export interface TargetOptions {
  readonly root?: string;
  readonly hosts: readonly string[];
  readonly inventory?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

export interface Target {
  readonly label: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  open(): Promise<Machine>;
}

export async function targetsOf(_options: TargetOptions): Promise<Target[]> {
  return [{ label: 'localhost', overrides: {}, open: async () => localMachine() }];
}
