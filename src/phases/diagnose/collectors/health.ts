import type { Host } from '../../../host/host.ts';
import { httpGet } from '../../join/http-get.ts';
import type { CollectContext } from '../collector.ts';

/** Whether a health port of the node's loopback answers with 200. */
export async function healthOf(
  { host, signal }: CollectContext,
  target: { readonly host: string; readonly port: number; readonly path: string },
): Promise<{ healthy: boolean; detail: string }> {
  const where = `http://${target.host}:${target.port}${target.path}`;
  try {
    const { status, body } = await httpGet(host as Host, target, signal);
    return { healthy: status === 200, detail: `${where} answers HTTP ${status} ${body.slice(0, 200)}`.trim() };
  } catch (error) {
    signal.throwIfAborted();
    return { healthy: false, detail: `${where}: ${(error as Error).message}` };
  }
}
