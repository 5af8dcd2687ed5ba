import { posix } from 'node:path';
import type { Host } from './host.ts';

/**
 * Which of the names in a folder belong to packages of the distribution, as dpkg or rpm has it. None if the machine
 * has neither, as Windows, or runs no programs.
 */
export async function ownedByPackages(host: Host, folder: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0 || !host.runsPrograms || (await host.facts()).platform === 'windows') return [];
  const paths = names.map((name) => posix.join(folder, name));
  const [dpkg, rpm] = await Promise.all([
    host.query('dpkg-query', ['--search', ...paths]),
    host.query('rpm', ['--query', '--file', '--queryformat', 'owned\n', ...paths]),
  ]);
  // dpkg-query names those that it knows: `kubernetes-cni: /opt/cni/bin/bridge`.
  const known = new Set(dpkg.stdout.split('\n').map((line) => line.slice(line.indexOf(': ') + 2)));
  // rpm answers with a line for each, in their order.
  const answers = rpm.stdout.split('\n');
  return names.filter((_, i) => known.has(paths[i] ?? '') || answers[i] === 'owned');
}
