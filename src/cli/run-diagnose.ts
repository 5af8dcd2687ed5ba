import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { writePrivate, writeTgz } from '../artifacts/write-tgz.ts';
import { DEFAULT_TIMEOUT_MS } from '../config/join-spec.ts';
import { withNode } from '../host/node-session.ts';
import { targetsOf } from '../host/targets.ts';
import { logPaths } from '../output/log-file.ts';
import type { CommandResult } from '../output/renderer.ts';
import { type Diagnosis, diagnose } from '../phases/diagnose/diagnose.ts';
import { diagnosisHtml } from './diagnosis-html.ts';
import { durationOf } from './flags.ts';
import { onHosts } from './hosts.ts';
import type { Shown } from './run-join.ts';
import { commandSignal } from './signals.ts';
import { type NodeFlags, targetOptions } from './target-options.ts';

/** Of all texts in an archive together. */
const ARCHIVE_LIMIT_BYTES = 64 * 1024 ** 2;

/** Where the results go; undefined: the default archive, no page of its own. */
export interface DiagnoseFiles {
  readonly archive?: string;
  readonly html?: string;
}

/** Diagnoses every target; archives and pages are written on this machine alone. */
export async function runDiagnose(
  flags: NodeFlags,
  files: DiagnoseFiles,
  shown: Shown,
): Promise<Omit<CommandResult, 'command'>> {
  const targets = await targetsOf(targetOptions(flags));
  const hosts = targets.map(({ label }) => label);
  const output = shown.open({ verbose: flags.verbose, hosts, logFile: flags['log-file'], looksOnly: true });
  const { signal, done } = commandSignal(durationOf(flags.timeout, '--timeout') ?? DEFAULT_TIMEOUT_MS);
  const { version } = shown;
  const texts: string[] = [];
  const work: Parameters<typeof onHosts>[2] = (machine, { label }) =>
    withNode(machine, { command: 'diagnose', version, changes: false }, async (session) => {
      const log = label === 'localhost' || flags.root ? undefined : await joinLog(label);
      const found = await diagnose({ session, label, signal, log });
      const page = diagnosisHtml(found.diagnosis);
      const summary = `${JSON.stringify(found.diagnosis, null, 2)}\n`;
      const archive = archivePath(label, hosts.length > 1, files.archive);
      const own = [
        { path: 'diagnosis.html', text: page },
        { path: 'diagnosis.json', text: summary },
      ];
      await writeTgz(archive, [...own, ...found.files], ARCHIVE_LIMIT_BYTES);
      const html = files.html && (hosts.length > 1 ? withHost(files.html, label) : files.html);
      if (html) await writePrivate(html, page);
      texts.push(diagnosisText(found.diagnosis, [archive, ...(html ? [html] : [])]));
      return { outcome: 'diagnosed', data: { archive, ...(html && { html }), ...found.diagnosis } };
    });
  try {
    const result = await onHosts(targets, { command: 'diagnose', concurrency: flags.concurrency, output }, work);
    return { ...result, text: texts.join('\n') };
  } finally {
    done();
  }
}

async function joinLog(host: string): Promise<string | undefined> {
  const [path = ''] = logPaths(host, { hosts: [host], env: process.env });
  return readFile(path, 'utf8').catch(() => undefined);
}

function archivePath(label: string, several: boolean, path: string | undefined): string {
  if (path !== undefined) return several ? withHost(path, label) : path;
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `./edgeadm-diagnose-${fileName(label)}-${time}.tgz`;
}

/** `NAME-HOST.EXT` */
function withHost(path: string, label: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${fileName(label)}${ext}`);
}

function fileName(label: string): string {
  return label.replace(/^.*@/, '').replace(/[^A-Za-z0-9.-]+/g, '_');
}

function diagnosisText({ host, findings, collectors }: Diagnosis, paths: readonly string[]): string {
  const [first, ...others] = findings;
  const missing = collectors.filter(({ outcome }) => outcome !== 'ok');
  const indented = (text: string): string =>
    text
      .split('\n')
      .map((line) => `  ${line}\n`)
      .join('');
  return [
    first ? `${host}: likely cause: ${first.what} (${first.rule})\n` : `${host}: nothing wrong was found\n`,
    first ? `${indented(first.evidence)}  next: ${first.next}\n` : '',
    ...others.map(({ severity, what, rule, next }) => `${severity}: ${what} (${rule})\n  next: ${next}\n`),
    ...missing.map(({ name, outcome, reason }) => `could not be had: ${name}: ${outcome}: ${reason}\n`),
    ...paths.map((path) => `written: ${path}\n`),
  ].join('');
}
