import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type Bundle, filesOf } from '../../../src/artifacts/bundle.ts';
import { readImageArchive } from '../../../src/artifacts/image-archive.ts';
import {
  importImages,
  installCniPlugins,
  installContainerd,
  installKubectl,
  installKubeletProgram,
} from '../../../src/artifacts/install.ts';
import { openBundle } from '../../../src/artifacts/open-bundle.ts';
import { Journal } from '../../../src/host/journal/journal.ts';
import { localMachine } from '../../../src/host/local.ts';
import type { Machine } from '../../../src/host/machine.ts';
import { NodeHost } from '../../../src/host/node-host.ts';
import { recorder } from '../../../src/host/recorder.ts';
import { scratchMachine } from '../../../src/host/scratch.ts';
import {
  bundleFiles,
  CNI_PROGRAMS,
  failure,
  imageTar,
  manifestOf,
  PARTS,
  PAUSE,
  sha256,
  temporaryFolder,
  writeFiles,
} from './fixtures.ts';
import { type WebServer, webServer } from './web-server.ts';

const folder = temporaryFolder();
let nodes = 0;

/** A node with a journal, its files in a folder of this machine. */
async function node(change: (machine: Machine) => Machine = (machine) => machine) {
  const root = folder.path(`node-${nodes++}`);
  await mkdir(root);
  const machine = change(scratchMachine(root));
  const journal = await Journal.read(machine);
  return { root, journal, host: new NodeHost(machine, journal), read: (path: string) => readFile(`${root}${path}`) };
}

const CONTENTS = Object.fromEntries(Object.entries(CNI_PROGRAMS).map(([name, data]) => [name, sha256(data)]));

/** The bundle of the tests, with and without the contents of its CNI archive in bundle.yaml. */
function manifestWithContents() {
  const { files, ...rest } = manifestOf();
  return {
    ...rest,
    files: files.map((file) => (file.kind === 'cni-plugins' ? { ...file, contents: CONTENTS } : file)),
  };
}

describe('installing from a bundle', () => {
  let bundle: Bundle;
  before(async () => {
    bundle = await openBundle(await writeFiles(folder.path('bundle'), bundleFiles()));
  });
  after(() => bundle.close());

  it('puts every program where Kubernetes looks for it, executable', async () => {
    const { host, root, read } = await node();
    assert.equal(await installKubeletProgram(bundle, host), true);
    assert.equal(await installCniPlugins(bundle, host), true);
    assert.equal(await installContainerd(bundle, host), true);
    assert.deepEqual(await read('/usr/bin/kubelet'), PARTS.kubelet?.data);
    assert.deepEqual(await readdir(`${root}/opt/cni/bin`), ['bridge', 'loopback']);
    assert.deepEqual(await readdir(`${root}/usr/local/bin`), ['containerd', 'containerd-shim-runc-v2', 'ctr']);
    assert.deepEqual(await read('/usr/local/sbin/runc'), PARTS.runc?.data);
    assert.equal((await stat(`${root}/opt/cni/bin/bridge`)).mode & 0o777, 0o755);
  });

  it('writes each file into the journal, so that reset takes it away again', async () => {
    const { host, journal } = await node();
    await installCniPlugins(bundle, host);
    const files = journal.changesSince('start').flatMap((entry) => (entry.kind === 'file' ? [entry.path] : []));
    assert.deepEqual(files, ['/opt/cni/bin/bridge', '/opt/cni/bin/loopback']);
  });

  it('writes nothing a second time, and only what differs', async () => {
    const { host, root, journal } = await node();
    await Promise.all([
      installKubeletProgram(bundle, host),
      installCniPlugins(bundle, host),
      installContainerd(bundle, host),
    ]);
    const { length } = journal.changesSince('start');
    assert.equal(await installKubeletProgram(bundle, host), false);
    assert.equal(await installCniPlugins(bundle, host), false);
    assert.equal(await installContainerd(bundle, host), false);
    assert.equal(journal.changesSince('start').length, length);
    await writeFile(`${root}/opt/cni/bin/bridge`, 'damaged');
    await chmod(`${root}/opt/cni/bin/loopback`, 0o644);
    assert.equal(await installCniPlugins(bundle, host), true);
    assert.equal(journal.changesSince('start').length, length + 2);
  });

  it('does nothing for what the bundle does not hold', async () => {
    const { host, journal } = await node();
    assert.equal(await installKubectl(bundle, host), false);
    assert.equal(journal.changesSince('start').length, 0);
  });

  it('never gives the name to a file that was changed after the bundle was opened', async () => {
    const path = await writeFiles(folder.path('changing'), bundleFiles());
    const changing = await openBundle(path);
    const { host, root } = await node();
    await mkdir(`${root}/usr/bin`, { recursive: true });
    await writeFile(`${root}/usr/bin/kubelet`, 'the old one');
    await writeFile(`${path}/kubelet`, Buffer.alloc(PARTS.kubelet?.data.length ?? 0, 'x'));
    await assert.rejects(
      installKubeletProgram(changing, host),
      failure('BUNDLE_INVALID', `${path}/kubelet`, 'SHA-256 expected'),
    );
    assert.equal(await readFile(`${root}/usr/bin/kubelet`, 'utf8'), 'the old one');
    assert.deepEqual(await readdir(`${root}/usr/bin`), ['kubelet']);
  });

  it('says what is missing in an archive that is called containerd and is none', async () => {
    const files = bundleFiles();
    const wrong = {
      ...manifestOf(),
      files: manifestOf()
        .files.map((file) =>
          file.kind === 'containerd'
            ? {
                ...file,
                path: 'cni-plugins.tgz',
                sha256: sha256(PARTS['cni-plugins.tgz']?.data ?? ''),
                size: undefined,
              }
            : file,
        )
        .filter(({ kind }) => kind !== 'cni-plugins'),
    };
    const path = await writeFiles(folder.path('wrong'), new Map([...files, ...[...bundleFiles(wrong)].slice(0, 1)]));
    const { host } = await node();
    await assert.rejects(
      installContainerd(await openBundle(path), host),
      failure('BUNDLE_INVALID', 'it does not contain containerd, containerd-shim-runc-v2, ctr'),
    );
  });

  describe('on a web server', () => {
    let server: WebServer;
    before(async () => {
      server = await webServer({ files: bundleFiles(manifestWithContents()) });
    });
    after(() => server.close());
    const open = () =>
      openBundle(server.url, { sha256: sha256(bundleFiles(manifestWithContents()).get('bundle.yaml') ?? '') });
    const fetched = (from: number) => server.requests.slice(from).map(({ url }) => url);

    it('fetches nothing that the node has already, archives included', async () => {
      const { host } = await node();
      const first = await open();
      await Promise.all([installKubeletProgram(first, host), installCniPlugins(first, host)]);
      await first.close();
      const { length } = server.requests;
      const second = await open();
      assert.equal(await installKubeletProgram(second, host), false);
      assert.equal(await installCniPlugins(second, host), false);
      await second.close();
      assert.deepEqual(fetched(length), ['/bundle.yaml']);
    });

    it('fetches nothing in a dry run and tells every file', async () => {
      const { host, root } = await node();
      const { length } = server.requests;
      const plans: string[] = [];
      const dry = recorder(host, (action) => plans.push(action));
      const remote = await open();
      await installKubeletProgram(remote, dry);
      await installCniPlugins(remote, dry);
      await remote.close();
      assert.deepEqual(fetched(length), ['/bundle.yaml']);
      for (const path of ['/usr/bin/kubelet', '/opt/cni/bin/bridge', '/opt/cni/bin/loopback']) {
        assert.ok(
          plans.some((plan) => plan.includes(path)),
          path,
        );
      }
      assert.deepEqual(await readdir(root), []);
    });
  });
});

/** What `ctr images list`, `leases list` and `containers list` print. */
function listingOf(args: readonly string[], images: ReadonlySet<string>): string {
  if (args.includes('--quiet')) return [...images].join('\n');
  if (args.includes('images'))
    return [...images].map((name) => `${name} application/x sha256:${'a'.repeat(64)} 1\n`).join('');
  return args.includes('leases')
    ? 'of-an-import 2026-11-30T17:00:00Z containerd.io/gc.expire=2026-12-01T17:00:00Z\n'
    : '';
}

/** A machine with a containerd: `ctr images list` and `import` do what they do there. */
function withContainerd(images: Set<string>, imported: string[]) {
  return (machine: Machine): Machine => ({
    ...machine,
    runsPrograms: true,
    exec: async (file, args) => {
      const path = args.at(-1) ?? '';
      if (file === 'rm') await machine.remove(path);
      if (file === 'ctr' && args.includes('import')) {
        const copy = folder.path(`import-${imported.length}.tar`);
        const bytes = await machine.readFile(path);
        if (!bytes) return { exitCode: 1, stdout: '', stderr: `ctr: open ${path}: no such file or directory` };
        await writeFile(copy, bytes);
        for (const reference of (await readImageArchive(copy)).references) images.add(reference);
        imported.push(path);
      }
      if (args.includes('remove')) images.delete(path);
      return { exitCode: 0, stdout: args.includes('list') ? listingOf(args, images) : '', stderr: '' };
    },
  });
}

describe('images of a bundle', () => {
  const open = async () => openBundle(await writeFiles(folder.path('images'), bundleFiles()));

  it('images of a bundle are copied to a node that is not this machine, imported, and the copy is removed', async () => {
    const imported: string[] = [];
    const { host, root, journal } = await node(withContainerd(new Set(), imported));
    assert.equal(await importImages(await open(), host), true);
    assert.equal(imported.length, 1);
    assert.match(imported[0] ?? '', /^\/var\/lib\/edgeadm\/image-[0-9a-f]{16}\.tar$/);
    assert.deepEqual(
      (await readdir(`${root}/var/lib/edgeadm`)).filter((name) => name.endsWith('.tar')),
      [],
    );
    assert.ok(journal.changesSince('start').some((entry) => entry.kind === 'image' && entry.name === PAUSE));
  });

  describe('and power cuts', () => {
    const SYNC = 'sync -f /var/lib/containerd';

    /** A node with containerd that has been started once, and what was asked of ctr and sync. */
    async function bootedNode() {
      const images = new Set<string>();
      const programs: string[] = [];
      const recorded = (machine: Machine): Machine => {
        const inner = withContainerd(images, [])(machine);
        const exec: Machine['exec'] = (file, args, options) => {
          if (!args.includes('list')) programs.push([file, ...args].join(' ').replace(/^ctr --namespace k8s.io /, ''));
          return inner.exec(file, args, options);
        };
        return { ...inner, exec };
      };
      const { host, root } = await node(recorded);
      const boot = async (id: string) => {
        await host.setSysctl('kernel.random.boot_id', id);
        return new NodeHost(recorded(scratchMachine(root)), await Journal.read(scratchMachine(root)));
      };
      await mkdir(`${root}/proc/sys/kernel/random`, { recursive: true });
      await writeFile(`${root}/proc/sys/kernel/random/boot_id`, 'none\n');
      return { images, programs, boot };
    }

    it('images of a bundle are synced to the disk of a node at the end of a command, all at once, and only new ones', async () => {
      const { programs, boot } = await bootedNode();
      const host = await boot('one');
      await importImages(await open(), host);
      assert.ok(!programs.includes(SYNC));
      await host.settle();
      assert.equal(programs.filter((program) => program === SYNC).length, 1);
      const later = await boot('one');
      await importImages(await open(), later);
      await later.settle();
      assert.equal(programs.filter((program) => program === SYNC).length, 1);
    });

    it('images of a bundle are removed and imported again if the machine was started since, before they were synced', async () => {
      const { images, programs, boot } = await bootedNode();
      await importImages(await open(), await boot('one'));
      const host = await boot('two');
      assert.deepEqual(await host.imagesInDoubt(), [PAUSE]);
      programs.length = 0;
      assert.equal(await importImages(await open(), host), true);
      assert.deepEqual(
        programs.map((program) => program.split(' /')[0]),
        [`images remove --sync ${PAUSE}`, 'leases delete --sync of-an-import', 'images import'],
      );
      assert.ok(images.has(PAUSE));
      assert.deepEqual(await (await boot('two')).imagesInDoubt(), []);
      assert.deepEqual(await (await boot('three')).imagesInDoubt(), [PAUSE]);
    });

    it('images that a power cut may have damaged and that the bundle does not contain are named', async () => {
      const { images, programs, boot } = await bootedNode();
      const before = await boot('one');
      // It fails halfway, as an import does that loses power.
      await assert.rejects(before.importImage('/other.tar', ['example.com/other:1']));
      await importImages(await open(), before);
      programs.length = 0;
      const warnings: string[] = [];
      const log = { debug: () => {}, info: () => {}, warning: (text: string) => warnings.push(text) };
      await importImages(await open(), await boot('two'), { log });
      assert.deepEqual(warnings, [], 'containerd does not have it');
      assert.ok(!programs.some((program) => program.includes('example.com/other')));
      images.add('example.com/other:1');
      await importImages(await open(), await boot('three'), { log });
      assert.match(warnings.join('\n'), /this bundle does not contain them: example\.com\/other:1\. If pods/);
    });

    it('images of a bundle stay if the machine was started since, after they were synced', async () => {
      const { programs, boot } = await bootedNode();
      const first = await boot('one');
      await importImages(await open(), first);
      await first.settle();
      programs.length = 0;
      assert.equal(await importImages(await open(), await boot('two')), false);
      assert.deepEqual(programs, []);
    });

    it('images of a bundle stay after a kill of edgeadm alone', async () => {
      const { programs, boot } = await bootedNode();
      await importImages(await open(), await boot('one'));
      programs.length = 0;
      assert.equal(await importImages(await open(), await boot('one')), false);
      assert.deepEqual(programs, []);
    });

    it('images of a bundle that a power cut may have damaged are planned in a dry run, and stay', async () => {
      const { images, programs, boot } = await bootedNode();
      await importImages(await open(), await boot('one'));
      programs.length = 0;
      const plans: string[] = [];
      await importImages(
        await open(),
        recorder(await boot('two'), (action) => plans.push(action)),
      );
      assert.equal(plans.filter((plan) => plan.startsWith('import')).length, 1);
      assert.deepEqual([programs, images.has(PAUSE)], [[], true]);
    });
  });

  it('images of a bundle are imported from where they lie on this machine', async () => {
    const imported: string[] = [];
    const here = localMachine();
    const { journal } = await node();
    const refuse = async (): Promise<never> => assert.fail('nothing is to be written');
    const machine = withContainerd(
      new Set(),
      imported,
    )({ ...here, writeFile: refuse, makeDirectory: refuse, appendFile: refuse });
    const bundle = await open();
    assert.equal(await importImages(bundle, new NodeHost(machine)), true);
    assert.deepEqual(imported, [`${bundle.origin}/images/pause.tar`]);
    assert.equal(journal.changesSince('start').length, 0);
  });

  it('an archive of images is checked while containerd imports the one before', async () => {
    const archives = new Map(['one:1', 'two:2'].map((name) => [`${name.slice(0, 3)}.tar`, imageTar([name])]));
    const listed = [...archives].map(([path, bytes]) => ({ path, kind: 'image' as const, sha256: sha256(bytes) }));
    const [yaml] = [...bundleFiles({ pauseImage: undefined, files: listed })];
    const bundle = await openBundle(
      await writeFiles(folder.path('two'), new Map([...(yaml ? [yaml] : []), ...archives])),
    );
    const second = Promise.withResolvers<void>();
    const imported: string[] = [];
    const { host } = await node((machine) => {
      const inner = withContainerd(new Set(), imported)(machine);
      return {
        ...inner,
        sha256: async (path) => {
          if (path.endsWith('/two.tar')) second.resolve();
          return inner.sha256(path);
        },
        exec: async (file, args, options) => {
          if (args.includes('import') && imported.length === 0) await second.promise;
          return inner.exec(file, args, options);
        },
      };
    });
    assert.equal(await importImages(bundle, host), true);
    assert.equal(imported.length, 2);
  });

  it('images of a bundle are left alone if containerd has them, without reading the archive', async () => {
    const imported: string[] = [];
    const { host, journal } = await node(withContainerd(new Set([PAUSE]), imported));
    const files = bundleFiles();
    files.delete('images/pause.tar');
    const bundle = await openBundle(await writeFiles(folder.path('no-images'), files));
    assert.equal(await importImages(bundle, host), false);
    assert.deepEqual([imported, journal.changesSince('start')], [[], []]);
  });

  it('images of a bundle are not imported if the node cannot list those it has: they would all count as ours', async () => {
    const broken = (machine: Machine): Machine => ({
      ...machine,
      runsPrograms: true,
      exec: async () => ({ exitCode: 1, stdout: '', stderr: 'ctr: connection refused' }),
    });
    const { host, journal } = await node(broken);
    await assert.rejects(
      importImages(await open(), host),
      failure('COMMAND_FAILED', 'images list', 'connection refused'),
    );
    assert.deepEqual(journal.changesSince('start'), []);
  });

  it('images of a bundle that were there before the join are not noted as ours', async () => {
    const both = imageTar(['busybox:1', 'other:2']);
    const image = { path: 'both.tar', kind: 'image' as const, sha256: sha256(both), name: 'busybox:1' };
    const changes = { pauseImage: undefined, files: [image] };
    const files = new Map([...bundleFiles(changes)].slice(0, 1)).set('both.tar', both);
    const bundle = await openBundle(await writeFiles(folder.path('both'), files));
    const { host, journal } = await node(withContainerd(new Set(['docker.io/library/other:2']), []));
    assert.equal(await importImages(bundle, host), true);
    const noted = journal.changesSince('start').flatMap((entry) => (entry.kind === 'image' ? [entry.name] : []));
    assert.deepEqual(noted, ['docker.io/library/busybox:1']);
  });

  it('images of a bundle are refused if the archive is damaged, and the copy does not stay', async () => {
    const path = await writeFiles(folder.path('damaged'), bundleFiles());
    const data = Buffer.from(PARTS['images/pause.tar']?.data ?? '');
    data[1024 + 512 + 20] = 0x7a;
    await writeFile(`${path}/images/pause.tar`, data);
    const imported: string[] = [];
    const { host, root } = await node(withContainerd(new Set(), imported));
    await assert.rejects(importImages(await openBundle(path), host), failure('BUNDLE_INVALID', 'images/pause.tar'));
    assert.deepEqual(imported, []);
    assert.deepEqual(
      (await readdir(`${root}/var/lib/edgeadm`)).filter((name) => name.includes('.tar')),
      [],
    );
  });

  it('images of a bundle are told in a dry run', async () => {
    const { host } = await node(withContainerd(new Set(), []));
    const plans: string[] = [];
    await importImages(
      await open(),
      recorder(host, (action) => plans.push(action)),
    );
    assert.deepEqual(plans.filter((plan) => plan.includes(PAUSE)).length, 1);
  });

  it('images of a bundle are left out on a scratch root, which has no containerd', async () => {
    const { host } = await node();
    const bundle = await open();
    assert.equal(await importImages(bundle, host), false);
    assert.equal(filesOf(bundle.manifest, 'image').length, 1);
  });
});

describe('an image archive', () => {
  const write = async (data: Buffer): Promise<string> => {
    const path = folder.path(`image-${nodes++}.tar`);
    await writeFile(path, data);
    return path;
  };

  it('tells its names in full and its architecture', async () => {
    const found = await readImageArchive(await write(imageTar(['busybox:1', PAUSE], 'arm64')));
    assert.deepEqual(found, { references: ['docker.io/library/busybox:1', PAUSE], archs: ['arm64'] });
  });

  it('an image archive is refused if its images have no name', async () => {
    await assert.rejects(readImageArchive(await write(imageTar([]))), failure('BUNDLE_INVALID', 'no named image'));
  });

  it('an image archive is refused if it is not an archive of images', async () => {
    const { 'cni-plugins.tgz': zipped } = PARTS;
    await assert.rejects(
      readImageArchive(await write(zipped?.data ?? Buffer.alloc(0))),
      failure('BUNDLE_INVALID', 'compressed'),
    );
    const path = await write(Buffer.alloc(0));
    await assert.rejects(readImageArchive(path), failure('BUNDLE_INVALID'));
  });
});
