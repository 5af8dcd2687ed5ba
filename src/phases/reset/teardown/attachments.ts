import { posix } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';

interface Plugin {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
}

interface Configuration {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins?: readonly Plugin[];
}

/** What libcni keeps of a container's attachment to a network. Source: github.com/containernetworking/cni, libcni/api.go. */
interface Attachment {
  readonly kind: string;
  readonly containerId: string;
  /** The configuration of the network, in Base64. */
  readonly config: string;
  readonly ifName: string;
  readonly cniArgs?: readonly (readonly [string, string])[];
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
}

/**
 * Gives back the addresses, and removes the rules for host ports, of containers that are gone: their CNI plug-ins are
 * called as their runtime would have, last one first.
 * @param plugins folder of the CNI plug-ins
 */
export async function removeAttachments(host: Host, containers: readonly string[], plugins: string): Promise<void> {
  for (const file of await host.list(PATHS.cni.attachments)) {
    const path = posix.join(PATHS.cni.attachments, file);
    const attachment = lenientYaml<Attachment>(await host.read(path));
    const { kind, containerId, config } = attachment;
    if (kind !== 'cniCacheV1' || !config || !containerId || !containers.includes(containerId)) continue;
    const network = lenientYaml<Configuration>(Buffer.from(config, 'base64').toString('utf8'));
    for (const plugin of (network.plugins ?? []).toReversed())
      await detach(host, plugin, attachment as Attachment, network as Configuration, plugins);
    await host.run('rm', ['-f', path]);
  }
}

/** As of the CNI specification, "DEL"; no network namespace is named, since it is gone. */
async function detach(
  host: Host,
  plugin: Plugin,
  { containerId, ifName, cniArgs = [], capabilityArgs = {} }: Attachment,
  { name, cniVersion }: Configuration,
  folder: string,
): Promise<void> {
  const known = Object.entries(capabilityArgs).filter(([capability]) => plugin.capabilities?.[capability]);
  const input = JSON.stringify({ ...plugin, name, cniVersion, runtimeConfig: Object.fromEntries(known) });
  const environment = [
    'CNI_COMMAND=DEL',
    `CNI_CONTAINERID=${containerId}`,
    'CNI_NETNS=',
    `CNI_IFNAME=${ifName}`,
    `CNI_ARGS=${cniArgs.map((pair) => pair.join('=')).join(';')}`,
    `CNI_PATH=${folder}`,
  ];
  await host.run('env', [...environment, posix.join(folder, plugin.type)], { input });
}
