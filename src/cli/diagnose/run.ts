import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packTgz } from '../../artifacts/write-tgz.ts';
import { COMMAND_TIMEOUT_MS } from '../../config/join-spec.ts';
import { interruptedError } from '../../errors/interrupted.ts';
import { localMachine } from '../../host/local.ts';
import { withTimeLimit } from '../../host/time-limited.ts';
import { writePrivate } from '../../host/write-private.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { clientFromKubeconfig } from '../../kubernetes/kubeconfig/kubeconfig.ts';
import { logPaths } from '../../output/log-file.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { COLLECTOR_LIMIT_MS } from '../../phases/diagnose/collect.ts';
import type { CollectedFile } from '../../phases/diagnose/collector.ts';
import { type DiagnoseOptions, type Diagnosis, diagnose } from '../../phases/diagnose/diagnose.ts';
import { now, phaseLog } from '../../workflow/events.ts';
import { isNamed } from '../cluster-access.ts';
import { durationOf } from '../flags.ts';
import { type CommandHost, runOnNodes } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';
import { excerptsOf } from './excerpts.ts';
import type { DiagnoseFiles } from './files.ts';
import { diagnosisHtml } from './html.ts';
import { diagnosisText } from './text.ts';

/** Of all texts in an archive together. */
const ARCHIVE_LIMIT_BYTES = 64 * 1024 ** 2;
/** Of the command's time the rest is for the archive. */
const COLLECTING = 0.9;

/** An API server that is away must not use up the time of the diagnosis. Milliseconds. */
const LOGIN_MS = 5000;

/** Milliseconds; what cannot be killed is left. */
const ENDING_MS = 1000;

/** Diagnoses every target; archives and pages are written on this machine alone. */
export async function runDiagnose(
  flags: NodeFlags,
  { kubeconfig, ...files }: DiagnoseFiles & { readonly kubeconfig?: string },
  host: CommandHost,
): Promise<Omit<CommandResult, 'command'>> {
  const timeoutMs = durationOf(flags.timeout, '--timeout') ?? COMMAND_TIMEOUT_MS;
  const until = performance.now() + timeoutMs * COLLECTING;
  const texts: string[][] = [];
  const command = { name: 'diagnose', flags, worksOnWindows: true, looksOnly: true };
  const result = await runOnNodes(command, host, async ({ targets, emit, signal: whole }) => {
    const { warning } = phaseLog((body) => emit({ ...body, host: 'localhost', phase: 'diagnose', time: now() }));
    const admin = kubeconfig === undefined ? undefined : await adminOf(kubeconfig, whole, warning);
    return {
      onNode: async ({ machine, label, version, signal }) => {
        const log = label === 'localhost' ? undefined : await joinLog(label, flags.root);
        const found = await lookAt({ machine, label, version, signal, until, log, admin });
        // The findings are printed even if the archive cannot be written.
        const text = [diagnosisText(found.diagnosis)];
        texts.push(text);
        const written = await write(found, targets.length > 1 ? severalNames(files, label) : files);
        text.push(...Object.values(written).map((path) => `written: ${path}\n`));
        if (files.encrypt) text.push(`  to read it: age --decrypt -i KEY_FILE ${written.archive} | tar -xz\n`);
        return { outcome: 'diagnosed', cause: causeOf(found.diagnosis), data: { ...written, ...found.diagnosis } };
      },
      close: async () => admin?.close(),
    };
  });
  return { ...result, text: texts.map((text) => text.join('')).join('\n') };
}

/** Logs in first: an exec plug-in takes more time than a collector has. That the cluster is away is a finding. */
async function adminOf(
  kubeconfig: string,
  signal: AbortSignal,
  warn: (text: string) => void,
): Promise<ApiClient | undefined> {
  try {
    const client = await clientFromKubeconfig(kubeconfig, localMachine().connect, { signal });
    await client.send('GET', '/version', { timeoutMs: LOGIN_MS }).catch(() => signal.throwIfAborted());
    return client;
  } catch (error) {
    signal.throwIfAborted();
    if (isNamed(kubeconfig)) throw error;
    warn(`${(error as Error).message}; using the node's own credentials for the cluster`);
    return undefined;
  }
}

function causeOf({ findings: [first] }: Diagnosis): string {
  return first ? `${first.rule}: ${first.what}` : 'no problem found';
}

type Found = Awaited<ReturnType<typeof diagnose>>;

/** Programs that still hang on the node are ended with it, and get a moment for that. */
async function lookAt(options: DiagnoseOptions): Promise<Found> {
  const { signal } = options;
  const over = new AbortController();
  const { machine, idle } = withTimeLimit(options.machine, COLLECTOR_LIMIT_MS, AbortSignal.any([signal, over.signal]));
  try {
    return await diagnose({ ...options, machine });
  } catch (error) {
    throw signal.aborted ? interruptedError(signal, 'the diagnosis was interrupted; nothing was written') : error;
  } finally {
    over.abort();
    await Promise.race([idle(), delay(ENDING_MS)]);
  }
}

async function write(
  { diagnosis, files }: { readonly diagnosis: Diagnosis; readonly files: readonly CollectedFile[] },
  { archive, html, encrypt }: DiagnoseFiles,
): Promise<{ archive: string; html?: string }> {
  const page = diagnosisHtml(diagnosis, excerptsOf(files));
  const own = [
    { path: 'diagnosis.html', text: page },
    { path: 'diagnosis.json', text: `${JSON.stringify(diagnosis, null, 2)}\n` },
  ];
  const plain = await packTgz([...own, ...files], ARCHIVE_LIMIT_BYTES);
  const content = encrypt ? await encrypt(plain) : plain;
  const paths = archive ? [archive] : defaultPaths(diagnosis, encrypt ? '.tgz.age' : '.tgz');
  const written = await firstOf(paths, (path) => writePrivate(path, content));
  if (html) await writePrivate(html, page);
  return { archive: written, ...(html && { html }) };
}

/** In order of preference: the current folder, or a temporary one, or, if the disk is full, memory. */
function defaultPaths({ host, node }: Diagnosis, extension: string): string[] {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '');
  const name = `edgeadm-diagnose-${fileName(host === 'localhost' || isAbsolute(host) ? node : host)}-${time}${extension}`;
  return [`./${name}`, join(tmpdir(), name), join('/dev/shm', name)];
}

/** Tries one path after another. @throws the error of the first */
async function firstOf(paths: readonly string[], attempt: (path: string) => Promise<void>): Promise<string> {
  const errors: unknown[] = [];
  for (const path of paths) {
    try {
      await attempt(path);
      return path;
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0];
}

/** @param root of a scratch root: a log that is older was about another folder of its name */
async function joinLog(host: string, root?: string): Promise<string | undefined> {
  const [path = ''] = logPaths(host, { hosts: [host], env: process.env });
  try {
    if (root !== undefined && (await stat(path)).mtimeMs < (await stat(root)).birthtimeMs) return undefined;
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** `NAME-HOST.EXT` for each that was named. */
function severalNames({ archive, html, encrypt }: DiagnoseFiles, label: string): DiagnoseFiles {
  const withHost = (path: string): string => {
    const { dir, base } = parse(path);
    const [, name = base, extension = ''] = /^(.+?)(\.(?:tgz|tar\.gz)(?:\.age)?|\.[^.]*)$/.exec(base) ?? [];
    return join(dir, `${name}-${fileName(label)}${extension}`);
  };
  return { archive: archive && withHost(archive), html: html && withHost(html), encrypt };
}

function fileName(label: string): string {
  // A scratch root without a host name is called by its folder alone.
  const short = isAbsolute(label) ? basename(label) : label;
  return short.replace(/^.*@/, '').replace(/[^A-Za-z0-9.-]+/g, '_');
}
