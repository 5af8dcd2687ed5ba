import { posix } from 'node:path';
import { z } from 'zod';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { lenientYaml } from '../../../lib/check-shape.ts';

const PLUGIN = z.looseObject({ type: z.string().min(1), capabilities: z.record(z.string(), z.unknown()).optional() });

const CONFIGURATION = z.object({
  name: z.string(),
  cniVersion: z.string().optional(),
  plugins: z.array(PLUGIN).catch([]),
});

/** What libcni keeps of a container's attachment to a network. Source: github.com/containernetworking/cni, libcni/api.go. */
const ATTACHMENT = z.object({
  kind: z.literal('cniCacheV1'),
  containerId: z.string(),
  /** The configuration of the network, in Base64. */
  config: z.string(),
  ifName: z.string(),
  cniArgs: z.array(z.array(z.string())).nullish().catch([]),
  capabilityArgs: z.record(z.string(), z.unknown()).nullish().catch({}),
});

type Plugin = z.output<typeof PLUGIN>;
type Configuration = z.output<typeof CONFIGURATION>;
type Attachment = z.output<typeof ATTACHMENT>;

/**
 * Gives back the addresses, and removes the rules for host ports, of containers that are gone: their CNI plug-ins are
 * called as their runtime would have, last one first.
 * @param plugins folder of the CNI plug-ins
 */
export async function removeAttachments(host: Host, containers: readonly string[], plugins: string): Promise<void> {
  for (const file of await host.list(PATHS.cni.attachments)) {
    const path = posix.join(PATHS.cni.attachments, file);
    const attachment = lenientYaml(await readIfFile(host, path), ATTACHMENT);
    if (!attachment || !containers.includes(attachment.containerId)) continue;
    const network = lenientYaml(Buffer.from(attachment.config, 'base64').toString('utf8'), CONFIGURATION);
    for (const plugin of network?.plugins.toReversed() ?? [])
      if (network) await detach(host, plugin, attachment, network, plugins);
    await host.run('rm', ['-f', path]);
  }
}

/** As of the CNI specification, "DEL"; no network namespace is named, since it is gone. */
async function detach(
  host: Host,
  plugin: Plugin,
  { containerId, ifName, cniArgs, capabilityArgs }: Attachment,
  { name, cniVersion }: Configuration,
  folder: string,
): Promise<void> {
  const known = Object.entries(capabilityArgs ?? {}).filter(([capability]) => plugin.capabilities?.[capability]);
  const input = JSON.stringify({ ...plugin, name, cniVersion, runtimeConfig: Object.fromEntries(known) });
  const environment = [
    'CNI_COMMAND=DEL',
    `CNI_CONTAINERID=${containerId}`,
    'CNI_NETNS=',
    `CNI_IFNAME=${ifName}`,
    `CNI_ARGS=${(cniArgs ?? []).map((pair) => pair.join('=')).join(';')}`,
    `CNI_PATH=${folder}`,
  ];
  await host.run('env', [...environment, posix.join(folder, plugin.type)], { input });
}
