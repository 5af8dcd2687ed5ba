import { commandLine } from '../../host/quote.ts';
import { type App, type AppChanges, appImages, appPools } from '../../phases/app/app.ts';
import type { PoolPatch } from '../../phases/app/layout.ts';

/** The command that a line begins with. */
function line({ object, namespace }: App, verb: string, ...words: readonly string[]): string {
  return commandLine(['edgeadm', 'app', verb, object.metadata.name, ...words, '--namespace', namespace]);
}

/** The commands that restore what an application had. */
export function appUndo(app: App, { images, replicas, added, removed = [], patches }: AppChanges): string[] {
  const pools = appPools(app);
  const before = appImages(app);
  const of = (name: string) => pools.find((pool) => pool.name === name);
  const old = [...(images?.keys() ?? [])].flatMap((name) => ['--image', `${name}=${before.get(name) ?? ''}`]);
  const gone = removed.flatMap((name) => ['--add-pool', `${name}=${of(name)?.replicas ?? 1}`]);
  const fresh = [...(added?.keys() ?? [])].flatMap((name) => ['--remove-pool', name]);
  const set = [...old, ...gone, ...fresh];
  const counts = [...(replicas?.keys() ?? [])].flatMap((name) => {
    const count = of(name)?.replicas;
    return count === undefined ? [] : [`${name}=${count}`];
  });
  const patched = [...removed, ...(patches?.keys() ?? [])].filter((name) => patches?.has(name) || of(name)?.patch);
  return [
    ...(set.length > 0 ? [line(app, 'set', ...set)] : []),
    ...(counts.length > 0 ? [line(app, 'scale', ...counts)] : []),
    ...patched.map((name) => line(app, 'patch', name, '--clear', ...patchWords(of(name)?.patch))),
  ];
}

function patchWords(patch: PoolPatch | undefined): string[] {
  if (!patch) return [];
  const images = [...patch.images].flatMap(([name, image]) => ['--image', `${name}=${image}`]);
  return [...images, ...(patch.rest === undefined ? [] : ['--patch', JSON.stringify(patch.rest)])];
}
