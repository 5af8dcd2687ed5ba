import type { Bundle } from '../../artifacts/bundle.ts';
import { installYurthub } from '../../artifacts/install.ts';
import { readYurthubProgram } from '../../artifacts/yurthub-program.ts';
import type { EdgeHubFile } from '../../edge-hub/edge-hub.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import type { JoinContext } from './context.ts';

/** A yurthub service reads these once, when it starts. */
export const HUB_SERVICE_FILES = [PATHS.edgeHub.unitFile, PATHS.edgeHub.dropIn, PATHS.edgeHub.program];

interface HubServiceParts extends Pick<JoinContext, 'host'> {
  readonly spec: Pick<JoinContext['spec'], 'edgeHubProgram'>;
  readonly node: Pick<JoinContext['node'], 'bundle'>;
}

/** Installs the program, writes what belongs to it, and has systemd start it now and at boot. */
export async function startHubService(
  { host, spec, node }: HubServiceParts,
  files: readonly EdgeHubFile[],
): Promise<void> {
  await installHubProgram(host, spec.edgeHubProgram, await node.bundle());
  for (const file of files) await writeHubFile(host, file);
  await host.enableUnit(PATHS.edgeHub.unit);
  await host.applyUnit(PATHS.edgeHub.unit, [...files.map(({ path }) => path), PATHS.edgeHub.program]);
}

/** @returns true if something was changed */
export function writeHubFile(host: Host, file: EdgeHubFile): Promise<boolean> {
  if ('linkTo' in file) return host.symlink(file.linkTo, file.path);
  return host.write(file.path, file.content, { mode: file.mode });
}

/**
 * The program that is given, else the bundle's, else the one that is on the node.
 * @param given a file of the machine that edgeadm runs on
 * @throws EdgeadmError USAGE if there is none
 */
export async function installHubProgram(
  host: Host,
  given: string | undefined,
  bundle: Bundle | undefined,
): Promise<void> {
  if (given !== undefined) {
    const { sha256 } = await readYurthubProgram(given, '--edge-hub-program');
    await host.upload(given, PATHS.edgeHub.program, { mode: 0o755, sha256 });
    return;
  }
  if (bundle?.manifest.files.some(({ kind }) => kind === 'yurthub')) {
    await installYurthub(bundle, host);
    return;
  }
  if (await host.stat(PATHS.edgeHub.program)) return;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `${PATHS.edgeHub.program} is not on the node`,
    why: 'neither the command line nor the bundle has the program of yurthub',
    next: '--edge-hub-program FILE, or --bundle with a program of kind yurthub',
  });
}
