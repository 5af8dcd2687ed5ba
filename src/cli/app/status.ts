import { table } from '../../output/table.ts';
import { type App, appImages, appName } from '../../phases/app/app.ts';
import type { PoolStatus } from '../../phases/app/app-status.ts';

/** One line a pool, and what is wrong. */
export function appStatusText(app: App, pools: readonly PoolStatus[]): string {
  const images = [...appImages(app)].map(([name, image]) => `${name}=${image}`).join(', ');
  const rows = pools.map(({ pool, replicas, ready, updated, workload, images: own, patched }) => ({
    pool,
    ready: `${ready}/${replicas ?? '-'}`,
    updated,
    workload: workload ?? 'none',
    image: own.join(', ') || '-',
    patched: patched ? 'yes' : '',
  }));
  const without = [...new Set(pools.filter(({ workload }) => workload === undefined).map(({ pool }) => pool))];
  const failed = (app.object.status?.conditions ?? []).filter(isFailure);
  return [
    `${appName(app)} (${app.api.version}), namespace ${app.namespace}; template: ${images || 'no containers'}.\n\n`,
    table(rows) || 'It has no pools.\n',
    without.length > 0
      ? `\nWarning: the controller has made no workload for ${without.join(', ')}: is it running (yurt-app-manager, yurt-manager)?\n`
      : '',
    ...failed.map(
      ({ type, reason, message }) => `\nWarning: ${type}: ${[reason, message].filter(Boolean).join(': ')}\n`,
    ),
  ].join('');
}

/** PoolFailure is bad if it is true, all others if they are not. */
function isFailure({ type, status }: { readonly type?: string; readonly status?: string }): boolean {
  return type === 'PoolFailure' ? status === 'True' : status === 'False';
}
