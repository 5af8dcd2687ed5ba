import type { Host } from '../../host/host.ts';
import type { OperatingSystem } from '../../host/host-facts.ts';
import { PATHS } from '../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../host/windows/paths.ts';

/** Where kubelets are, by the platform of the node: that of a bundle first. */
const PLACES: Readonly<Record<OperatingSystem, readonly string[]>> = {
  linux: [PATHS.kubelet.program, ...PATHS.kubelet.otherPrograms],
  windows: [WINDOWS_PATHS.kubelet.program, ...WINDOWS_PATHS.kubelet.otherPrograms],
  other: [PATHS.kubelet.program],
};

/** The kubelet that a service is made for: one that is there, else where one will be installed. */
export async function findKubelet(host: Pick<Host, 'stat' | 'facts'>): Promise<string> {
  const places = PLACES[(await host.facts()).platform];
  for (const path of places) if (await host.stat(path)) return path;
  return places[0] ?? PATHS.kubelet.program;
}

/** Version that a kubelet says it is, `v1.20.2`; undefined if there is none. */
export async function kubeletVersionOf(host: Pick<Host, 'query'>, path: string): Promise<string | undefined> {
  const { stdout } = await host.query(path, ['--version']);
  return /v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
}
