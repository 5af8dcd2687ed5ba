import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { clusterToChange, updateCluster } from '../../phases/cluster/changes.ts';
import { encryptionKeyOf, refuseUnlessPro } from '../../phases/cluster/encryption.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';
import type { CommandHost } from '../node-runner.ts';
import { changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

type EncryptionPlan = ServicePlan & { readonly cluster: CloudCluster };

/** @param key of KMS; undefined: no encryption */
export async function changeEncryption(flags: ServiceChangeFlags, key: string | undefined, host: CommandHost) {
  return changeInService<EncryptionPlan>({
    flags,
    output: host.openOutput({ looksOnly: true }),
    argv: host.argv,
    plan: async (work) => {
      const cluster = await clusterToChange(flags.region ?? '', work.clusterId, work);
      const { name, clusterId: id } = cluster;
      const now = encryptionKeyOf(cluster);
      const isDone = now === key && cluster.state === 'running';
      if (!isDone) refuseChange(cluster, key);
      return {
        cluster,
        lines: isDone ? [] : linesOf(cluster, key),
        question: key ? `Encrypt the Secrets of cluster ${name}?` : `Stop encrypting the Secrets of cluster ${name}?`,
        unchanged: `cluster/${name} unchanged: its Secrets are ${key ? `encrypted with ${key}` : 'not encrypted with KMS'}\n`,
        data: { clusterId: id, name, enabled: key !== undefined, kmsKey: key },
      };
    },
    run: async ({ cluster: { clusterId: id, name } }, work) => {
      const update = {
        what: `the Secrets of cluster ${name} (${id}) to be ${key ? 'encrypted' : 'no longer encrypted'}`,
        send: () => work.service.encryptSecrets(id, key).then(() => undefined),
        isDone: (cluster: CloudCluster) => encryptionKeyOf(cluster) === key,
      };
      await updateCluster(id, update, work);
      const done = key ? 'encryption enabled' : 'encryption disabled';
      return { text: `cluster/${name} ${work.wait ? done : 'is being updated'}\n` };
    },
  });
}

function refuseChange(cluster: CloudCluster, key: string | undefined): void {
  refuseUnlessPro(cluster, 'encryption of Secrets by KMS');
  refuseUnlessRunning(cluster, 'the encryption of Secrets');
  const now = encryptionKeyOf(cluster);
  if (!key || !now || now === key) return;
  throw new EdgeadmError({
    code: 'CLOUD_CLUSTER_REFUSED',
    what: `the Secrets of cluster ${cluster.name} are encrypted with another key`,
    why: `with ${now}; that the service can change the key is not documented`,
    next: 'disable the encryption, then enable it with the new key',
  });
}

function linesOf({ name, clusterId }: CloudCluster, key: string | undefined): string[] {
  if (!key) return [`Stop encrypting the Secrets of cluster ${name} (${clusterId}) with KMS.`];
  return [
    `Encrypt the Secrets of cluster ${name} (${clusterId}) with the key ${key} of KMS.`,
    'The key must be of the type Aliyun_AES_256, and the account must have the role AliyunCSManagedSecurityRole.',
    'Never disable, delete or schedule the deletion of the key: the API server would become unavailable.',
    'KMS bills its keys and calls; each Secret that is read or written is a call.',
  ];
}
