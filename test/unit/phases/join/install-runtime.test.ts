import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import type { Bundle } from '../../../../src/artifacts/bundle.ts';
import { openBundle } from '../../../../src/artifacts/open-bundle.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import type { UnitState } from '../../../../src/host/machine.ts';
import { NodeHost } from '../../../../src/host/node-host.ts';
import { rollBackChanges } from '../../../../src/host/roll-back.ts';
import { scratchMachine } from '../../../../src/host/scratch.ts';
import { fitContainerdConfig } from '../../../../src/kubernetes/cri/containerd-config.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import {
  configureContainerd,
  installContainerdUnit,
  willChangeRuntime,
} from '../../../../src/phases/join/install-runtime.ts';
import { bundleFiles, temporaryFolder, writeFiles } from '../../artifacts/fixtures.ts';
import { fakeHost } from '../../fake-host.ts';

/** What containerd makes when it runs; /run/nri since 2.0. */
const MADE = ['/var/lib/containerd/io.containerd.content.v1.content', '/run/containerd/s', '/run/nri/nri.sock'];

describe('the containerd of a bundle', () => {
  const folder = temporaryFolder();
  let bundle: Bundle;
  before(async () => {
    bundle = await openBundle(await writeFiles(folder.path('bundle'), bundleFiles()));
  });
  after(() => bundle.close());

  it('a roll-back removes what a containerd that was installed has made while it ran', async () => {
    const root = folder.path('node');
    await mkdir(root);
    const machine = scratchMachine(root);
    const journal = await Journal.read(machine);
    await installContainerdUnit(bundle, new NodeHost(machine, journal));
    for (const path of MADE) await mkdir(`${root}${path}`, { recursive: true });
    assert.deepEqual(await rollBackChanges(new NodeHost(machine), journal), []);
    for (const path of ['/run', '/var/lib']) {
      const left = await readdir(`${root}${path}`).catch(() => []);
      assert.deepEqual(
        left.filter((name) => /containerd|nri/.test(name)),
        [],
        path,
      );
    }
  });
});

describe('the start of a containerd', () => {
  /** Whether a containerd whose configuration was changed is asked until it answers. */
  async function isAskedUntilItAnswers(state: Partial<UnitState>): Promise<boolean> {
    const waits: string[] = [];
    const waitFor = async ({ what }: { readonly what: string }) => void waits.push(what);
    const host = fakeHost({ units: { 'containerd.service': { exists: true, active: false, ...state } } });
    await configureContainerd({ host, waitFor } as unknown as Parameters<typeof configureContainerd>[0], {});
    return waits.includes('containerd to answer');
  }

  it('a containerd that tells systemd when it is ready is not asked for it again', async () => {
    assert.equal(await isAskedUntilItAnswers({ notifies: true }), false);
  });

  it('a containerd whose unit tells nothing, or may tell something else once it is read, is asked', async () => {
    assert.equal(await isAskedUntilItAnswers({}), true);
    assert.equal(await isAskedUntilItAnswers({ notifies: true, outdated: true }), true);
  });
});

describe('the configuration of a containerd', () => {
  const FITTED = `${fitContainerdConfig('version = 2\n', {})}`.replace('\n', '\nimports = ["conf.d/*.toml"]\n');
  const CGROUPFS = `version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`;

  for (const [what, nested, changes] of [
    ['counts', CGROUPFS, true],
    ['that has nothing to do with pods does not count', 'version = 2\n[debug]\n  level = "info"\n', false],
  ] as const)
    it(`a file that an imported file imports from its own folder ${what} (containerd/containerd#9745)`, async () => {
      const host = fakeHost({
        units: { 'containerd.service': { active: true } },
        files: {
          '/etc/containerd/config.toml': FITTED,
          '/etc/containerd/conf.d/10-first.toml': 'version = 2\nimports = ["more/*.toml", "../config.toml"]\n',
          '/etc/containerd/conf.d/more/20-second.toml': nested,
        },
      });
      const node = { bundle: async () => undefined, journal: { owns: () => false } };
      const context = { host, spec: { gpuVersion: '' }, node } as unknown as JoinContext;
      assert.equal(await willChangeRuntime(context), changes);
    });
});
