import { sha256Of } from '../../src/lib/sha256.ts';
import type { KubeObject } from './resources.ts';
import type { Cause } from './status.ts';

/** Below are addresses with a meaning of their own: those of the API server and of DNS. */
const FIRST = 256;
const ADDRESSES = 2 ** 20 - FIRST;

const OF_ADDRESSES = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/** A Service with what Kubernetes adds to it; its address stays, unless it becomes an ExternalName. */
export function withServiceDefaults(object: KubeObject, minor: number, before?: KubeObject): KubeObject {
  const type = object.spec?.type ?? 'ClusterIP';
  const asked = { ...object, spec: withoutUnset(object.spec ?? {}, type === 'ExternalName') };
  const spec = {
    ...{ type, sessionAffinity: 'None' },
    ...(type !== 'ExternalName' && addressOf(asked, minor, before)),
    ...asked.spec,
    ...portsOf(object),
  };
  return { ...object, spec };
}

/** An empty address is none: charts often write `clusterIP: ""`. */
function withoutUnset(spec: object, isExternal: boolean): Record<string, unknown> {
  const isUnset = (value: unknown): boolean => isExternal || !(value as string | unknown[] | null)?.length;
  return Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => !OF_ADDRESSES.includes(field) || !isUnset(value)),
  );
}

/**
 * Since 1.20 there is a list of addresses, since 1.21 there are families of them, since 1.22 a policy within the cluster.
 * Until 1.20.10, an update that names neither the address nor the list is refused; 1.20 here is as 1.20.2 is.
 * Source: kubernetes/kubernetes #104674.
 */
function addressOf({ metadata, spec }: KubeObject, minor: number, before?: KubeObject): Record<string, unknown> {
  const given = before?.spec?.clusterIP;
  const clusterIP = spec?.clusterIP ?? given ?? addressFor(`${metadata.namespace}/${metadata.name}`);
  const isListed = minor > 20 || (minor === 20 && (!given || spec?.clusterIP === given));
  return {
    clusterIP,
    ...(isListed && { clusterIPs: [clusterIP] }),
    ...(minor >= 21 && { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
    ...(minor >= 22 && { internalTrafficPolicy: 'Cluster' }),
  };
}

/** Of 10.96.0.0/12, by the name: among about 1200 Services, two share an address with a chance of one half. */
function addressFor(name: string): string {
  const number = FIRST + (Number.parseInt(sha256Of(name).slice(0, 8), 16) % ADDRESSES);
  return `10.${96 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** What a port of a Service is if it does not say. */
function portsOf({ spec }: KubeObject): { ports?: object[] } {
  const ports = spec?.ports as { port?: number }[] | undefined;
  return ports ? { ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port })) } : {};
}

/** What is wrong with a Service that has its defaults. */
export function serviceCauses({ spec }: KubeObject, before?: KubeObject): Cause[] {
  const { clusterIP, clusterIPs, type } = spec ?? {};
  const ports = spec?.ports as unknown[] | undefined;
  const causes: Cause[] = [];
  if (type !== 'ExternalName' && clusterIP !== 'None' && !ports?.length)
    causes.push({ field: 'spec.ports', reason: 'FieldValueRequired', message: 'Required value' });
  if (!before?.spec?.clusterIP || type === 'ExternalName') return causes;
  if (before.spec.clusterIPs && !clusterIPs)
    causes.push(wrongAddress('[]string(nil): primary clusterIP can not be unset'));
  else if (clusterIP !== before.spec.clusterIP)
    causes.push(wrongAddress(`[]string{"${clusterIP}"}: may not change once set`));
  return causes;
}

const wrongAddress = (message: string): Cause => ({
  field: 'spec.clusterIPs[0]',
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${message}`,
});
