import { z } from 'zod';
import { askScript } from '../../../kubernetes/windows/scripts.ts';
import { formatBytes } from '../../../lib/format-bytes.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Programs of a bundle, the images of Windows' own base layer, the journal. */
const NEEDED = 5_000_000_000;
/** What the vendor recommends; its tool warns below it. */
const RECOMMENDED = 50_000_000_000;

const DRIVES = z.object({ drives: z.array(z.object({ name: z.string(), freeBytes: z.number() })) });

export const windowsDisk: Check = {
  name: 'Disk',
  concerns: 'node',
  severity: 'error',
  about: `The system drive, and that of \`runtimeRootDir\`, has ${formatBytes(NEEDED)} free for programs and images; a warning below ${formatBytes(RECOMMENDED)}, since base images of Windows are large.`,
  remedy: 'Free space on the drive, or enlarge it to more than 50 GB.',
  run: async (context) => {
    const { systemDrive } = await context.host.facts();
    if (!systemDrive) return skip('the free space is not known');
    const root = await driveOfRoot(context);
    if (typeof root === 'string') return fail(root);
    const drives = [{ name: 'the system drive', ...systemDrive }, ...(root ? [root] : [])];
    const found = drives.map(({ name, freeBytes }) => `${formatBytes(freeBytes)} free on ${name}`).join(', ');
    const least = Math.min(...drives.map(({ freeBytes }) => freeBytes));
    if (least < NEEDED) return fail(`${found}, ${formatBytes(NEEDED)} needed`, { code: 'NO_SPACE' });
    return least < RECOMMENDED ? fail(found, { severity: 'warning' }) : pass(found);
  },
};

interface Drive {
  readonly name: string;
  readonly freeBytes: number;
}

/** @returns undefined if it is the system drive, or PowerShell does not answer; a text if there is no such drive */
async function driveOfRoot({ host, spec }: CheckContext): Promise<Drive | string | undefined> {
  if (spec.runtimeRootDir === undefined) return undefined;
  const [system, wanted] = ['/', spec.runtimeRootDir].map((path) => host.nativePath(path).slice(0, 2).toUpperCase());
  if (wanted === undefined || wanted === system) return undefined;
  const { data } = DRIVES.safeParse(await askScript(host, 'drives'));
  if (!data) return undefined;
  const drive = data.drives.find(({ name }) => name.toUpperCase() === wanted);
  return drive ?? `there is no disk ${wanted} for the container root ${spec.runtimeRootDir}`;
}
