import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from '../preflight/read-only-host.ts';
import { unitFilesOf } from '../preflight/unit-command.ts';
import { environmentFilesIn, environmentIn } from '../preflight/unit-environment.ts';

const { configuration, flags, extraFlags, kubeconfig, sysconfig } = PATHS.kubelet;

/**
 * True if the service that kubeadm's package (or an image) brought starts this kubelet with the files of a join. It asks
 * for a first certificate only where there is none that is valid, and the join brings one.
 *
 * Source: 10-kubeadm.conf of pkgs.k8s.io, and https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/
 * @param kubelet its program
 */
export async function startsWithJoinFiles(host: ReadOnlyHost, kubelet: string): Promise<boolean> {
  const units = await unitFilesOf(host, PATHS.kubelet.unit);
  const text = wholeLines(units.map((file) => file.text).join('\n'));
  // The preflight does not look at what else is in a drop-in that the join would replace.
  const replaced = units.find(({ path }) => posix.basename(path) === posix.basename(PATHS.kubelet.dropIn));
  if (hasOtherKeys(replaced?.text ?? '')) return false;
  const [program, ...words] = [...text.matchAll(/^\s*ExecStart=(.+)$/gm)].at(-1)?.[1]?.trim().split(/\s+/) ?? [];
  const variables = words.map((word) => /^\$\{?KUBELET_([A-Z]+)_ARGS\}?$/.exec(word)?.[1]);
  const files = environmentFilesIn(text);
  if (files.some((path) => ![flags, extraFlags, sysconfig].includes(path))) return false;
  if (program !== kubelet || variables.includes(undefined) || !files.includes(flags)) return false;
  if (!['CONFIG', 'KUBEADM', 'KUBECONFIG'].every((name) => variables.includes(name))) return false;
  const extra = await Promise.all([extraFlags, sysconfig].map(async (path) => ((await host.stat(path)) ? [path] : [])));
  if (extra.flat().some((path) => !files.includes(path) || !variables.includes('EXTRA'))) return false;
  const set = environmentIn(text);
  const access = (set.get('KUBELET_KUBECONFIG_ARGS') ?? '').split(/\s+/);
  const hasNothingElse = access.every(
    (word) => /^--bootstrap-kubeconfig=/.test(word) || word === `--kubeconfig=${kubeconfig}`,
  );
  return (
    set.get('KUBELET_CONFIG_ARGS') === `--config=${configuration}` &&
    access.includes(`--kubeconfig=${kubeconfig}`) &&
    hasNothingElse &&
    !set.has('KUBELET_KUBEADM_ARGS') &&
    !set.has('KUBELET_EXTRA_ARGS')
  );
}

function hasOtherKeys(dropIn: string): boolean {
  return /^\s*(?!Environment=|EnvironmentFile=|ExecStart=)\w+\s*=/m.test(wholeLines(dropIn));
}
