import { purchasedFor } from '../../cloud/eni-marker.ts';
import type { EnsInterface } from '../../cloud/ens.ts';
import { quote } from '../../host/quote.ts';
import type { BindSpec } from './context.ts';

/** What the commands are made of. */
export type LeftOverSpec = Pick<BindSpec, 'instanceId' | 'region'> & Partial<BindSpec>;

/** ENIs that edgeadm bought for the instance and that are not attached to it, with the command for each way out. */
export function leftOver(
  spec: LeftOverSpec & Pick<BindSpec, 'eniNumber'>,
  interfaces: readonly EnsInterface[],
): string[] {
  const { instanceId, region } = spec;
  const left = interfaces.filter((eni) => purchasedFor(eni.name) === instanceId && eni.instanceId !== instanceId);
  if (left.length === 0) return [];
  const command = (verb: string, more: string): string =>
    `edgeadm eni ${verb} --instance ${instanceId} --region ${region} ${more}`;
  const asked = [
    `--eni-number ${spec.eniNumber}`,
    ...(spec.vSwitchId ? [`--vswitch ${spec.vSwitchId}`] : []),
    ...(spec.securityGroupId ? [`--security-group ${spec.securityGroupId}`] : []),
    ...(spec.reuseAvailable ? ['--reuse-available'] : []),
    ...(spec.kubeconfig ? [`--kubeconfig ${quote(spec.kubeconfig)}`] : []),
  ];
  return [
    `bought but not attached: ${left.map(({ id, status }) => `${id} (${status})`).join(', ')}`,
    `attach: ${command('bind', asked.join(' '))}`,
    `delete: ${command('release', left.map(({ id }) => `--eni ${id}`).join(' '))}`,
  ];
}
