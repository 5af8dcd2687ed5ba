import { isDeepStrictEqual } from 'node:util';
import type { V1ConfigMap, V1Node } from '@kubernetes/client-node';
import { z } from 'zod';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import { configMapChange } from '../../kubernetes/api/config-maps.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { checkShape, lenientYaml, yamlMap } from '../../lib/check-shape.ts';
import { ownValue } from '../../lib/own-value.ts';
import { appendYamlItem } from '../../lib/yaml-list.ts';
import { toYaml } from '../../templates/yaml.ts';

/** ConfigMap in kube-system that node-resource-manager reads on each node. Source: the guide, chapter 8.3. */
export const TOPOLOGY_CONFIG = 'node-resource-topo';
const KEY = 'volumegroup';

export const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** Which nodes get a volume group, and which devices it is made of there. */
export interface VolumeGroup {
  readonly name: string;
  readonly key: string;
  readonly operator: (typeof OPERATORS)[number];
  readonly value?: string;
  readonly devices: readonly string[];
  /** `device`; node-resource-manager has others, which have no devices. */
  readonly type: string;
}

const SHAPE = z.object({
  [KEY]: z
    .array(
      z.object({
        name: z.string(),
        key: z.string().default(''),
        operator: z.enum(OPERATORS).default('In'),
        // A key without a value is null in YAML.
        value: z
          .null()
          .transform(() => undefined)
          .or(z.coerce.string().optional()),
        topology: z.object({ type: z.string().default(''), devices: z.array(z.string()).nullish() }).nullish(),
      }),
    )
    .nullish(),
});

const ORIGIN = {
  what: `key ${KEY} of the ConfigMap kube-system/${TOPOLOGY_CONFIG}`,
  code: 'SETTING_REFUSED',
  next: `correct it: \`kubectl --namespace kube-system edit configmap ${TOPOLOGY_CONFIG}\``,
} as const;

/** The definitions of a cluster. @throws EdgeadmError SETTING_REFUSED if they cannot be read */
export function volumeGroupsIn(config: V1ConfigMap | undefined): VolumeGroup[] {
  const { [KEY]: groups } = checkShape(SHAPE, yamlMap(config?.data?.[KEY] ?? '', ORIGIN), ORIGIN);
  return (groups ?? []).map(({ topology, ...group }) => ({
    ...group,
    type: topology?.type ?? '',
    devices: topology?.devices ?? [],
  }));
}

/**
 * Adds a definition; one that exists stays as it is.
 * @throws EdgeadmError SETTING_REFUSED for a changed definition, and for nodes that two definitions of one name select
 */
export function addVolumeGroup(
  config: V1ConfigMap | undefined,
  group: VolumeGroup,
  nodes: readonly V1Node[],
): ChangeRequest & { readonly losesComments: boolean } {
  const known = volumeGroupsIn(config);
  const same = known.find((each) => each.name === group.name && selectorText(each) === selectorText(group));
  const reasons = same ? refuseRedefined(same, group) : refuseOverlaps(known, group, nodes);
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: `volume group ${group.name} cannot be defined in this way`,
      why: reasons.join('\n'),
      next: 'Delete the volume group on its nodes first (vgremove, pvremove) and its definition in the ConfigMap, or use another name.',
    });
  const before = config?.data?.[KEY] ?? '';
  const { text, losesComments } = same ? { text: before, losesComments: false } : textWith(before, group);
  return { ...configMapChange(TOPOLOGY_CONFIG, config, { [KEY]: text }), losesComments };
}

interface EditedText {
  readonly text: string;
  readonly losesComments: boolean;
}

/**
 * Other keys of definitions, such as those of persistent memory, stay, and so do comments, except in a text that only a
 * YAML parser understands.
 */
function textWith(text: string, { name, key, operator, value, type, devices }: VolumeGroup): EditedText {
  const document = yamlMap(text, ORIGIN);
  const entry = { name, key, operator, ...(value !== undefined && { value }), topology: { type, devices } };
  const groups = [...((document[KEY] as object[] | null) ?? []), entry];
  const edited = appendYamlItem(text, KEY, entry);
  const read = lenientYaml(edited, z.looseObject({ [KEY]: z.array(z.unknown()) }));
  const isRight = isDeepStrictEqual({ ...read, [KEY]: new Set(read?.[KEY]) }, { ...document, [KEY]: new Set(groups) });
  if (isRight) return { text: edited, losesComments: false };
  return { text: toYaml({ ...document, [KEY]: groups }), losesComments: /(^|\s)#/.test(text) };
}

/** node-resource-manager deletes neither volume groups nor physical volumes. */
function refuseRedefined(before: VolumeGroup, after: VolumeGroup): string[] {
  const texts = [before, after].map(({ devices }) => [...devices].sort().join(', ') || 'none');
  return before.type === after.type && texts[0] === texts[1]
    ? []
    : [
        `it is defined as ${before.type} ${texts[0]}, not ${after.type} ${texts[1]}; the components never delete or shrink a volume group`,
      ];
}

function refuseOverlaps(known: readonly VolumeGroup[], group: VolumeGroup, nodes: readonly V1Node[]): string[] {
  const selected = nodes.filter((node) => isSelected(group, node));
  return known.flatMap((other) => {
    const both = selected.filter((node) => isSelected(other, node)).map(nodeNameOf);
    if (both.length === 0) return [];
    const shared = other.devices.filter((device) => group.devices.includes(device));
    if (other.name === group.name)
      return [`another definition of ${other.name} (${selectorText(other)}) selects ${both.join(', ')} as well`];
    return shared.length > 0 ? [`${shared.join(', ')} of ${both.join(', ')} already belong to ${other.name}`] : [];
  });
}

/** `kubernetes.io/storagetype In lvm` */
export function selectorText({ key, operator, value }: VolumeGroup): string {
  return [key, operator, operator === 'In' || operator === 'NotIn' ? (value ?? '') : ''].filter(Boolean).join(' ');
}

/** True if a node gets the volume group. Source: openyurtio/node-resource-manager, pkg/utils/utils.go, NodeFilter. */
export function isSelected({ key, operator, value }: VolumeGroup, { metadata }: V1Node): boolean {
  const found = ownValue(metadata?.labels, key);
  if (operator === 'In') return found !== undefined && found === value;
  if (operator === 'NotIn') return found === undefined || found !== value;
  return operator === 'Exists' ? found !== undefined : found === undefined;
}
