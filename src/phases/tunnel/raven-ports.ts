import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import { listed, type PortRequest, type TunnelPort, withoutParts, withParts } from './port-lists.ts';

/** A gateway of Raven. Source: OpenYurt v1.7.0, pkg/apis/raven/v1beta1/gateway_types.go. */
export interface Gateway {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly spec?: {
    /** Gateways without one forward nothing. */
    readonly exposeType?: string;
    readonly proxyConfig?: { readonly proxyHTTPPort?: string; readonly proxyHTTPSPort?: string };
  };
  readonly status?: {
    readonly activeEndpoints?: readonly { readonly publicIP?: string }[];
    /** Of v1alpha1. */
    readonly activeEndpoint?: { readonly publicIP?: string };
  };
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

function isExposed({ spec }: Gateway): boolean {
  return Boolean(spec?.exposeType);
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

/** Why ports cannot be added, one line a reason. */
export function refuseGatewayPorts({ spec }: Gateway, { ports, https, localhost }: PortRequest): string[] {
  const other = listed(spec?.proxyConfig?.[https ? FIELDS.http : FIELDS.https]);
  return [
    ...(localhost ? ['Raven has no setting for ports of localhost; leave out --localhost'] : []),
    ...ports
      .filter((port) => other.includes(port))
      .map((port) => `port ${port} is forwarded as ${https ? 'HTTP' : 'HTTPS'} already; it cannot be both`),
  ];
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
