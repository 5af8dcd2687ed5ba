import type { Duplex } from 'node:stream';
import type { HostFacts } from './host-facts.ts';
import type { ChoiceKey } from './journal/choices.ts';
import type {
  Address,
  CommandOptions,
  FileAttributes,
  FileStat,
  Network,
  ObjectKind,
  ProgramResult,
  UnitState,
  UploadAttributes,
} from './machine.ts';

/**
 * The door through which phases see and change a machine.
 *
 * `query`, `read` and their like never change anything and pass through a dry run. Everything else is written to
 * the journal on the machine before it happens (or, in a dry run, only reported).
 */
export interface Host {
  readonly name: string;
  /** The same host, whose programs outlive the command's signal: for evidence once the time is up. */
  readonly unbound?: Host;
  /** False if nothing is really changed (`--dry-run`). */
  readonly wet: boolean;
  /** True if programs of the machine can be run (not on a scratch root). */
  readonly runsPrograms: boolean;
  /** True if a unit that is started really does its work: not on a scratch root, unless a sandbox attends it. */
  readonly runsUnits: boolean;

  facts(): Promise<HostFacts>;
  network(): Promise<Network>;
  clock(): Promise<{ now: number; uncertaintyMs: number }>;
  /** Runs a program that changes nothing. A non-zero exit is an answer; a missing program has exit code 127. */
  query(file: string, args: readonly string[], options?: CommandOptions): Promise<ProgramResult>;
  /** A path as the programs of the machine and the files they read spell it. */
  nativePath(path: string): string;
  /** Text of a file, undefined if there is none. */
  read(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Buffer | undefined>;
  /** @param options as of the machine's */
  stat(path: string, options?: { readonly permissions?: boolean }): Promise<FileStat | undefined>;
  /** What an object of the machine is; undefined if there is none, or the machine has none of its kind. */
  object(kind: ObjectKind, name: string): Promise<string | undefined>;
  list(path: string): Promise<string[]>;
  sha256(path: string): Promise<string | undefined>;
  sysctl(key: string): Promise<string | undefined>;
  unit(unit: string): Promise<UnitState>;
  unitLog(unit: string, lines: number, since?: number): Promise<string>;
  connect(address: Address, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Duplex>;

  /**
   * Runs a program that changes something which needs no journal entry of its own.
   * @throws EdgeadmError COMMAND_FAILED on an exit code that is neither 0 nor `accepted`, with the end of its output.
   */
  run(file: string, args: readonly string[], options?: CommandOptions): Promise<ProgramResult>;
  /**
   * Writes a file, and the folders above it. A file that already is so is left alone.
   * @returns true if something was changed.
   */
  write(path: string, content: string | Buffer, attributes: FileAttributes): Promise<boolean>;
  /**
   * Copies a file of the machine edgeadm runs on; the sum must fit. Otherwise like {@link write}.
   * @param attributes `differs`: what is there was compared already and is not the same
   */
  upload(localPath: string, path: string, attributes: UploadAttributes): Promise<boolean>;
  /** Copies a file of the machine over another; no journal entry, since this is how files are restored. */
  copyFile(from: string, path: string, attributes: FileAttributes): Promise<void>;
  symlink(target: string, path: string): Promise<boolean>;
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Removes a file, a symlink or an empty folder; the journal keeps a copy. It may be missing. */
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it, but nothing on another file system. Only resets do this: no copy is kept. */
  removeTree(path: string): Promise<void>;
  /**
   * Declares folders that other programs fill from now on. What is in them already is noted; a reset removes the rest.
   */
  claim(...paths: readonly string[]): Promise<void>;
  /**
   * Makes an object of the machine what the text says.
   * @returns true if something was changed
   */
  define(kind: ObjectKind, name: string, definition: string): Promise<boolean>;
  /** Removes an object of the machine; it may be missing. */
  undefine(kind: ObjectKind, name: string): Promise<void>;
  /** For the next boot; {@link settle} is for this one. */
  enableUnit(unit: string): Promise<void>;
  disableUnit(unit: string): Promise<void>;
  startUnit(unit: string): Promise<void>;
  stopUnit(unit: string): Promise<void>;
  restartUnit(unit: string): Promise<void>;
  /**
   * Starts a unit, or restarts it if one of the files it reads was changed since it was last started.
   * @param state of the unit, where it is known already
   * @returns true if it was started or restarted
   */
  applyUnit(unit: string, files: readonly string[], state?: UnitState): Promise<boolean>;
  /** Reads unit files again. A unit that did not exist needs none of that; a start waits until it is done. */
  reloadUnits(): Promise<void>;
  setSysctl(key: string, value: string): Promise<void>;
  /**
   * Imports an image archive of the machine into containerd's `k8s.io` namespace.
   * @param names the references in it
   * @param there the references that containerd has already; without them, it is asked
   */
  importImage(path: string, names: readonly string[], there?: ReadonlySet<string>): Promise<void>;
  /**
   * Images that were imported before the machine was started and of which it is not known that they were synced to its
   * disk by then: a power cut leaves containerd with their names and empty files.
   * @see https://github.com/containerd/containerd/issues/8409
   */
  imagesInDoubt(): Promise<readonly string[]>;
  /**
   * Does what can wait until the node is Ready: syncs to the disk what images were imported since the machine was
   * started, and tells the service manager of the units that were enabled.
   */
  settle(): Promise<void>;
  /** A value chosen earlier; undefined if none was. */
  chosen(key: ChoiceKey): Promise<string | undefined>;
  /** A value chosen once (a random name) and kept until reset. */
  choose(key: ChoiceKey, make: () => string): Promise<string>;
}
