import { z } from 'zod';
import type { Host } from '../../host/host.ts';
import { askScript } from './scripts.ts';

/** A container network of Windows' host networking service. */
export interface HnsNetwork {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

const ANSWER = z.object({ networks: z.array(z.object({ id: z.string(), name: z.string(), type: z.string() })) });

/** undefined if the service does not answer: without the Containers feature there is none. */
export async function hnsNetworks(host: Pick<Host, 'query'>): Promise<readonly HnsNetwork[] | undefined> {
  return ANSWER.safeParse(await askScript(host, 'hns-list')).data?.networks;
}
