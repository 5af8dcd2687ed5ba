import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyTestbed } from './cgroups.ts';

/** One file for all test beds of this machine: the values are the machine's. */
const file = join(tmpdir(), 'edgeadm-testbed-sysctls.json');
const path = (name: string) => join('/proc/sys', name.replaceAll('.', '/'));

/** Written by every kubelet and not per node: nodes share them with the machine. */
const setByKubelet = ['vm.overcommit_memory', 'vm.panic_on_oom', 'kernel.panic', 'kernel.panic_on_oops'];

/** systemd, containerd and kubelet of eight nodes need more watches than one machine's default. */
const raised = { 'fs.inotify.max_user_instances': 8192, 'fs.inotify.max_user_watches': 1048576 };

/** Raises the machine's limits for many nodes, and keeps the values that {@link restoreSysctls} restores. */
export async function prepareSysctls(): Promise<void> {
  if (existsSync(file)) return;
  const names = [...setByKubelet, ...Object.keys(raised)].filter((name) => existsSync(path(name)));
  const values = Object.fromEntries(names.map((name) => [name, readFileSync(path(name), 'utf8').trim()]));
  await writeFile(file, JSON.stringify(values));
  for (const [name, value] of Object.entries(raised)) {
    if (Number(values[name]) < value) await writeFile(path(name), String(value));
  }
}

/** Puts the machine's own values back, also those a killed run left, once no test bed is left that needs others. */
export async function restoreSysctls(): Promise<void> {
  if (!existsSync(file) || (await anyTestbed())) return;
  const values: Record<string, string> = JSON.parse(await readFile(file, 'utf8'));
  for (const [name, value] of Object.entries(values)) await writeFile(path(name), value);
  await rm(file);
}
