import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { commandLine, quote } from '../../host/quote.ts';
import { fillTemplate } from '../../templates/text.ts';
import { DRILL_END } from '../reset/teardown/drill.ts';
import { cutCommands, endScript, type ServerAddress } from './network-cut.ts';

const UNITS = { cut: 'edgeadm-drill-cut.service', end: 'edgeadm-drill-end.service', timer: 'edgeadm-drill-end.timer' };
const [UNIT_FOLDER = ''] = PATHS.system.unitFolders;
const directory = PATHS.edgeadm.drill;

const pathOf = (name: string): string => posix.join(directory, name);
const unitPath = (unit: string): string => posix.join(UNIT_FOLDER, unit);

/** What was noted before the boot. */
export const BOOT_STATE = pathOf('state.json');

/** Written at a moment of the drill, with the time: seconds since 1970 by the clock of the node. */
export type Moment = 'cut' | 'restored';

/**
 * Has the node cut itself off when it next boots, before its runtime and its kubelet are started, and restore its
 * network so many seconds later.
 */
export async function prepareBoot(
  host: Host,
  servers: readonly ServerAddress[],
  { state, seconds }: { readonly state: string; readonly seconds: number },
): Promise<void> {
  // A removal that was killed may have left the moments of an earlier drill.
  await host.removeTree(directory);
  await host.makeDirectory(directory, 0o700);
  await host.write(DRILL_END, endAfterBoot(), { mode: 0o600 });
  await host.write(pathOf('cut.sh'), cutAtBoot(servers), { mode: 0o600 });
  await host.write(BOOT_STATE, state, { mode: 0o600 });
  for (const unit of [UNITS.cut, UNITS.end])
    await host.write(unitPath(unit), fillTemplate(`drill/${unit}`, { directory }), { mode: 0o644 });
  const timer = fillTemplate(`drill/${UNITS.timer}`, { seconds: String(seconds) });
  await host.write(unitPath(UNITS.timer), timer, { mode: 0o644 });
  await host.reloadUnits();
  await host.enableUnit(UNITS.timer);
  await host.enableUnit(UNITS.cut);
}

function cutAtBoot(servers: readonly ServerAddress[]): string {
  const commands = cutCommands(servers).map((words) => commandLine(words));
  return ['set -e', ...commands, noteMoment('cut'), ''].join('\n');
}

function endAfterBoot(): string {
  const units = Object.values(UNITS);
  return [
    endScript(),
    noteMoment('restored'),
    commandLine(['systemctl', 'disable', UNITS.cut, UNITS.timer]),
    commandLine(['rm', '-f', ...units.map(unitPath)]),
    'systemctl daemon-reload',
    '',
  ].join('\n');
}

const noteMoment = (moment: Moment): string => `date +%s >${quote(pathOf(moment))}`;

/** When it was, in milliseconds; undefined if it has not come. */
export async function momentOf(host: Host, moment: Moment): Promise<number | undefined> {
  const seconds = Number((await host.read(pathOf(moment)))?.trim() || Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** Removes what is left. */
export function forgetBootDrill(host: Host): Promise<void> {
  return host.removeTree(directory);
}
