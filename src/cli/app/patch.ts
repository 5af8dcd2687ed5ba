import { isVendorVersion } from '../../compat/cluster-version.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { compareVersions, serverVersionOf } from '../../kubernetes/version.ts';
import { yamlValue } from '../../lib/check-shape.ts';
import { flagText } from '../flags.ts';

/** The vendor's version whose controller reads patches of pools. Source: the guide, chapter 3.2. */
const PATCH_SINCE = '1.18.0';

/** The value of --patch. @throws EdgeadmError USAGE with the line that cannot be read */
export async function patchGiven(flag: string): Promise<unknown> {
  return yamlValue(await flagText(flag, '--patch'), { what: '--patch', code: 'USAGE' });
}

/** @throws EdgeadmError SETTING_REFUSED in clusters of the vendor that ignore patches of pools */
export async function refuseOldVersion(client: ApiClient, signal: AbortSignal): Promise<void> {
  const { body, server } = await client.request('GET', '/version', { signal });
  const version = serverVersionOf(body, server);
  if (!isVendorVersion(version) || compareVersions(version, PATCH_SINCE) >= 0) return;
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'the controller of this cluster ignores patches of pools',
    why: `the cluster is ${version}; patches came with 1.18`,
    next: 'Upgrade the cluster, or deploy a second application to the pool.',
  });
}
