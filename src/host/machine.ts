import type { Duplex, Readable } from 'node:stream';
import type { HostFacts } from './host-facts.ts';

/** How a program ended. Output is text; a program killed by a signal or by its time limit has exit code -1. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut?: boolean;
}

export interface CommandOptions {
  /** Given to the program's standard input; secrets go here, never into arguments. */
  readonly input?: string | Buffer;
  /** Milliseconds; default two minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How much it may print to standard output before it is stopped; default {@link MAX_OUTPUT_BYTES}. */
  readonly maxOutputBytes?: number;
  /** The program is idempotent: it is repeated if the connection to the machine was lost and its answer with it. */
  readonly repeatable?: boolean;
  /** Exit codes besides 0 that are no failure of {@link Host.run}: 3010 of DISM, which wants a reboot. */
  readonly accepted?: readonly number[];
}

export type FileType = 'file' | 'directory' | 'symlink' | 'other';

/** What lstat tells. `mode` holds the permission bits alone. */
export interface FileStat {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly device?: number;
  /** Where a symlink points. */
  readonly target?: string;
}

export interface FileAttributes {
  /** Permission bits, for example 0o600. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface UploadAttributes extends FileAttributes {
  readonly sha256: string;
  readonly differs?: boolean;
}

export interface CopyAttributes extends FileAttributes {
  readonly mayLink?: boolean;
}

/** Where to dial from the machine: a TCP address or a socket file on it. */
export type Address = { readonly host: string; readonly port: number } | { readonly socket: string };

/** A lock held on the machine until it is released or its holder dies. */
export interface Lock {
  release(): Promise<void>;
}

/** A network interface of the machine with its addresses (`10.0.0.5/24`). */
export interface NetworkInterface {
  readonly name: string;
  readonly up: boolean;
  readonly addresses: readonly string[];
}

/** A route; `destination` is a CIDR, `0.0.0.0/0` for the default route. */
export interface Route {
  readonly destination: string;
  readonly interface: string;
  readonly gateway?: string;
  /** Source address the kernel would use, if the route names one. */
  readonly source?: string;
  readonly metric: number;
}

export interface Network {
  readonly interfaces: readonly NetworkInterface[];
  readonly routes: readonly Route[];
}

/** State of a service: `active` as systemd has it, `enabled` at boot. */
export interface UnitState {
  readonly exists: boolean;
  readonly active: boolean;
  readonly enabled: boolean;
  /** Switched off so that nothing can start it (`systemctl mask`); such a unit does not count as existing. */
  readonly masked?: boolean;
  /** Its files were changed since the service manager read them, or it could not use them. */
  readonly outdated?: boolean;
  /** It says itself when it is ready (`Type=notify`), and a start ends no earlier. */
  readonly notifies?: boolean;
  /** What the service manager calls it, for messages: `failed (Result: exit-code)`. */
  readonly detail: string;
}

/** The service manager of a machine. Names carry their suffix: `kubelet.service`. */
export interface ServiceManager {
  state(unit: string): Promise<UnitState>;
  /** For the next boot. What runs now learns of it when unit files are read again. */
  enable(unit: string): Promise<void>;
  disable(unit: string): Promise<void>;
  start(unit: string): Promise<void>;
  stop(unit: string): Promise<void>;
  restart(unit: string): Promise<void>;
  /** Reads unit files again, which takes up to half a second on a small node. A start waits until it is done. */
  reload(): Promise<void>;
  /** The last lines that the service logged, since a moment (milliseconds since 1970, the machine's clock) if given. */
  log(unit: string, lines: number, since?: number): Promise<string>;
}

/** What a machine keeps that is neither a file nor a unit: a Windows service's definition, a firewall rule, a task. */
export type ObjectKind = 'service' | 'firewall-rule' | 'scheduled-task';

/** Objects of a machine, each a text that says all of it; the same text defines it again. */
export interface MachineObjects {
  /** undefined if there is none of that name. */
  read(kind: ObjectKind, name: string): Promise<string | undefined>;
  /** Makes it, or changes what is there; may be repeated. */
  write(kind: ObjectKind, name: string, definition: string): Promise<void>;
  /** It may be missing. */
  remove(kind: ObjectKind, name: string): Promise<void>;
}

/** What of a machine is made of its programs, and is made again for programs that a signal ends. */
export type ProgramParts = Pick<Machine, 'services' | 'network'> & Partial<Pick<Machine, 'objects' | 'facts'>>;

/**
 * The bare means of reaching a machine: this one, one over SSH, a scratch root. It knows nothing of
 * journals or dry runs; phases never see it, they see a {@link Host}.
 *
 * Every method rejects with an EdgeadmError, and ends in bounded time and memory whatever the machine does. Paths are
 * absolute paths on the machine.
 */
export interface Machine {
  /** What users call it: `localhost`, `root@10.0.0.5`. */
  readonly name: string;
  /** True if programs of the machine can be run (not on a scratch root). */
  readonly runsPrograms: boolean;
  /** True if a unit that is started really does its work: not on a scratch root, unless a sandbox attends it. */
  readonly runsUnits: boolean;
  readonly services: ServiceManager;
  /** Absent where all is files and units. */
  readonly objects?: MachineObjects;
  /** What the machine is, if it is not Linux. */
  readonly facts?: () => Promise<HostFacts>;
  /** A path as the programs of the machine spell it: `C:\etc\kubernetes`. Absent where that is the path itself. */
  readonly nativePath?: (path: string) => string;
  /** Its parts that run programs, with another way to run them. Absent on a scratch root, which runs none. */
  readonly through?: (exec: Machine['exec']) => ProgramParts;
  /** Runs a program to its end; a non-zero exit is an answer, not an error. A missing program has exit code 127. */
  exec(file: string, args: readonly string[], options?: CommandOptions): Promise<ProgramResult>;
  /** The file's bytes; undefined if there is none. Follows symlinks. */
  readFile(path: string): Promise<Buffer | undefined>;
  /**
   * Atomic: written beside the target, synced, renamed over it. The folder must exist.
   *
   * A stream that fails, be it at its very end, leaves the target unchanged and nothing beside it, and its error is
   * passed on unchanged if it is an EdgeadmError: {@link Host.upload} checks the sum of what it copies that way, so
   * that nothing takes the target's name before every byte of it was checked. It comes from a function, since it may
   * have to be written again on another connection; its chunks belong to the machine, which may release their memory.
   */
  writeFile(path: string, content: Buffer | (() => Readable), attributes: FileAttributes): Promise<void>;
  /**
   * Copies a file to another place of the machine, as {@link writeFile} writes one; its bytes stay on the machine.
   * Follows symlinks.
   * @param attributes `mayLink`: the file is going to be replaced, not changed, so that another name for it is as good
   * as a copy and costs nothing; its mode stays as it is then. `path` must not exist.
   */
  copyFile(from: string, path: string, attributes: CopyAttributes): Promise<void>;
  /** Appends and syncs; creates the file with mode 0600. */
  appendFile(path: string, text: string): Promise<void>;
  /**
   * Does not follow symlinks; undefined if there is nothing.
   * @param options `permissions`: `mode` is to be what the machine enforces, which costs a program on Windows;
   * without it, it is what the kind of file usually has
   */
  stat(path: string, options?: { readonly permissions?: boolean }): Promise<FileStat | undefined>;
  /** Names in a folder, sorted; empty if there is none. */
  list(path: string): Promise<string[]>;
  /** Makes one folder with exactly this mode; its parent must exist; an existing folder is left unchanged. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** An equal symlink is left unchanged; anything else in its place is an error. */
  symlink(target: string, path: string): Promise<void>;
  /** Removes a file, a symlink or an empty folder; it may be missing. */
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it; refused, before anything is removed, while something is mounted in it. */
  removeTree(path: string): Promise<void>;
  /** SHA-256 of a file as hex, computed on the machine; undefined if there is none. */
  sha256(path: string): Promise<string | undefined>;
  /** Dials from the machine: only its network counts. */
  connect(address: Address, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Duplex>;
  network(): Promise<Network>;
  /** The current value of a kernel parameter (`net.ipv4.ip_forward`), undefined if there is none. */
  sysctl(key: string): Promise<string | undefined>;
  setSysctl(key: string, value: string): Promise<void>;
  /**
   * Takes the lock file, whose folder must exist.
   * @returns undefined if another holds it.
   */
  lock(path: string): Promise<Lock | undefined>;
  /** The machine's wall clock, milliseconds since 1970, together with half the time the question took. */
  clock(): Promise<{ now: number; uncertaintyMs: number }>;
  /**
   * The same machine for the work of one command: when `signal` is aborted, whatever is in progress on it ends within
   * two seconds with the signal's reason, and nothing begins any more. Cleaning up is left to the machine it came from.
   */
  withSignal(signal: AbortSignal): Machine;
  /** Ends in bounded time, whatever the machine does. */
  close(): Promise<void>;
}

/** The part of a machine that is about files. */
export type FileMethods = Pick<
  Machine,
  | 'readFile'
  | 'writeFile'
  | 'copyFile'
  | 'appendFile'
  | 'stat'
  | 'list'
  | 'makeDirectory'
  | 'symlink'
  | 'remove'
  | 'removeTree'
  | 'sha256'
>;
