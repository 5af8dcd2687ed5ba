import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { type KmsKey, openKeys } from '../../cloud/kms.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { clusterToChange, updateCluster } from '../../phases/cluster/changes.ts';
import { encryptionKeyOf, refuseUnlessPro } from '../../phases/cluster/encryption.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';
import { refuseKmsKey } from '../../phases/cluster/kms-key.ts';
import { unseen } from '../../phases/cluster/surroundings.ts';
import type { CommandHost } from '../node-runner.ts';
import { changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

type EncryptionPlan = ServicePlan & { readonly cluster: CloudCluster; readonly key: string | undefined };

const ENCRYPTION = 'encryption of Secrets by KMS';

/** @param asked ID or alias of a key of KMS; undefined: no encryption */
export async function changeEncryption(flags: ServiceChangeFlags, asked: string | undefined, host: CommandHost) {
  return changeInService<EncryptionPlan>({
    flags,
    output: host.openOutput({ looksOnly: true }),
    argv: host.argv,
    plan: async (work) => {
      const cluster = await clusterToChange(flags.region ?? '', work.clusterId, work);
      const { name, clusterId: id } = cluster;
      if (asked !== undefined) refuseUnlessPro(cluster, ENCRYPTION);
      const {
        key,
        refusals = [],
        notChecked = [],
      } = asked === undefined ? {} : await lookAt(asked, flags, work.signal);
      const isDone = encryptionKeyOf(cluster) === key && cluster.state === 'running';
      if (!isDone) refuseChange(cluster, key, refusals);
      return {
        cluster,
        key,
        lines: isDone ? [] : [...linesOf(cluster, key), ...notChecked],
        question: key ? `Encrypt the Secrets of cluster ${name}?` : `Stop encrypting the Secrets of cluster ${name}?`,
        unchanged: `cluster/${name} unchanged: its Secrets are ${key ? `encrypted with ${key}` : 'not encrypted with KMS'}\n`,
        data: { clusterId: id, name, enabled: key !== undefined, kmsKey: key },
      };
    },
    run: async ({ cluster: { clusterId: id, name }, key }, work) => {
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

interface LookedAt {
  /** Its ID, also where it was named by its alias. */
  readonly key: string;
  readonly refusals?: readonly string[];
  readonly notChecked?: readonly string[];
}

/** What KMS says of the key, as far as the account may see it. */
async function lookAt(
  asked: string,
  { region = '', profile }: ServiceChangeFlags,
  signal: AbortSignal,
): Promise<LookedAt> {
  const keyNamed = await openKeys({ region, credentials: { profile }, signal });
  let found: KmsKey | undefined;
  try {
    found = await keyNamed(asked);
  } catch (error) {
    return { key: asked, notChecked: [`Not checked: that the key can encrypt Secrets: ${unseen(error)}`] };
  }
  return { key: found?.id ?? asked, refusals: refuseKmsKey(asked, found, region) };
}

function refuseChange(cluster: CloudCluster, key: string | undefined, refusals: readonly string[]): void {
  refuseUnlessPro(cluster, ENCRYPTION);
  refuseUnlessRunning(cluster, 'the encryption of Secrets');
  if (refusals.length > 0)
    throw new EdgeadmError({
      code: 'CLOUD_CLUSTER_REFUSED',
      what: `the Secrets of cluster ${cluster.name} cannot be encrypted with this key`,
      why: refusals.join('\n'),
      next: 'choose a key of the type Aliyun_AES_256 that is Enabled, in the region of the cluster',
    });
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
