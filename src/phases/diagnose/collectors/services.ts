import { parseUnitState } from '../../../host/systemd.ts';
import type { Collector } from '../collector.ts';
import { query } from './common.ts';

const UNITS = [
  'kubelet',
  'yurthub',
  'containerd',
  'docker',
  'crio',
  'systemd-timesyncd',
  'chronyd',
  'ntpd',
  'firewalld',
  'ufw',
];
/** Not `systemctl status`, which shows the command lines of all processes. Those that a version lacks are left out. */
const PROPERTIES = [
  'Id,Description,LoadState,ActiveState,SubState,Result,UnitFileState,StatusText,FragmentPath,DropInPaths,NeedDaemonReload',
  'MainPID,ExecMainCode,ExecMainStatus,ExecMainStartTimestamp,ExecMainExitTimestamp,NRestarts,MemoryCurrent,TasksCurrent',
];

/** The services that matter to a node, in systemd's words. */
export const services: Collector = {
  name: 'services/state',
  run: async (context) => {
    if (!context.host.runsPrograms) return { files: [] };
    const names = UNITS.map((unit) => `${unit}.service`);
    const args = ['show', '--no-pager', `--property=${PROPERTIES.join(',')}`, ...names];
    const { stdout, stderr } = await query(context, 'systemctl', args);
    const blocks = stdout.split(/\n{2,}/).filter((block) => /^LoadState=(?!not-found)/m.test(block));
    const units = blocks.map((block) => [/^Id=(.*)$/m.exec(block)?.[1] ?? '', parseUnitState(block).detail]);
    return {
      files: [{ path: 'services/state.txt', text: `${blocks.join('\n\n')}\n${stderr}` }],
      facts: { units: Object.fromEntries(units) },
    };
  },
};
