import { z } from 'zod';
import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { editionOf } from '../../config/cloud-cluster.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { lenientYaml } from '../../lib/check-shape.ts';

/** Where the state of the encryption is. Source: the vendor's Terraform provider. */
const META = z.object({
  Capabilities: z
    .object({
      EncryptionKMSKeyId: z.string().optional().catch(undefined),
      DisableEncryption: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined),
    })
    .catch({}),
});

/** The key by which the Secrets of a cluster are encrypted; undefined if they are not. */
export function encryptionKeyOf({ metaData }: CloudCluster): string | undefined {
  const found = lenientYaml(metaData, META)?.Capabilities;
  return found?.DisableEncryption ? undefined : found?.EncryptionKMSKeyId || undefined;
}

/** @throws EdgeadmError CLOUD_CLUSTER_REFUSED for a cluster of the standard edition */
export function refuseUnlessPro({ clusterId, name, clusterSpec }: CloudCluster, what: string): void {
  if (editionOf(clusterSpec) === 'pro') return;
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `${what} needs a Pro cluster`,
    why: `cluster ${name} (${clusterId}) is of the standard edition`,
    next: `edgeadm cluster upgrade-edition ${clusterId}`,
  });
}
