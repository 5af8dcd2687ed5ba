import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from './read-only-host.ts';
import { unitFilesOf } from './unit-command.ts';

const OWN = posix.basename(PATHS.kubelet.dropIn);

/**
 * What the kubelet's service needs and the machine does not have, so that systemd would not start it; one sentence each.
 * Files that the join replaces do not count. See systemd.unit(5) and systemd.exec(5).
 */
export async function missingRequirements(host: ReadOnlyHost): Promise<string[]> {
  const files = (await unitFilesOf(host, PATHS.kubelet.unit)).filter(
    ({ path }) => path !== PATHS.kubelet.unitFile && posix.basename(path) !== OWN,
  );
  const found = await Promise.all(
    files.map(async ({ path, text }) => {
      const whole = wholeLines(text);
      const missing = [...(await missingUnits(host, whole)), ...(await missingFiles(host, whole))];
      return missing.map((name) => `${path} needs ${name}, which does not exist: systemd would not start the kubelet`);
    }),
  );
  return found.flat();
}

async function missingUnits(host: ReadOnlyHost, text: string): Promise<string[]> {
  const names = [...text.matchAll(/^\s*(?:Requires|Requisite|BindsTo)=(.*)$/gm)].flatMap(([, value = '']) =>
    value.split(/\s+/).filter((name) => name.endsWith('.service')),
  );
  const there = await Promise.all(names.map(async (name) => (await host.unit(name)).exists));
  return names.filter((_, i) => !there[i]);
}

/** One with a dash before it may be missing, and one with a wildcard is a pattern. */
async function missingFiles(host: ReadOnlyHost, text: string): Promise<string[]> {
  const paths = [...text.matchAll(/^\s*EnvironmentFile=(\/[^*?[%]*)$/gm)].map(([, path = '']) => path.trim());
  const there = await Promise.all(paths.map((path) => host.stat(path)));
  return paths.filter((_, i) => there[i] === undefined);
}
