import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';

/** The kubelet that a service is made for: one that is there, else where one will be installed. */
export async function findKubelet(host: Pick<Host, 'stat'>): Promise<string> {
  for (const path of [PATHS.kubelet.program, ...PATHS.kubelet.otherPrograms]) if (await host.stat(path)) return path;
  return PATHS.kubelet.program;
}

/** Version that a kubelet says it is, `v1.20.2`; undefined if there is none. */
export async function kubeletVersionOf(host: Pick<Host, 'query'>, path: string): Promise<string | undefined> {
  const { stdout } = await host.query(path, ['--version']);
  return /v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
}
