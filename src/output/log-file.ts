import { closeSync, renameSync, writeSync } from 'node:fs';
import { join, parse } from 'node:path';
import { PATHS } from '../host/node-paths.ts';
import { formatDuration } from '../lib/duration.ts';
import { stateFolder } from '../lib/state-folder.ts';
import { klogHead, klogRenderer } from './klog.ts';
import { removeZeros } from './lost-lines.ts';
import { openLog } from './open-log.ts';
import type { HostResult, Renderer } from './renderer.ts';
import type { Environment } from './style.ts';

/** Beyond this the file becomes `.1`, and the `.1` before it goes. */
const LIMIT_BYTES = 10 * 1024 * 1024;

export interface LogOptions {
  /** `--log-file`. */
  readonly path?: string;
  readonly hosts: readonly string[];
  readonly command: string;
  readonly version: string;
  readonly env: Environment;
}

/** Log files, one for each host, opened when their host has something to tell. Every detail, no secret. */
export class LogFiles implements Renderer {
  readonly #options: LogOptions;
  readonly #files = new Map<string, LogFile>();
  readonly #renderers = new Map<string, Renderer>();

  constructor(options: LogOptions) {
    this.#options = options;
  }

  event(event: Parameters<Renderer['event']>[0]): void {
    const renderer = this.#renderers.get(event.host) ?? this.#open(event.host, event.time);
    renderer.event(event);
  }

  hostDone({ host, ok, outcome, durationMs }: HostResult): void {
    const time = Date.now();
    if (ok) this.#note(host, time, `${outcome} in ${formatDuration(durationMs)}`);
  }

  /** The file of a host that was really written to. */
  pathOf(host: string): string | undefined {
    return this.#files.get(host)?.path;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  #open(host: string, time: number): Renderer {
    const file = new LogFile(logPaths(host, this.#options));
    const renderer = klogRenderer({ write: (text) => file.write(text), verbose: true, nameHosts: false });
    this.#files.set(host, file);
    this.#renderers.set(host, renderer);
    const { command, version } = this.#options;
    // Lines have local times without a year: this one says when the run began wherever the log is read.
    this.#note(host, time, `edgeadm ${version}: ${command} on ${host} at ${new Date(time).toISOString()}`);
    return renderer;
  }

  #note(host: string, time: number, text: string): void {
    this.#files.get(host)?.write(`${klogHead('I', time, 'edgeadm')} [edgeadm] ${text}\n`);
  }
}

/**
 * The files to try, best first. A remote host's log stays on this machine. By default that of this machine is
 * /var/log/edgeadm.log and that of another is named after it in the user's state folder
 * (`$XDG_STATE_HOME/edgeadm`, else `~/.local/state/edgeadm`); a `--log-file` is one file, or one beside the other,
 * `NAME-HOST.EXT`, for several hosts.
 */
export function logPaths(host: string, { path, hosts, env }: Pick<LogOptions, 'path' | 'hosts' | 'env'>): string[] {
  const state = stateFolder(env);
  const fallback = (name: string): string[] => (state ? [join(state, 'edgeadm', name)] : []);
  const label = host.replace(/^.*@/, '').replace(/[^A-Za-z0-9.-]+/g, '_');
  if (path) {
    const { dir, name, ext } = parse(path);
    const file = hosts.length > 1 ? `${name}-${label}${ext}` : `${name}${ext}`;
    return [join(dir, file), ...fallback(file)];
  }
  const own =
    process.platform === 'win32' ? `${env.SystemRoot ?? 'C:\\Windows'}\\Logs\\edgeadm.log` : PATHS.edgeadm.log;
  return host === 'localhost' ? [own, ...fallback('edgeadm.log')] : fallback(`edgeadm-${label}.log`);
}

/**
 * One file that is appended to, and never a reason to fail: on a full or read-only disk it falls silent.
 * Written at once, line by line, so that the last line before a kill is there.
 */
export class LogFile {
  #fd: number | undefined;
  #path: string | undefined;
  #size = 0;
  #rotates = false;

  /** @param candidates paths; the first that can be opened is used. */
  constructor(candidates: readonly string[]) {
    candidates.some((path) => this.#open(path));
  }

  /** The file in use, undefined if none could be opened. */
  get path(): string | undefined {
    return this.#path;
  }

  write(text: string): void {
    try {
      if (this.#rotates && this.#size + text.length > LIMIT_BYTES) this.#rotate();
      if (this.#fd !== undefined) this.#size += writeSync(this.#fd, text);
    } catch {
      this.close();
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
    } catch {
      // A network file system tells of its full disk only now.
    }
  }

  #open(path: string): boolean {
    try {
      const { fd, stats } = openLog(path);
      this.#fd = fd;
      this.#rotates = stats.isFile();
      this.#size = this.#rotates ? removeZeros(path, fd, stats.size) : stats.size;
      this.#path = path;
      return true;
    } catch {
      this.close();
      return false;
    }
  }

  #rotate(): void {
    const path = this.#path ?? '';
    this.close();
    renameSync(path, `${path}.1`);
    this.#open(path);
  }
}
