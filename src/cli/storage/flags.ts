import { Args, Flags } from '@oclif/core';
import { refuseLabelValue, refuseQualifiedName } from '../../config/grammar.ts';
import { usageError } from '../../errors/usage.ts';
import { isDevicePath } from '../../phases/storage/devices.ts';
import { OPERATORS, type VolumeGroup } from '../../phases/storage/volume-groups.ts';
import { nonEmptyName, repeatable } from '../flags.ts';

export const groupArg = {
  group: Args.string({ required: true, parse: nonEmptyName('GROUP'), description: 'name of the volume group' }),
};

/** @param help what the devices are for */
export function deviceFlag(help: string) {
  return Flags.string({ ...repeatable, helpValue: 'PATH', description: help });
}

export const selectorFlags = {
  label: Flags.string({
    default: 'kubernetes.io/storagetype=lvm',
    helpValue: 'KEY[=VALUE]',
    parse: nonEmptyName('--label'),
    description: 'label of the nodes that get it',
  }),
  operator: Flags.option({
    options: OPERATORS,
    default: 'In' as const,
    description: 'how the label of a node is compared',
  })(),
};

/** Devices of a command line, separated by commas or not. @throws EdgeadmError USAGE with every mistake */
export function devicesOf(texts: readonly string[] | undefined): string[] {
  const devices = (texts ?? []).flatMap((text) => text.split(',')).filter(Boolean);
  const mistakes = devices.filter((each) => !isDevicePath(each));
  if (mistakes.length > 0)
    throw usageError(mistakes.map((each) => `--device: "${each}" is not a path such as /dev/sdb`));
  return [...new Set(devices)];
}

/** The definition that a command line describes. @throws EdgeadmError USAGE with every mistake */
export function volumeGroupOf(
  name: string,
  {
    label,
    operator,
    device,
  }: { readonly label: string; readonly operator: VolumeGroup['operator']; readonly device?: string[] },
): VolumeGroup {
  const devices = devicesOf(device);
  const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(label) ?? [];
  const mistakes: string[] = [];
  // The characters that LVM allows. See lvm(8), Valid Names.
  if (!/^[\w.+][\w.+-]*$/.test(name) || name === '.' || name === '..')
    mistakes.push(`GROUP: "${name}" is not a name of a volume group`);
  if (devices.length === 0)
    mistakes.push('--device is required: the disks or partitions that the volume group is made of');
  const needsValue = operator === 'In' || operator === 'NotIn';
  const refused = [refuseQualifiedName(key), refuseLabelValue(value ?? '')].find(Boolean);
  if (refused) mistakes.push(`--label: ${refused}`);
  if (needsValue && !value) mistakes.push(`--label: "${label}" has no value; operator ${operator} compares one`);
  if (!needsValue && value !== undefined) mistakes.push(`--label: operator ${operator} compares no value; use ${key}`);
  if (mistakes.length > 0) throw usageError(mistakes);
  return { name, key, operator, ...(needsValue && { value }), type: 'device', devices };
}
