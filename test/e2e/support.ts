import { clean } from '../testbed/index.ts';
import { isMade } from './bed.ts';

export * from './bed.ts';

after(async () => {
  if (isMade()) await clean();
});
