import { type Check, fail, pass, skip } from '../check.ts';

const MEBIBYTE = 1024 * 1024;
/** What kubeadm asks of a control plane; the vendor adds cloud instances by itself from 2 CPUs and 4 GB on. */
const ENOUGH = { cpus: 2, mebibytes: 1700 };

export const numCpu: Check = {
  name: 'NumCPU',
  concerns: 'node',
  severity: 'warning',
  about: `The machine has at least ${ENOUGH.cpus} CPUs. Only a warning, because an edge node works with one.`,
  remedy: 'Give the machine more CPUs, or expect little capacity for pods.',
  run: async ({ host }) => {
    const { cpus } = await host.facts();
    if (cpus === 0) return skip('the number of CPUs is unknown');
    return cpus >= ENOUGH.cpus ? pass(`${cpus}`) : fail(`found ${cpus}, recommended ${ENOUGH.cpus}`);
  },
};

export const memory: Check = {
  name: 'Mem',
  concerns: 'node',
  severity: 'warning',
  about: `The machine has at least ${ENOUGH.mebibytes} MiB of memory. Only a warning, because an edge node works with less.`,
  remedy: 'Give the machine more memory, or expect little capacity for pods.',
  run: async ({ host }) => {
    const found = Math.floor((await host.facts()).memoryBytes / MEBIBYTE);
    if (found === 0) return skip('the amount of memory is unknown');
    return found >= ENOUGH.mebibytes
      ? pass(`${found} MiB`)
      : fail(`found ${found} MiB, recommended ${ENOUGH.mebibytes} MiB`);
  },
};
