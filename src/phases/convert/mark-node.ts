import type { V1Node } from '@kubernetes/client-node';
import { HUB_SERVICE_VERSION, hubServiceMark } from '../../edge-hub/service-mark.ts';
import type { Phase } from '../../workflow/phase.ts';
import { readyPods } from '../upgrade/node-health.ts';
import type { ConversionContext } from './context.ts';

/** From here on the node's journal makes a roll-back possible. */
export const beginConversion: Phase<ConversionContext> = {
  name: 'begin',
  title: 'Prepare the rollback',
  run: async (context) => {
    const { journal, nodeName, node, labels, wet, signal } = context;
    if (!wet || journal.conversion) return;
    const had = node.metadata?.labels ?? {};
    const before = Object.fromEntries(Object.keys(labels).map((key) => [key, had[key] ?? null]));
    await journal.beginConversion({ node: nodeName, pods: await readyPods(context, signal), labels: before });
  },
};

/**
 * At the end, and all at once: a controller of OpenYurt takes a node of a pool without the mark for one that is to be
 * converted. Source: openyurt, pkg/yurtmanager/controller/yurtnodeconversion.
 */
export const markNode: Phase<ConversionContext> = {
  name: 'mark-node',
  title: 'Label the node as an edge node',
  check: async ({ node: { metadata }, labels, hub }) =>
    Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value) &&
    metadata?.annotations?.[HUB_SERVICE_VERSION] === hub.hubVersion,
  run: async ({ client, nodeName, labels, hub, signal }) => {
    const metadata = { labels, annotations: hubServiceMark(hub) };
    await client.patch<V1Node>(`/api/v1/nodes/${nodeName}`, { metadata }, { signal });
  },
};
