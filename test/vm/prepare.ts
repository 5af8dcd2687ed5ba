import { worldNamed } from '../testbed/worlds.ts';
import { prepareMachine } from './machine.ts';

/** `node test/vm/prepare.ts WORLD`: what virtual machines are made from, so that tests need not wait for it. */
await prepareMachine(worldNamed(process.argv[2] ?? 'today'), (line) => process.stderr.write(`[vm] ${line}\n`));
