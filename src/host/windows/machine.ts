import type { Machine, Network, ProgramParts } from '../machine.ts';
import { withSignal } from '../with-signal.ts';
import { aclOf } from './acl.ts';
import type { DriveFiles } from './drive-files.ts';
import { type Hardware, windowsFacts } from './facts.ts';
import { windowsFiles } from './files.ts';
import { windowsObjects } from './objects.ts';
import { toNativePath, WINDOWS_PATHS } from './paths.ts';
import { serviceManager } from './services.ts';

/** What differs by how a Windows machine is reached. */
export interface WindowsWays {
  readonly name: string;
  /** With its colon: `C:`. */
  readonly systemDrive: string;
  /** Where the root of the system drive is for `drives`: `C:`, or a folder that stands for it. */
  readonly root: string;
  /** Runs a program by its full path, or a name that {@link programPath} knows. */
  readonly exec: Machine['exec'];
  readonly drives: DriveFiles;
  readonly connect: Machine['connect'];
  readonly lock: Machine['lock'];
  readonly clock: Machine['clock'];
  readonly hardware: () => Promise<Hardware>;
  readonly network: () => Promise<Network>;
  readonly close: Machine['close'];
  /** Milliseconds between two looks at a service that starts or stops. */
  readonly everyMs?: number;
}

/** A Windows machine: paths begin at its system drive, modes are lists of access, units are services. */
export function windowsMachine(ways: WindowsWays): Machine {
  const { drives, root, systemDrive } = ways;
  const nativePath = (path: string) => toNativePath(path, systemDrive);
  const place = (path: string): string => nativePath(path).replaceAll('\\', '/').replace(systemDrive, root);
  const pathAt = (target: string): string => target.replaceAll('\\', '/').replace(root, '');
  const exec: Machine['exec'] = (file, args, options) => ways.exec(programPath(file, nativePath), args, options);
  const take = async (path: string): Promise<Buffer | undefined> => {
    const content = await drives.readFile(place(path));
    await drives.remove(place(path));
    return content;
  };
  const files = windowsFiles({ drives, place, pathAt, acl: aclOf({ exec, nativePath, take }) });
  const logs = {
    list: files.list,
    readEnd: (path: string, bytes: number) => drives.readEnd(place(path), bytes),
  };
  const parts = (run: Machine['exec']): ProgramParts => ({
    services: serviceManager({ exec: run, files: logs, everyMs: ways.everyMs }),
    objects: windowsObjects({ exec: run, files, nativePath }),
    facts: () => windowsFacts(run, ways.hardware),
    network: ways.network,
  });
  const machine: Machine = {
    name: ways.name,
    runsPrograms: true,
    runsUnits: true,
    ...parts(exec),
    through: parts,
    nativePath,
    exec,
    ...files,
    connect: (address, options) =>
      ways.connect('socket' in address ? { socket: nativePath(address.socket) } : address, options),
    sysctl: async () => undefined,
    setSysctl: async () => {},
    lock: ways.lock,
    clock: ways.clock,
    withSignal: (signal) => withSignal(machine, signal),
    close: ways.close,
  };
  return machine;
}

/** Programs of containerd, which no PATH names; others without a folder are Windows' own. */
const CONTAINERD = new Set(['containerd', 'ctr']);
const POWERSHELL = '/Windows/System32/WindowsPowerShell/v1.0/powershell.exe';

/** The full path of a program: one of a name alone would be looked for where other users may write. */
function programPath(file: string, nativePath: (path: string) => string): string {
  if (/[\\/]/.test(file)) return nativePath(file);
  if (file === 'powershell.exe') return nativePath(POWERSHELL);
  if (CONTAINERD.has(file)) return nativePath(`${WINDOWS_PATHS.containerd.programs}/${file}.exe`);
  return nativePath(`/Windows/System32/${file}`);
}
