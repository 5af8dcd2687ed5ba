import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from './read-only-host.ts';
import { unitFilesOf } from './unit-command.ts';
import { environmentFilesIn, environmentIn } from './unit-environment.ts';

const VARIABLE = 'KUBELET_EXTRA_ARGS';
const OWN = posix.basename(PATHS.kubelet.dropIn);
const KNOWN = [PATHS.kubelet.extraFlags, PATHS.kubelet.sysconfig];

export interface ExtraArguments {
  /** Texts like those of files of environment variables, which the kubelet gets its own flags from. */
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  /** Flags that are set where the kubelet will not get them from, one sentence each. */
  readonly lost: readonly string[];
}

/**
 * What sets KUBELET_EXTRA_ARGS for the kubelet of a join: the two files that its drop-in names, those of other drop-ins,
 * and variables of drop-ins, which count only if no file has them. See systemd.exec(5).
 * @param owns whether edgeadm wrote a file
 */
export async function extraArguments(host: ReadOnlyHost, owns: (path: string) => boolean): Promise<ExtraArguments> {
  const units = (await unitFilesOf(host, PATHS.kubelet.unit)).map(({ path, text }) => ({
    path,
    text: wholeLines(text),
  }));
  const others = units.filter(({ path }) => posix.basename(path) !== OWN);
  const named = others.flatMap(({ text }) => environmentFilesIn(text)).filter((path) => path !== PATHS.kubelet.flags);
  const files = await Promise.all(
    [...new Set([...KNOWN, ...named])].map(async (file) => ({ file, text: (await host.read(file)) ?? '' })),
  );
  const replacedBy = files.find(({ text }) => new RegExp(`^\\s*${VARIABLE}\\s*=`, 'm').test(text))?.file;
  const sources = [...files];
  const lost: string[] = [];
  for (const { path, text } of units) {
    const value = environmentIn(text).get(VARIABLE) ?? '';
    if (value === '' || owns(path)) continue;
    const why =
      posix.basename(path) === OWN ? 'the join writes a file of this name' : replacedBy && `${replacedBy} has it, too`;
    if (why) lost.push(`${path} sets ${VARIABLE}, but ${why}: the kubelet does not get these flags`);
    else sources.push({ file: path, text: `${VARIABLE}=${value}` });
  }
  return { sources, lost };
}
