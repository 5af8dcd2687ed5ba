import { formatBytes } from '../../../lib/format-bytes.ts';
import { type Check, fail, pass, skip } from '../check.ts';

/** Programs of a bundle, the images of Windows' own base layer, the journal. */
const NEEDED = 5_000_000_000;
/** What the vendor recommends; its tool warns below it. */
const RECOMMENDED = 50_000_000_000;

export const windowsDisk: Check = {
  name: 'Disk',
  concerns: 'node',
  severity: 'error',
  about: `The system drive has ${formatBytes(NEEDED)} free for programs and images; a warning below ${formatBytes(RECOMMENDED)}, since base images of Windows are large.`,
  remedy: 'Free space on the system drive, or enlarge it to more than 50 GB.',
  run: async ({ host, spec }) => {
    const { systemDrive } = await host.facts();
    if (!systemDrive) return skip('the free space is not known');
    const found = `${formatBytes(systemDrive.freeBytes)} free on the system drive`;
    const elsewhere = spec.runtimeRootDir ? `; the container root ${spec.runtimeRootDir} is not checked` : '';
    if (systemDrive.freeBytes < NEEDED) return fail(`${found}, ${formatBytes(NEEDED)} needed`, { code: 'NO_SPACE' });
    if (systemDrive.freeBytes < RECOMMENDED) return fail(`${found}${elsewhere}`, { severity: 'warning' });
    return pass(`${found}${elsewhere}`);
  },
};
