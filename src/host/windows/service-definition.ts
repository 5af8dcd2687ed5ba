import type { Machine } from '../machine.ts';
import { type ObjectStore, requireExit } from './object-store.ts';
import { numberIn, type RegistryKey, readKey } from './registry.ts';
import { registryKeyOf, START } from './services.ts';

/** A service as the service control manager has it. */
export interface ServiceDefinition {
  /** The program and its arguments, quoted as Windows passes them. */
  readonly command: string;
  readonly start: 'auto' | 'demand' | 'disabled';
  /** Services that have to run before it. */
  readonly needs: readonly string[];
  readonly displayName: string;
  readonly description: string;
}

const ABSENT = 1060;
const MARKED_FOR_DELETION = 1072;
/** Milliseconds after the first, the second and every other end at which the manager starts a service again. */
const RESTARTS = 'restart/5000/restart/10000/restart/60000';
/** Seconds without a failure after which they count from the first again. */
const RESET_SECONDS = '86400';

/**
 * Definitions of services: written by sc.exe, read from the registry, where nothing is translated. Each that is written
 * is started again whenever it ends: a kubelet does not wait for its container runtime.
 */
export function serviceDefinitions(exec: Machine['exec']): ObjectStore<ServiceDefinition> {
  const sc = (...args: string[]) => exec('sc.exe', args, { repeatable: true });
  const change = async (...args: string[]): Promise<void> =>
    requireExit(`sc.exe ${args[0]} ${args[1]}`, await sc(...args));
  return {
    read: async (name) => definitionIn(await readKey(exec, registryKeyOf(name))),
    write: async (name, definition) => {
      const exists = (await sc('query', name)).exitCode !== ABSENT;
      await change(exists ? 'config' : 'create', name, ...wordsOf(definition));
      await change('description', name, definition.description);
      await change('failure', name, 'reset=', RESET_SECONDS, 'actions=', RESTARTS);
      // Also after it ended by itself with an error.
      await change('failureflag', name, '1');
    },
    remove: async (name) =>
      requireExit(`sc.exe delete ${name}`, await sc('delete', name), [ABSENT, MARKED_FOR_DELETION]),
  };
}

/** A blank behind each `=`, which sc.exe insists on, is the border of two arguments. */
function wordsOf({ command, start, needs, displayName }: ServiceDefinition): string[] {
  const depend = needs.length > 0 ? needs.join('/') : '/';
  return ['binPath=', command, 'start=', start, 'depend=', depend, 'DisplayName=', displayName];
}

function definitionIn(key: RegistryKey | undefined): ServiceDefinition | undefined {
  const command = key?.get('ImagePath')?.data;
  if (command === undefined) return undefined;
  const start = numberIn(key, 'Start');
  return {
    command,
    start: start === START.automatic ? 'auto' : start === START.disabled ? 'disabled' : 'demand',
    needs: (key?.get('DependOnService')?.data ?? '').split('\\0').filter(Boolean),
    displayName: key?.get('DisplayName')?.data ?? '',
    description: key?.get('Description')?.data ?? '',
  };
}
