import { importImages } from '../../artifacts/install.ts';
import { edgeHubFiles } from '../../edge-hub/edge-hub.ts';
import { hubFormOf } from '../../edge-hub/releases.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { credentials } from '../join/credentials.ts';
import { startHubService, writeHubFile } from '../join/hub-service.ts';
import { waitForHub } from '../join/install-edgehub.ts';
import { knowsDummyLinks, newPair } from '../join/join-node.ts';
import { type ConversionContext, internalAddressOf } from './context.ts';

type Context = ConversionContext & PhaseTools;

/** It runs, and answers for this node, before the kubelet is sent to it. */
export const installHub: Phase<ConversionContext> = {
  name: 'edge-hub',
  title: 'Install the edge-hub',
  phases: [
    { name: 'files', title: 'Write its files and start it', run: writeHub },
    {
      name: 'healthy',
      title: 'Wait until it answers',
      when: ({ host }) => host.runsUnits || 'nothing runs on a scratch root',
      run: ({ host, nodeName, waitFor }) => waitForHub(host, nodeName, waitFor),
    },
  ],
};

async function writeHub(context: Context): Promise<void> {
  const { host, spec, hub, cluster, nodeName, node, nodePool, trusted, bundle, log, signal } = context;
  const { serving } = (await certificatesOf(context).edgeHub()) ?? {};
  const plan = edgeHubFiles({
    ...hub,
    kubernetesVersion: cluster,
    nodeName,
    nodePool,
    apiServers: trusted.servers,
    caPem: trusted.caPem,
    caHash: trusted.caHash,
    nodeIp: internalAddressOf(node),
    ...newPair('serving', serving),
    enableDummyInterface: await knowsDummyLinks(host),
  });
  await host.claim(plan.rootDirectory, plan.cacheDirectory);
  for (const { path, mode } of plan.directories) await host.makeDirectory(path, mode);
  if (hubFormOf(hub) === 'service') {
    const { edgeHubProgram } = spec.hub;
    return startHubService({ host, spec: { edgeHubProgram }, node: { bundle: async () => bundle } }, plan.files);
  }
  if (bundle) await importImages(bundle, host, { log, signal });
  for (const file of plan.files) await writeHubFile(host, file);
}

/** The kubelet's certificate is on the node; the one that the hub serves with is requested with it. */
function certificatesOf(context: Context) {
  const { host, hub, cluster, nodeName, node, trusted, client, log, signal } = context;
  return credentials({
    host,
    log,
    signal,
    cluster: {
      trusted: async () => trusted,
      version: async () => cluster,
      nodeClient: async () => client,
      bootstrapClient: async () => client,
    },
    node: {
      name: async () => nodeName,
      edgeHub: async () => hub,
      address: async () => ({ ip: internalAddressOf(node) ?? '', interface: '' }),
    },
  });
}
