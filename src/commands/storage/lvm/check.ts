import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlagFor, withCluster } from '../../../cli/cluster-access.ts';
import { lookAtNodes, lookFlags } from '../../../cli/hub/look.ts';
import { deviceFlag, devicesOf, groupArg } from '../../../cli/storage/flags.ts';
import { deviceTable } from '../../../cli/storage/text.ts';
import { EdgeadmError } from '../../../errors/index.ts';
import { usageError } from '../../../errors/usage.ts';
import { configMapOf } from '../../../kubernetes/api/config-maps.ts';
import { checkDevices } from '../../../phases/storage/devices.ts';
import { TOPOLOGY_CONFIG, volumeGroupsIn } from '../../../phases/storage/volume-groups.ts';

export default class StorageLvmCheck extends BaseCommand {
  static override summary = 'Check on nodes that the disks of a volume group exist and are unused.';
  static override description =
    'Reads the block devices of the node and writes nothing. Each must be an empty disk or partition that is not mounted and is not the system disk. User guide: chapter 8.3, Use LVM to manage local storage.';
  static override examples = [
    '<%= config.bin %> storage lvm check volumegroup1 --device /dev/sdb1 --host root@10.0.0.11',
    '<%= config.bin %> storage lvm check volumegroup1 --kubeconfig admin.conf --inventory hosts.yaml',
  ];
  static override args = groupArg;
  static override flags = {
    ...lookFlags,
    kubeconfig: kubeconfigFlagFor('cluster that the volume group is defined in, if --device is not given'),
    device: deviceFlag('disk or partition (repeatable); default: those of the definition'),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(StorageLvmCheck);
    const { kubeconfig, device, ...rest } = flags;
    const given = devicesOf(device);
    const devices = given.length > 0 ? given : await definedDevices(kubeconfig, args.group);
    const result = await lookAtNodes('storage lvm check', rest, this.host, async (machine) => {
      const checks = await checkDevices(machine, args.group, devices);
      const failed = checks.filter(({ ok }) => !ok);
      if (failed.length > 0)
        throw new EdgeadmError({
          code: 'DEVICE_CHECK_FAILED',
          what: `${failed.length} of ${checks.length} devices cannot be used for volume group ${args.group}`,
          why: failed.map(({ device: path, found }) => `${path}: ${found}`).join('\n'),
        });
      return {
        data: { group: args.group, devices: checks },
        text: deviceTable(checks),
        names: checks.map(({ device: path }) => `device/${path.replace(/^\/dev\//, '')}`),
      };
    });
    await this.finish(result);
  }
}

async function definedDevices(kubeconfig: string | undefined, name: string): Promise<string[]> {
  const config = await withCluster(kubeconfig, (client, signal) => configMapOf(client, TOPOLOGY_CONFIG, signal));
  const [group, other] = volumeGroupsIn(config).filter((each) => each.name === name);
  if (other) throw usageError([`GROUP: ${name} is defined for several sets of nodes: add --device PATH`]);
  if (group && group.devices.length > 0) return [...group.devices];
  throw new EdgeadmError({
    code: 'OBJECT_NOT_FOUND',
    what: `volume group ${name} is not defined in kube-system/${TOPOLOGY_CONFIG}`,
    next: '`edgeadm storage lvm show` lists the definitions; or add --device PATH.',
  });
}
