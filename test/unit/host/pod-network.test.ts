import assert from 'node:assert/strict';
import { Journal } from '../../../src/host/journal/journal.ts';
import { PATHS } from '../../../src/host/node-paths.ts';
import { notePodNetwork, podNetwork } from '../../../src/host/pod-network.ts';
import { rollBackChanges } from '../../../src/host/roll-back.ts';
import { type FakeFile, type FakeHost, fakeHost, filesOf } from '../fake-host.ts';

const CNI = PATHS.cni.configurations;
const JOINED = { kind: 'joined', cluster: 'sha256:1', node: 'edge-1', time: '' } as const;

const machine = (...names: string[]): FakeHost =>
  fakeHost({
    files: Object.fromEntries(
      names.map((name): [string, FakeFile] => [`${CNI}/${name}`, JSON.stringify({ name, plugins: [] })]),
    ),
  });

/** The journal of a node that was joined when there were these configurations. */
async function joined(host: FakeHost, had?: readonly string[]): Promise<Journal> {
  const journal = await Journal.read(filesOf(host));
  await journal.append({ kind: 'claim', path: CNI, had, phase: 'prepare-node/journal' });
  await journal.append(JOINED);
  return journal;
}

interface Row {
  readonly had?: readonly string[];
  readonly there: readonly string[];
  readonly network: string | undefined;
}

const ROWS: Readonly<Record<string, Row>> = {
  'the first by name is what a runtime gives pods (kubernetes.io, Network Plugins)': {
    there: ['10-site.conflist', '50-shop.conflist', 'README'],
    network: '10-site.conflist',
  },
  "one that was there before the join is not the cluster's, though the runtime prefers it (cri-o/cri-o#2411)": {
    had: ['05-mine.conf'],
    there: ['05-mine.conf', '10-site.conflist'],
    network: '10-site.conflist',
  },
  "beside a configuration of Kubernetes' own name no other is taken for the cluster's": {
    there: ['05-shop.conflist', '10-flannel.conflist'],
    network: undefined,
  },
  "podman's is nobody else's": { there: ['10-podman.conflist'], network: undefined },
  'what a killed reset wrote for the runtime is no network': {
    there: ['00-edgeadm-teardown.conflist', '10-site.conflist'],
    network: '10-site.conflist',
  },
  'none is there': { there: [], network: undefined },
};

describe('the network that pods were given', () => {
  for (const [what, { had, there, network }] of Object.entries(ROWS))
    it(`the network that pods were given: ${what}`, async () => {
      const host = machine(...there);
      const journal = await joined(host, had);
      assert.equal(await podNetwork(host, journal), network);
      assert.equal(await notePodNetwork(host, journal), network);
    });

  it('the network that pods were given is unknown on a node without a journal, and on a scratch root', async () => {
    const host = machine('10-site.conflist');
    assert.equal(await notePodNetwork(host, await Journal.read(filesOf(host))), undefined);
    const scratch = { ...host, runsPrograms: false };
    assert.equal(await notePodNetwork(scratch, await joined(host)), undefined);
  });

  it('the network that pods were given is decided once: the next file is not taken for it when it is gone', async () => {
    const host = machine('10-site.conflist', '50-shop.conflist');
    const journal = await joined(host);
    assert.equal(await notePodNetwork(host, journal), '10-site.conflist');
    await host.remove(`${CNI}/10-site.conflist`);
    assert.equal(await podNetwork(host, await Journal.read(filesOf(host))), '10-site.conflist');
    await journal.append(JOINED);
    assert.equal(await podNetwork(host, journal), '50-shop.conflist', 'a node that is joined again has a new one');
  });

  it('the network that pods were given is not noted by a dry run, and not relied on if it cannot be noted', async () => {
    const host = machine('10-site.conflist');
    const journal = await joined(host);
    const before = await host.read(PATHS.edgeadm.journal);
    assert.equal(await notePodNetwork({ ...host, wet: false }, journal), '10-site.conflist');
    assert.equal(await host.read(PATHS.edgeadm.journal), before);
    const full = await Journal.read({ ...filesOf(host), appendFile: () => Promise.reject(new Error('disk is full')) });
    assert.equal(await notePodNetwork(host, full), undefined);
  });
});

describe("a network of another program beside the cluster's", () => {
  const KEPT = `${CNI}/50-shop.conflist`;

  it("a network of another program beside the cluster's stays, whenever a roll-back is killed and run again", async () => {
    for (let kill = 0; ; kill++) {
      const host = machine('10-site.conflist', '50-shop.conflist');
      await joined(host);
      const ended = await rollBackKilledAt(host, kill);
      await rollBackKilledAt(host, Number.POSITIVE_INFINITY);
      assert.deepEqual(await host.list(CNI), ['50-shop.conflist'], `killed at change ${kill}`);
      assert.ok(await host.read(KEPT));
      if (ended) break;
    }
  });

  /** A process of its own. @returns true if it came to its end */
  async function rollBackKilledAt(host: FakeHost, kill: number): Promise<boolean> {
    const files = filesOf(host);
    let changes = 0;
    const alive =
      <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        changes++ < kill ? change(...args) : Promise.reject(new Error('killed'));
    const { appendFile, writeFile, remove, removeTree, copyFile, makeDirectory } = files;
    const changing = { appendFile, writeFile, remove, removeTree, copyFile, makeDirectory };
    const dying = Object.fromEntries(
      Object.entries(changing).map(([name, change]) => [
        name,
        alive(change as (...args: unknown[]) => Promise<unknown>),
      ]),
    );
    const journal = await Journal.read(
      { ...files, ...dying },
      { kind: 'run', command: 'reset', version: '0', time: '' },
    );
    await rollBackChanges({ ...host, ...dying } as FakeHost, journal).catch(() => {});
    return changes <= kill;
  }
});
