import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { commandLine } from '../../host/quote.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import { listed, type PortRequest, type TunnelPort, withoutParts, withParts } from './port-lists.ts';

/** Raven as a cluster has it. */
export interface Raven {
  /** Of its API: `v1alpha1` has no ports. */
  readonly version: string;
  /** Of the collection of gateways. */
  readonly path: string;
  readonly gateways: readonly Gateway[];
  /** What `kube-system/raven-cfg` enables; without either, no gateway has an active endpoint. */
  readonly modes: { readonly proxy: boolean; readonly vpn: boolean };
}

/** A gateway of Raven. Source: OpenYurt v1.7.0, pkg/apis/raven/v1beta1/gateway_types.go. */
export interface Gateway {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec?: {
    /** Gateways without one forward nothing. */
    readonly exposeType?: string;
    readonly proxyConfig?: {
      /** How many endpoints forward ports; required by the schema. */
      readonly Replicas?: number;
      readonly proxyHTTPPort?: string;
      readonly proxyHTTPSPort?: string;
    };
  };
  readonly status?: {
    readonly activeEndpoints?: readonly Endpoint[] | null;
    /** Of v1alpha1. */
    readonly activeEndpoint?: Endpoint;
  };
}

interface Endpoint {
  readonly publicIP?: string;
}

const FIELDS = { http: 'proxyHTTPPort', https: 'proxyHTTPSPort' } as const;

/** The ports that the gateways forward, with the gateway of each. */
export function gatewayPorts(gateways: readonly Gateway[]): (TunnelPort & { readonly gateway: string })[] {
  const found = gateways.filter(isExposed).flatMap((gateway) =>
    (['http', 'https'] as const).flatMap((kind) =>
      listed(gateway.spec?.proxyConfig?.[FIELDS[kind]]).map((port) => ({
        port,
        protocol: kind === 'https' ? ('HTTPS' as const) : ('HTTP' as const),
        localhost: false,
        setting: FIELDS[kind],
        gateway: gateway.metadata.name,
      })),
    ),
  );
  return found.sort((a, b) => Number(a.port) - Number(b.port));
}

/** The values that its controllers know; v1alpha1 had NodePort instead of PublicIP. */
const EXPOSE_TYPES = ['PublicIP', 'LoadBalancer', 'NodePort'];

/** True for a gateway that others reach. */
export function isExposed({ spec }: Gateway): boolean {
  return EXPOSE_TYPES.includes(spec?.exposeType ?? '');
}

/**
 * The gateway that is to forward a port: the one named, or the only one that is exposed.
 * @throws EdgeadmError USAGE if it has to be named; SETTING_REFUSED if there is none
 */
export function exposedGateway(gateways: readonly Gateway[], wanted: string | undefined): Gateway {
  const exposed = gateways.filter(isExposed);
  const names = exposed.map(({ metadata }) => metadata.name);
  const [first, ...others] =
    wanted === undefined ? exposed : exposed.filter(({ metadata }) => metadata.name === wanted);
  if (first && others.length === 0) return first;
  if (names.length === 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: "none of the cluster's gateways is exposed",
      why: 'Raven forwards ports through gateways with spec.exposeType PublicIP or LoadBalancer',
      next: 'Set spec.exposeType of a gateway in the cloud: `kubectl get gateways.raven.openyurt.io`.',
    });
  throw usageError([`--gateway: name one of ${names.join(', ')}${wanted === undefined ? '' : `; found "${wanted}"`}`]);
}

/**
 * Why ports cannot be added, one line a reason. The ports of all gateways become those of one Service, which the API
 * server rejects if one is there twice. Source: OpenYurt v1.7.0, controller/raven/gatewayinternalservice.
 */
export function refuseGatewayPorts(
  { gateways }: Pick<Raven, 'gateways'>,
  { metadata: { name }, spec }: Gateway,
  { ports, https, localhost }: PortRequest,
): string[] {
  const wanted = https ? 'HTTPS' : 'HTTP';
  const replicas = spec?.proxyConfig?.Replicas;
  const forwarded = gatewayPorts(gateways).filter(({ port }) => ports.includes(port));
  return [
    ...(localhost ? [NO_LOCALHOST] : []),
    ...(replicas
      ? []
      : [
          `gateway ${name} forwards no ports: spec.proxyConfig.Replicas is ${replicas ?? 'missing'}; set it with ${commandLine(['kubectl', 'patch', 'gateways.raven.openyurt.io', name, '--type=merge', '-p', '{"spec":{"proxyConfig":{"Replicas":1}}}'])}`,
        ]),
    ...forwarded.flatMap(({ port, protocol, gateway }) => {
      if (gateway !== name) return [`port ${port} is forwarded by gateway ${gateway} already; one gateway can do it`];
      return protocol === wanted ? [] : [`port ${port} is forwarded as ${protocol} already; it cannot be both`];
    }),
  ];
}

/** Why Raven has no ports of localhost. */
export const NO_LOCALHOST = 'Raven has no setting for ports of localhost; leave out --localhost';

/** Why ports cannot be set at all; undefined if they can. */
export function refuseRavenVersion({ version }: Pick<Raven, 'version'>): string | undefined {
  if (version !== 'v1alpha1') return undefined;
  return 'Raven serves only v1alpha1 of its API here: gateways forward ports from OpenYurt 1.4 on';
}

/** Forwards more ports through a gateway. */
export function addGatewayPorts(gateway: Gateway, path: string, { ports, https }: PortRequest): ChangeRequest {
  const field = https ? FIELDS.https : FIELDS.http;
  return changeOf(gateway, path, { [field]: withParts(gateway.spec?.proxyConfig?.[field], ports) ?? null });
}

/** Forwards these ports no longer. */
export function removeGatewayPorts(gateway: Gateway, path: string, ports: readonly string[]): ChangeRequest {
  const isGone = (port: string): boolean => ports.includes(port);
  const left = Object.values(FIELDS).flatMap((field) => {
    const before = gateway.spec?.proxyConfig?.[field];
    const after = withoutParts(before, isGone);
    return after === before ? [] : [[field, after ?? null] as const];
  });
  return changeOf(gateway, path, Object.fromEntries(left));
}

function changeOf(gateway: Gateway, path: string, proxyConfig: Readonly<Record<string, string | null>>): ChangeRequest {
  const { name } = gateway.metadata;
  return {
    name: `gateway/${name}`,
    path: `${path}/${name}`,
    before: { ...gateway, apiVersion: path.split('/').slice(2, 4).join('/'), kind: 'Gateway' },
    patch: { spec: { proxyConfig } },
    isDerived: true,
  };
}
