import { type ProbeTarget, probe } from '../../../http/index.ts';
import type { CollectContext } from '../collector.ts';

/** Whether a health port of the node's loopback answers with 200. */
export async function healthOf(
  { host, signal }: CollectContext,
  target: ProbeTarget,
): Promise<{ healthy: boolean; detail: string }> {
  const where = `http://${target.host}:${target.port}${target.path}`;
  try {
    const { status, text } = await probe((address, options) => host.connect(address, options), target, signal);
    return { healthy: status === 200, detail: `${where} answers HTTP ${status} ${text.slice(0, 200)}`.trim() };
  } catch (error) {
    signal.throwIfAborted();
    return { healthy: false, detail: `${where}: ${(error as Error).message}` };
  }
}
