import { windowsExecutable } from '../dist/release.ts';
import { compileEdgeHub } from '../testbed/edge-hub/build.ts';
import { windowsKubelet } from '../testbed/windows-kubelet.ts';
import { runtimeProgram, template } from './template.ts';

const say = (line: string): void => void process.stderr.write(`[winbed] ${line}\n`);

/** `node test/winbed/prepare.ts`: what Windows machines under wine are made from, so that tests need not wait for it. */
await template(say);
await runtimeProgram(say);
await compileEdgeHub(say, '', 'windows');
await windowsKubelet(say);
await windowsExecutable();
