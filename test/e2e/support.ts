import { clean, type WorldName, world } from '../testbed/index.ts';
import { isMade } from './bed.ts';

export * from './bed.ts';

/** Declares tests as `describe` does, that hold in these worlds: in a run of another world they are skipped. */
export function inWorlds(...names: WorldName[]): typeof describe | typeof describe.skip {
  return names.some((name) => name === world.name) ? describe : describe.skip;
}

after(async () => {
  if (isMade()) await clean();
});
