import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../../host/machine.ts';
import { plainAgent } from '../../http/agents.ts';
import { sendRequest } from '../../http/index.ts';

/** What the answers to a program have cost, since the hub was started. */
export interface Traffic {
  /** `kubelet` */
  readonly client: string;
  readonly verb: string;
  readonly resource: string;
  readonly bytes: number;
}

/**
 * The vendor's and yurthub's name. Sources: the guide, release notes of 1.18; OpenYurt v1.7.0, pkg/yurthub/metrics.
 */
const METRIC = /^node_(?:edge_hub|yurthub)_proxy_traffic_collector\{([^}]*)\} (\S+)/;
/** A few hundred series for each client. */
const LIMITS = { maxBytes: 8 * 1024 ** 2, totalMs: 10_000 };
const URL_OF_METRICS = 'http://127.0.0.1:10267/metrics';

/**
 * Reads the traffic of a node from its hub.
 * @throws EdgeadmError EDGE_HUB_FAILED if the hub does not answer, HUB_CHECK_FAILED if it does not count
 */
export async function readTraffic(machine: Pick<Machine, 'connect'>, signal: AbortSignal): Promise<Traffic[]> {
  const agent = plainAgent((address, options) => machine.connect(address, options));
  try {
    const headers = { Connection: 'close' };
    const { status, text } = await sendRequest({
      url: new URL(URL_OF_METRICS),
      agent,
      limits: LIMITS,
      signal,
      headers,
    });
    if (status !== 200) throw new Error(`HTTP ${status}`);
    const found = trafficIn(text);
    if (found.length > 0) return found;
  } catch (cause) {
    signal.throwIfAborted();
    throw new EdgeadmError({
      code: 'EDGE_HUB_FAILED',
      what: `the edge-hub of this node did not answer at ${URL_OF_METRICS}`,
      why: (cause as Error).message,
      next: 'edgeadm diagnose',
      cause,
    });
  } finally {
    agent.destroy();
  }
  throw new EdgeadmError({
    code: 'HUB_CHECK_FAILED',
    what: 'the edge-hub of this node does not count its traffic',
    why: `no metric node_edge_hub_proxy_traffic_collector or node_yurthub_proxy_traffic_collector at ${URL_OF_METRICS}`,
    next: "The vendor's edge-hub counts from 1.18 on, and only answers that it has passed on: try again after a minute.",
  });
}

/** The series of the metric, those that have cost the most first. */
export function trafficIn(metrics: string): Traffic[] {
  const found = metrics.split('\n').flatMap((line) => {
    const [, labels = '', value = ''] = METRIC.exec(line) ?? [];
    if (value === '') return [];
    const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    const sub = label('subresources');
    const resource = sub ? `${label('resource')}/${sub}` : label('resource');
    return [{ client: label('client'), verb: label('verb'), resource, bytes: Number(value) }];
  });
  return found.sort((a, b) => b.bytes - a.bytes);
}

/** The same without verbs: one entry for each program and resource. */
export function trafficByResource(traffic: readonly Traffic[]): Omit<Traffic, 'verb'>[] {
  const groups = Map.groupBy(traffic, ({ client, resource }) => `${client}\n${resource}`);
  const sums = [...groups.values()].map((group) => ({
    client: group[0]?.client ?? '',
    resource: group[0]?.resource ?? '',
    bytes: group.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  return sums.sort((a, b) => b.bytes - a.bytes);
}
