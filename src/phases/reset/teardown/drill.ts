import { posix } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';

/** Of the timer that ends a drill, and of the service that the timer starts. */
export const DRILL_UNIT = 'edgeadm-drill';
/** Ends a drill with a reboot; it is the first thing that such a drill writes. */
export const DRILL_END = posix.join(PATHS.edgeadm.drill, 'end.sh');

const TIMER = `${DRILL_UNIT}.timer`;

/** Whether a drill of this node was begun and not ended. */
export async function hasDrill(host: Host): Promise<boolean> {
  return (await host.stat(PATHS.edgeadm.drill)) !== undefined || (await host.unit(TIMER)).active;
}

/** Restores the network, and removes what makes the next boot cut the node off. What was noted stays. */
export async function endBootDrill(host: Host): Promise<void> {
  if (await host.stat(DRILL_END)) await host.run('/bin/sh', [DRILL_END]);
}

/** Does at once what the timer of a drill that was killed would do later, and removes what a drill with a reboot left. */
export async function endDrill(host: Host): Promise<void> {
  if ((await host.unit(TIMER)).active) {
    await host.run('systemctl', ['start', `${DRILL_UNIT}.service`]);
    await host.run('systemctl', ['stop', TIMER]);
  }
  await endBootDrill(host);
  if (await host.stat(PATHS.edgeadm.drill)) await host.removeTree(PATHS.edgeadm.drill);
}
