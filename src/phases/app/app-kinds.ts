import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { findGroup, servedResource } from '../../kubernetes/api/discovery.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';

/** Kinds of applications that run in several node pools: OpenYurt renamed the first one in 1.2. */
export const APP_KINDS = ['UnitedDeployment', 'YurtAppSet'] as const;
export type AppKind = (typeof APP_KINDS)[number];

/** A kind of application in one version of the API. */
export interface AppApi {
  readonly kind: AppKind;
  readonly plural: string;
  /** `apps.openyurt.io/v1beta1` */
  readonly version: string;
  /** What a pool has: an entry in a list of pools, or tweaks of the template. */
  readonly layout: 'pools' | 'tweaks';
}

const GROUP = 'apps.openyurt.io';

/**
 * The one that edgeadm writes if several are served comes first: a server that has YurtAppSet v1beta1 loses patches of
 * pools when it converts it to v1alpha1.
 * Sources: the guide, chapter 6.3; yurt-app-manager v0.5.0 (UnitedDeployment) and v0.6.0 (YurtAppSet v1alpha1);
 * OpenYurt v1.3.0 to v1.7.0, charts/yurt-manager/crds and pkg/apis/apps/v1alpha1/yurtappset_conversion.go.
 */
const APIS: readonly AppApi[] = [
  { kind: 'YurtAppSet', plural: 'yurtappsets', version: `${GROUP}/v1beta1`, layout: 'tweaks' },
  { kind: 'YurtAppSet', plural: 'yurtappsets', version: `${GROUP}/v1alpha1`, layout: 'pools' },
  { kind: 'UnitedDeployment', plural: 'uniteddeployments', version: `${GROUP}/v1alpha1`, layout: 'pools' },
];

/**
 * The kinds that a cluster serves, each in the version that edgeadm writes.
 * @throws EdgeadmError SETTING_REFUSED if it serves none
 */
export async function servedApps(client: ApiClient, kind?: AppKind, signal?: AbortSignal): Promise<AppApi[]> {
  const group = await findGroup(client, GROUP, signal);
  const known = APIS.filter(({ version }) => group?.versions.includes(version));
  const found = await Promise.all(
    known.map(async (api) => ((await servedResource(client, `/apis/${api.version}`, api.plural, signal)) ? api : [])),
  );
  const served = found.flat().filter((api, i, all) => all.findIndex((other) => other.kind === api.kind) === i);
  const wanted = served.filter((api) => kind === undefined || api.kind === kind);
  if (wanted.length > 0) return wanted;
  const { body, server } = await client.request('GET', '/version', { signal });
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: `this cluster does not serve ${kind ?? APP_KINDS.join(' or ')}`,
    why: `served of ${GROUP}: ${served.map((api) => api.kind).join(', ') || 'neither'}; the cluster is ${serverVersionOf(body, server)}`,
    next:
      served.length > 0
        ? 'Leave out --kind.'
        : 'Install the controller: yurt-app-manager in ACK@Edge from 1.16 on, yurt-manager in OpenYurt.',
  });
}

/** Where the applications of a namespace are. */
export function appsPath({ version, plural }: AppApi, namespace: string): string {
  return `/apis/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
