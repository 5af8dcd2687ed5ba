import { readYurthubProgram } from '../../../artifacts/yurthub-program.ts';
import { WINDOWS_HUB, windowsHubService } from '../../../edge-hub/windows-service.ts';
import { EdgeadmError, toEdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import type { PhaseTools } from '../../../workflow/phase.ts';
import { VENDOR } from '../../vendor-messages.ts';
import type { JoinContext } from '../context.ts';
import { writeHubFile } from '../hub-service.ts';
import { hubOptions } from '../join-node.ts';

const { program: PROGRAM } = WINDOWS_PATHS.edgeHub;

/** Installs the program, writes what belongs to it, and has the service control manager start it now and at boot. */
export async function setUpHub(context: JoinContext & PhaseTools): Promise<void> {
  const { host, spec, node, log } = context;
  const hub = await node.edgeHub();
  if (!hub) return log.debug('no edge-hub is installed');
  const plan = windowsHubService(await hubOptions(context, hub), (path) => host.nativePath(path));
  await host.claim(plan.rootDirectory);
  for (const { path, mode } of plan.directories) await host.makeDirectory(path, mode);
  const changes = [await installProgram(host, spec.edgeHubProgram)];
  for (const file of plan.files) changes.push(await writeHubFile(host, file));
  changes.push(await host.define('service', WINDOWS_HUB, plan.service));
  if (changes.includes(true)) log.vendor(VENDOR.addingEdgeHub);
  if (changes.includes(true)) await stopForChange(host);
  const started = await startHub(host, [...plan.files.map(({ path }) => path), PROGRAM]);
  if (started) log.vendor(VENDOR.edgeHubAdded);
}

/** A program that runs cannot be replaced. @returns true if something was changed */
async function installProgram(host: Host, given: string | undefined): Promise<boolean> {
  if (given === undefined) return false;
  const { sha256 } = await readYurthubProgram(given, '--edge-hub-program');
  if ((await host.sha256(PROGRAM)) !== sha256) await stopForChange(host);
  return host.upload(given, PROGRAM, { mode: 0o755, sha256 });
}

/** The manager stops no service that another one needs. The kubelet is started again later. */
async function stopForChange(host: Host): Promise<void> {
  if (!(await host.unit(PATHS.edgeHub.unit)).active) return;
  for (const unit of [PATHS.kubelet.unit, PATHS.edgeHub.unit])
    if ((await host.unit(unit)).exists) await host.stopUnit(unit);
}

/** @throws EdgeadmError EDGE_HUB_FAILED, also if the program does not answer the service control manager */
async function startHub(host: Host, files: readonly string[]): Promise<boolean> {
  try {
    return await host.applyUnit(PATHS.edgeHub.unit, files);
  } catch (thrown) {
    const error = toEdgeadmError(thrown);
    if (error.code !== 'COMMAND_FAILED') throw error;
    throw new EdgeadmError({
      code: 'EDGE_HUB_FAILED',
      what: 'Windows cannot start the edge-hub as a service',
      why: [error.what, error.why].filter(Boolean).join('\n'),
      next: 'check that the file of --edge-hub-program is a program for this Windows that runs as a service, and its ports and flags: sc.exe qc yurthub',
      cause: error,
    });
  }
}
