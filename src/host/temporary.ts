import { posix } from 'node:path';

/**
 * Where a file is written before it takes its name. The same path every time, so that what a killed run left there is
 * found and removed by the next; hidden and without a known ending, so that no other program (kubelet, CNI, systemd)
 * reads it.
 */
export function temporaryOf(path: string): string {
  return posix.join(posix.dirname(path), `.${posix.basename(path)}.edgeadm-tmp`);
}
