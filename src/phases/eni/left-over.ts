import { boughtFor } from '../../cloud/eni-marker.ts';
import type { NetworkInterface } from '../../cloud/ens.ts';
import type { BindSpec } from './context.ts';

/** ENIs that edgeadm bought for the instance and that are not attached to it, with the command for each way out. */
export function leftOver(
  { instanceId, region, eniNumber }: Pick<BindSpec, 'instanceId' | 'region' | 'eniNumber'>,
  interfaces: readonly NetworkInterface[],
): string[] {
  const left = interfaces.filter((eni) => boughtFor(eni.name) === instanceId && eni.instanceId !== instanceId);
  if (left.length === 0) return [];
  const command = (verb: string, more: string): string =>
    `edgeadm eni ${verb} --instance ${instanceId} --region ${region} ${more}`;
  return [
    `bought and not attached: ${left.map(({ id, status }) => `${id} (${status})`).join(', ')}`,
    `attach: ${command('bind', `--eni-number ${eniNumber}`)}`,
    `delete: ${command('release', left.map(({ id }) => `--eni ${id}`).join(' '))}`,
  ];
}
