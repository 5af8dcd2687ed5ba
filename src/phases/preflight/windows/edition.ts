import { isVendorVersion } from '../../../compat/cluster-version.ts';
import { revisionOf, WINDOWS_RELEASE_NAMES, windowsRelease } from '../../../kubernetes/windows/builds.ts';
import { askScript } from '../../../kubernetes/windows/scripts.ts';
import { type Check, fail, pass, skip } from '../check.ts';

/** The user guide names this one alone; see its chapter on Windows containers. */
const OF_VENDOR = 17763;
/** The update of March 2019 (KB4489899), without which overlay networks do not work on Windows Server 2019. */
const OVERLAY_REVISION = 379;

export const windowsVersion: Check = {
  name: 'OSSupported',
  concerns: 'node',
  severity: 'error',
  about: `The machine runs ${WINDOWS_RELEASE_NAMES.join(', ')}. A warning if the cluster is one of the vendor's, whose guide names Windows Server 2019 only.`,
  remedy: 'Use a machine with a supported Windows Server.',
  run: async ({ host, cluster }) => {
    const { os, kernel } = await host.facts();
    const release = windowsRelease(os.version);
    const isServer = /server/i.test(os.name);
    if (!release || !isServer) return fail(`found ${os.pretty}`, { code: 'OS_UNSUPPORTED' });
    const version = await cluster.version().catch(() => undefined);
    if (version !== undefined && isVendorVersion(version) && release.build !== OF_VENDOR)
      return fail(`found ${release.name}, the guide of the vendor names Windows Server 2019`, { severity: 'warning' });
    return pass(`${release.name}, ${kernel}`);
  },
};

export const windowsUpdates: Check = {
  name: 'WindowsUpdates',
  concerns: 'node',
  severity: 'warning',
  about: `Windows Server 2019 has the update of March 2019 or a later one (revision ${OVERLAY_REVISION}), which overlay networks need.`,
  remedy: 'Install the cumulative update of Windows.',
  needs: ['OSSupported'],
  run: async ({ host }) => {
    const { os, kernel } = await host.facts();
    if (windowsRelease(os.version)?.build !== OF_VENDOR) return pass(kernel);
    return revisionOf(kernel) >= OVERLAY_REVISION ? pass(kernel) : fail(`found ${kernel}`);
  },
};

export const windowsLicence: Check = {
  name: 'WindowsLicence',
  concerns: 'node',
  severity: 'warning',
  about: 'Windows is licensed.',
  remedy: 'Activate Windows: `slmgr /xpr` shows the state, `slmgr /ato` activates it.',
  run: async ({ host }) => {
    const answer = (await askScript(host, 'licence')) as { readonly states?: unknown } | undefined;
    if (!Array.isArray(answer?.states)) return skip('PowerShell does not report the state of the licence');
    return answer.states.includes(LICENSED) ? pass() : fail(`the state is ${answer.states.join(', ') || 'unknown'}`);
  },
};

/** Of LicenseStatus. Source: https://learn.microsoft.com/previous-versions/windows/desktop/sppwmi/softwarelicensingproduct */
const LICENSED = 1;
