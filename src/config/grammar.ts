import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Each function returns why the text is refused, or undefined if it is fine. */
export type Refusal = string | undefined;

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/**
 * Node names: at most 63 characters, since `kubernetes.io/hostname` carries the name as a label value (the original
 * allows 253); lower case; each dotted part begins and ends with a letter or digit; not localhost.
 */
export function refuseNodeName(name: string): Refusal {
  const rule =
    'a node name has 1 to 63 lower-case letters, digits, "-" and ".", each dotted part beginning and ending with a letter or digit';
  if (name.length > 63) return `invalid nodeName "${name}": ${name.length} characters; ${rule}`;
  if (!NAME.test(name)) return `invalid nodeName "${name}": ${rule}`;
  return name.startsWith('localhost') ? `invalid nodeName "${name}": it must not start with localhost` : undefined;
}

/** What `--node-name` takes: a name, `*`, `*.suffix`, or `prefix*` (a form of the oldest node-specs). */
export function refuseNodeNameRule(rule: string): Refusal {
  if (rule === '' || rule === '*') return undefined;
  return refuseNodeName(/^\*\.|^[^*]+\*$/.test(rule) ? rule.replace('*', 'x23456') : rule);
}

/** True if the rule leaves the name, or a part of it, to chance. */
export function isRandomName(rule: string): boolean {
  return rule.includes('*');
}

/**
 * An address that a kubelet accepts as `--node-ip`: it exits, or its Node stays without an address, over any other.
 * Source: kubernetes, pkg/kubelet/kubelet_node_status.go, validateNodeIP.
 */
export function refuseNodeAddress(text: string): Refusal {
  if (isIP(text) === 0 || text.includes('%')) return 'must be an IP address';
  const range = ipaddr.process(text).range();
  const named: Readonly<Record<string, string>> = {
    loopback: 'a loopback address',
    linkLocal: 'a link-local address',
    multicast: 'a multicast address',
    unspecified: 'the unspecified address',
    broadcast: 'the broadcast address',
  };
  return named[range] && `${text} is ${named[range]}, which the kubelet does not accept as a node address`;
}

/** Versions of yurthub. */
export const HUB_VERSION = { pattern: /^v?\d+\.\d+\.\d+([-+][\w.-]+)?$/, rule: 'must look like v1.7.0' } as const;

/** Keys of labels, annotations and taints: an optional DNS prefix and a name. */
export function refuseQualifiedName(key: string): Refusal {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && (prefix.length > 253 || !NAME.test(prefix)))
    return `the prefix of "${key}" is not a DNS name`;
  if (name.length > 63 || !QUALIFIED.test(name)) {
    return `"${key}": the name has 1 to 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;
  }
  return undefined;
}

/** Values of labels and taints. */
export function refuseLabelValue(value: string): Refusal {
  if (value === '' || (value.length <= 63 && QUALIFIED.test(value))) return undefined;
  return `"${value}" is not a valid label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;
}

/** A region of the cloud: it becomes a part of host names. */
export const REGION = { pattern: /^[a-z0-9-]+$/, rule: 'must be a region such as cn-hangzhou' };

/** An instance of ECS or ENS; their IDs have no documented form, and those of other resources begin as these do. */
export const INSTANCE_ID = {
  pattern: /^(?!(?:vpc|vsw|sg|eni|eip|lb|rg)-)[A-Za-z0-9][\w.-]{0,127}$/,
  rule: 'must be the ID of an instance such as i-bp67acfmxazb4p1g',
};

/** A project of Log Service. Source: the vendor's API reference, CreateProject. */
export const LOG_PROJECT = {
  pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  rule: 'must be 3 to 63 lower-case letters, digits and "-", beginning and ending with a letter or digit',
};

/** The labels under kubernetes.io that a kubelet may give itself; it exits on any other. Source: kubeletapis.IsKubeletLabel. */
const KUBELET_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** Labels that only later kubelets take, by minor version. Source: kubernetes#81431, in 1.17. */
const LATER_LABELS: Readonly<Record<string, { readonly since: number; readonly before: string }>> = {
  'topology.kubernetes.io/zone': { since: 17, before: 'failure-domain.beta.kubernetes.io/zone' },
  'topology.kubernetes.io/region': { since: 17, before: 'failure-domain.beta.kubernetes.io/region' },
};

/**
 * Refuses labels that would make the kubelet exit or the API server (NodeRestriction) refuse the node.
 * @param minor of the kubelet; undefined if it is not known yet
 */
export function refuseNodeLabel(key: string, minor?: number): Refusal {
  const later = LATER_LABELS[key];
  if (later && minor !== undefined && minor < later.since)
    return `kubelet 1.${minor} does not know the label ${key} and exits over it; before 1.${later.since} it is ${later.before}`;
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  const reserved = ['kubernetes.io', 'k8s.io'].some((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
  if (!reserved || KUBELET_LABELS.has(key)) return undefined;
  if (KUBELET_NAMESPACES.some((domain) => prefix === domain || prefix.endsWith(`.${domain}`))) return undefined;
  return `a node cannot set the label ${key} on itself; set it later with kubectl label node NAME ${key}=...`;
}

/** Ports at which API servers listen: kubeadm, k0s, a load balancer, RKE2, MicroK8s. */
const API_PORTS = ['6443', '8443', '443', '9345', '16443'];

/** `host`, `host:port`, `[v6]:port` or `https://...` as `https://host:port`; undefined if it is none of them. */
export function normaliseServer(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^https:\/\//i, '')
    .replace(/\/$/, '');
  if (withBrackets(text) !== undefined) return undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?$/.exec(
    isIP(bare) === 6 ? `[${bare}]` : bare,
  );
  if (!match) return undefined;
  const [, v6, host] = match;
  const port = Number(match[3] ?? 6443);
  if (port < 1 || port > 65_535) return undefined;
  if (v6) return isIP(v6) === 6 ? `https://[${v6}]:${port}` : undefined;
  if (!host || (/^[\d.]+$/.test(host) && isIP(host) !== 4)) return undefined;
  return `https://${host.toLowerCase()}:${port}`;
}

/** What to write for a text that {@link normaliseServer} does not take; empty if it is not known. */
export function serverHint(text: string): string {
  const meant = withBrackets(text);
  if (meant !== undefined) return `; an IPv6 address with a port has brackets: ${meant}`;
  if (/^http:/i.test(text.trim())) return '; only https is used';
  const [, server] = /^(?:https:\/\/)?([^/\s]+)\/./i.exec(text.trim()) ?? [];
  return server === undefined ? '' : `; leave out the path: ${server}`;
}

/**
 * `[2001:db8::1]:6443` for `2001:db8::1:6443`, which is an IPv6 address too, but hardly the one that was meant (the last
 * part is a port of API servers); undefined for any other text.
 */
function withBrackets(text: string): string | undefined {
  const [, url, address = '', port = ''] = /^(https:\/\/)?([0-9a-f:.]+):(\d+)\/?$/i.exec(text.trim()) ?? [];
  if (isIP(address) !== 6) return undefined;
  const isWhole = isIP(`${address}:${port}`) === 6;
  return !isWhole || API_PORTS.includes(port) ? `${url ?? ''}[${address}]:${port}` : undefined;
}

/** Image references as the distribution project has them, without spaces or control characters. */
export function refuseImage(image: string): Refusal {
  const ok =
    /^[a-z0-9]([-a-z0-9._:]*[a-z0-9])?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/i.test(
      image,
    );
  return ok && image.length <= 512 ? undefined : `"${image}" is not an image reference`;
}
