import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { readIfFile } from '../../host/read-if-file.ts';
import { faultOf, jsonMap } from '../../lib/check-shape.ts';

/**
 * What a kubelet keeps of its decisions. It makes a file that is missing, and exits over one that it cannot read, also
 * over an empty one, as a power cut leaves it. Sources: pkg/kubelet/cm and pkg/kubelet/allocation of Kubernetes.
 */
const STATES = [
  'cpu_manager_state',
  'memory_manager_state',
  'dra_manager_state',
  'pod_status_manager_state',
  'allocated_pods_state',
  'actuated_pods_state',
];

export interface DamagedState {
  readonly path: string;
  /** `line 1: it is not JSON`. */
  readonly why: string;
}

export async function damagedStates(host: Pick<Host, 'read'>): Promise<DamagedState[]> {
  const found = await Promise.all(
    STATES.map(async (name) => {
      const path = posix.join(PATHS.kubelet.directory, name);
      const why = damageIn(await readIfFile(host, path));
      return why === undefined ? [] : [{ path, why }];
    }),
  );
  return found.flat();
}

function damageIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '') return 'it is empty';
  return faultOf(() => jsonMap(text, { what: 'the file', code: 'API_ERROR' }));
}
