import { type Check, fail, pass, skip } from '../check.ts';

/** cloud-init makes the folder when it begins, and the file at the very end of its last stage. */
const RUNNING = '/run/cloud-init';
const ENDED = `${RUNNING}/result.json`;
const DISABLED = `${RUNNING}/disabled`;

export const cloudInit: Check = {
  name: 'CloudInit',
  concerns: 'node',
  severity: 'warning',
  about:
    'cloud-init has finished: until then it may still set the host name, addresses, disks and packages of a machine that was just created.',
  remedy: 'Wait for it: `cloud-init status --wait`, then join. If the join itself is run by cloud-init, ignore this.',
  run: async ({ host }) => {
    if (!(await host.stat(RUNNING)) || (await host.stat(DISABLED))) return skip('the machine has no cloud-init');
    return (await host.stat(ENDED)) ? pass() : fail(`cloud-init is still running: ${ENDED} does not exist yet`);
  },
};
