import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { create } from 'tar';
import { type Bundle, type BundleFile, filesOf } from '../../../src/artifacts/bundle.ts';
import { type OpenBundleOptions, openBundle } from '../../../src/artifacts/open-bundle.ts';
import { Scratch } from '../../../src/artifacts/scratch.ts';
import type { EdgeadmError } from '../../../src/errors/index.ts';
import { bundleFiles, failure, PARTS, sha256, temporaryFolder, tgz, writeFiles } from './fixtures.ts';
import { answer, type WebServer, type WebServerOptions, webServer } from './web-server.ts';

const folder = temporaryFolder();
const MANIFEST = bundleFiles().get('bundle.yaml') ?? Buffer.alloc(0);
const PIN = sha256(MANIFEST);
const FIT = { arch: 'amd64', kubernetesVersion: 'v1.20.2' };

const opened: Bundle[] = [];
let temporaries = 0;

async function open(source: string, options: OpenBundleOptions = {}): Promise<Bundle & { temporary: string }> {
  const temporary = folder.path(`temporary-${temporaries++}`);
  await mkdir(temporary);
  const transfer = { pauseMs: [1, 5] as const };
  const bundle = await openBundle(source, { ...FIT, transfer, tempDirectory: temporary, ...options });
  opened.push(bundle);
  return Object.assign(bundle, { temporary });
}

function fileOf(bundle: Bundle, kind: BundleFile['kind']): BundleFile {
  const [file] = filesOf(bundle.manifest, kind);
  assert.ok(file);
  return file;
}

/** What every form of a bundle must do. */
async function works(bundle: Bundle & { temporary: string }): Promise<void> {
  assert.equal(bundle.manifest.kubernetesVersion, 'v1.20.2');
  assert.equal(bundle.sha256, PIN);
  for (const file of bundle.manifest.files) {
    assert.deepEqual(await readFile(await bundle.file(file)), PARTS[file.path]?.data);
  }
  const programs = await bundle.unpack(fileOf(bundle, 'cni-plugins'));
  assert.deepEqual(
    programs.map(({ path }) => path),
    ['bridge', 'loopback'],
  );
  assert.deepEqual(sha256(await readFile(programs[0]?.localPath ?? '')), programs[0]?.sha256);
  await bundle.close();
  assert.deepEqual(await readdir(bundle.temporary), []);
}

afterEach(async () => {
  for (const bundle of opened.splice(0)) await bundle.close();
});

describe('a bundle in a folder', () => {
  let path = '';
  beforeEach(async () => {
    path = await writeFiles(folder.path('bundle'), bundleFiles());
  });
  afterEach(() => rm(path, { recursive: true }));

  it('a bundle in a folder is used where it lies', async () => {
    const bundle = await open(path);
    assert.equal(await bundle.file(fileOf(bundle, 'kubelet')), `${path}/kubelet`);
    await works(bundle);
  });

  it('a bundle in a folder is opened without reading its files', async () => {
    for (const name of Object.keys(PARTS)) await rm(`${path}/${name}`);
    await open(path, { sha256: PIN });
  });

  it('a bundle in a folder is known by the pin of bundle.yaml, in either spelling', async () => {
    await open(path, { sha256: PIN });
    await open(path, { sha256: `sha256:${PIN.toUpperCase()}` });
    await assert.rejects(open(path, { sha256: '0'.repeat(64) }), failure('BUNDLE_INVALID', 'SHA-256 expected', PIN));
  });

  it('gives no file whose sum is another', async () => {
    const changed = Buffer.from(PARTS.kubelet?.data ?? '');
    changed[100] = 0;
    await writeFile(`${path}/kubelet`, changed);
    const bundle = await open(path);
    const kubelet = fileOf(bundle, 'kubelet');
    await assert.rejects(
      bundle.file(kubelet),
      failure('BUNDLE_INVALID', `${path}/kubelet`, kubelet.sha256, sha256(changed)),
    );
    assert.equal(await bundle.locate(kubelet), `${path}/kubelet`);
  });

  it('notices a file that was cut off without reading it', async () => {
    await truncate(`${path}/kubelet`, 1000);
    const bundle = await open(path);
    await assert.rejects(bundle.locate(fileOf(bundle, 'kubelet')), failure('BUNDLE_INVALID', 'it has 1000 bytes'));
  });

  it('hands nothing out of an archive whose sum is another', async () => {
    await writeFile(`${path}/cni-plugins.tgz`, tgz([{ path: 'loopback', data: 'evil' }]));
    const bundle = await open(path);
    const { size: _size, ...file } = fileOf(bundle, 'cni-plugins');
    await assert.rejects(bundle.unpack(file), failure('BUNDLE_INVALID', 'cni-plugins.tgz', 'SHA-256 expected'));
  });

  it('hands nothing out of an archive that holds other programs than bundle.yaml says', async () => {
    const bundle = await open(path);
    const file = { ...fileOf(bundle, 'cni-plugins'), contents: { loopback: '0'.repeat(64) } };
    await assert.rejects(bundle.unpack(file), failure('BUNDLE_INVALID', 'loopback in'));
  });

  it('says which file is missing', async () => {
    await rm(`${path}/runc`);
    const bundle = await open(path);
    await assert.rejects(
      bundle.file(fileOf(bundle, 'runc')),
      failure('BUNDLE_INVALID', `${path}/runc`, 'file not found'),
    );
    await rm(`${path}/bundle.yaml`);
    await assert.rejects(open(path), failure('BUNDLE_INVALID', 'bundle.yaml'));
    await assert.rejects(open(folder.path('nowhere')), failure('BUNDLE_INVALID', 'bundle not found'));
  });

  it('does not hang on a file that is a pipe', async () => {
    await rm(`${path}/runc`);
    await promisify(execFile)('mkfifo', [`${path}/runc`]);
    const bundle = await open(path);
    await assert.rejects(bundle.file(fileOf(bundle, 'runc')), failure('BUNDLE_INVALID', 'not a regular file'));
  });

  it('a bundle in a folder is refused if it is for another machine or cluster', async () => {
    await assert.rejects(open(path, { arch: 'arm64' }), failure('BUNDLE_INVALID', 'the node is arm64'));
    await assert.rejects(
      open(path, { kubernetesVersion: 'v1.22.1' }),
      failure('BUNDLE_INVALID', 'but v1.22.1 is needed'),
    );
  });

  it('unpacks an archive once for many hosts at the same time', async () => {
    const bundle = await open(path);
    const file = fileOf(bundle, 'containerd');
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => bundle.unpack(file)));
    for (const other of others) assert.equal(other, first);
  });
});

describe('a bundle in a .tgz', () => {
  const archive = () => folder.path('bundle.tgz');

  async function pack(entries: readonly string[], cwd: string): Promise<void> {
    await create({ file: archive(), cwd, gzip: true }, [...entries]);
  }

  before(() => writeFiles(folder.path('packed'), bundleFiles()));

  it('works with the files at its top', async () => {
    await pack(['.'], folder.path('packed'));
    await works(await open(archive()));
  });

  it('works with the name of the folder in it', async () => {
    await pack(['packed'], folder.path());
    await works(await open(archive()));
  });

  it('works with bundle.yaml as its last file', async () => {
    await pack([...Object.keys(PARTS), 'bundle.yaml'], folder.path('packed'));
    await works(await open(archive(), { sha256: PIN }));
  });

  it('a bundle in a .tgz is known by the pin of bundle.yaml or of the whole file', async () => {
    await pack(['.'], folder.path('packed'));
    await open(archive(), { sha256: PIN });
    await works(await open(archive(), { sha256: sha256(await readFile(archive())) }));
    await assert.rejects(open(archive(), { sha256: '0'.repeat(64) }), failure('BUNDLE_INVALID', PIN));
  });

  it('gives nothing if a file in it is damaged or missing', async () => {
    const files = bundleFiles();
    files.set('kubelet', Buffer.alloc(PARTS.kubelet?.data.length ?? 0, 'x'));
    files.delete('runc');
    await writeFile(archive(), tgz([...files].map(([path, data]) => ({ path, data }))));
    const bundle = await open(archive());
    await assert.rejects(bundle.file(fileOf(bundle, 'kubelet')), failure('BUNDLE_INVALID', 'kubelet in', 'expected'));
    files.set('kubelet', PARTS.kubelet?.data ?? Buffer.alloc(0));
    await writeFile(archive(), tgz([...files].map(([path, data]) => ({ path, data }))));
    const other = await open(archive());
    await assert.rejects(other.file(fileOf(other, 'runc')), failure('BUNDLE_INVALID', 'runc is missing'));
  });

  it('writes no file that is larger than declared', async () => {
    const files = bundleFiles();
    files.set('kubelet', Buffer.alloc(10_000_000));
    await writeFile(archive(), tgz([...files].map(([path, data]) => ({ path, data }))));
    const bundle = await open(archive());
    await assert.rejects(
      bundle.file(fileOf(bundle, 'kubelet')),
      failure('BUNDLE_INVALID', 'kubelet in', 'larger than'),
    );
    const written = await readdir(bundle.temporary, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      written.filter((entry) => entry.isFile()),
      [],
    );
  });

  it('a bundle in a .tgz is refused for what does not belong into it', async () => {
    const good = [...bundleFiles()].map(([path, data]) => ({ path, data }));
    await writeFile(archive(), tgz([{ path: 'x', type: '2', link: '/etc/passwd' }, ...good]));
    await assert.rejects(open(archive()), failure('BUNDLE_INVALID', 'symbolic link'));
    await writeFile(archive(), tgz([...good.slice(0, 1), { path: '../../x', data: 'x' }, ...good.slice(1)]));
    const bundle = await open(archive());
    await assert.rejects(bundle.file(fileOf(bundle, 'kubelet')), failure('BUNDLE_INVALID', 'points outside'));
  });

  it('a bundle in a .tgz is refused without bundle.yaml, and if it is not an archive', async () => {
    await writeFile(archive(), tgz([{ path: 'kubelet', data: 'x' }]));
    await assert.rejects(open(archive()), failure('BUNDLE_INVALID', 'not contain bundle.yaml'));
    await writeFile(archive(), 'hello');
    await assert.rejects(open(archive()), failure('BUNDLE_INVALID', 'not a usable archive'));
  });
});

describe('a bundle on a web server', () => {
  const servers: WebServer[] = [];
  const pinned = { sha256: PIN };

  async function serve(options: Partial<WebServerOptions> = {}): Promise<WebServer> {
    const server = await webServer({ files: prefixed(bundleFiles()), ...options });
    servers.push(server);
    return server;
  }

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('a bundle on a web server is fetched file by file, each when it is asked for and once', async () => {
    const { url, requests } = await serve();
    const bundle = await open(`${url}/edge`, pinned);
    assert.deepEqual(
      requests.map((request) => request.url),
      ['/edge/bundle.yaml'],
    );
    const runc = fileOf(bundle, 'runc');
    await Promise.all([bundle.file(runc), bundle.file(runc), bundle.locate(runc)]);
    assert.equal(requests.length, 2);
    await works(bundle);
  });

  it('a bundle on a web server is also found with a slash at the end, and may be one .tgz', async () => {
    const { url } = await serve();
    await works(await open(`${url}/edge/`, pinned));
    const archive = tgz([...bundleFiles()].map(([path, data]) => ({ path, data })));
    const other = await serve({ files: new Map([['b/edge.tgz', archive]]) });
    await works(await open(`${other.url}/b/edge.tgz?key=1`, pinned));
    await works(await open(`${other.url}/b/edge.tgz`, { sha256: sha256(archive) }));
  });

  it('over plain http is accepted only with a pin', async () => {
    const { url, requests } = await serve();
    await assert.rejects(open(`${url}/edge?key=hunter2`), (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2/);
      return failure('USAGE', 'plain http', '--bundle-sha256')(error);
    });
    assert.equal(requests.length, 0);
    await works(await open(`${url}/edge`, pinned));
  });

  it('a bundle on a web server is refused if bundle.yaml is not the one that was pinned, before anything else is fetched', async () => {
    const { url, requests } = await serve();
    await assert.rejects(
      open(`${url}/edge`, { sha256: '0'.repeat(64) }),
      failure('BUNDLE_INVALID', 'SHA-256 expected'),
    );
    assert.equal(requests.length, 1);
  });

  it('gives no file whose sum is another', async () => {
    const files = bundleFiles();
    files.set('runc', Buffer.alloc(PARTS.runc?.data.length ?? 0));
    const { url } = await serve({ files: prefixed(files) });
    const bundle = await open(`${url}/edge`, pinned);
    await assert.rejects(bundle.locate(fileOf(bundle, 'runc')), failure('BUNDLE_INVALID', '/edge/runc', 'SHA-256'));
  });

  it('a bundle on a web server can be asked again for a file after a failure', async () => {
    const { url } = await serve({ fault: answer('/edge/runc', 403, 1) });
    const bundle = await open(`${url}/edge`, pinned);
    await assert.rejects(bundle.file(fileOf(bundle, 'runc')), failure('DOWNLOAD_FAILED', '403'));
    await bundle.file(fileOf(bundle, 'runc'));
  });

  it('takes the query string along to every file and tells it to nobody', async () => {
    const { url, requests } = await serve({ fault: answer('/edge/runc', 500, 99) });
    const told: string[] = [];
    const log = { info: (text: string) => told.push(text), progress: (what: string) => told.push(what) };
    const bundle = await open(`${url}/edge?key=hunter2#hunter2`, { ...pinned, log });
    await bundle.file(fileOf(bundle, 'kubelet'));
    await assert.rejects(bundle.file(fileOf(bundle, 'runc')), (error: Error) => {
      told.push(error.stack ?? '', JSON.stringify(error));
      return failure('DOWNLOAD_FAILED')(error);
    });
    assert.ok(requests.every((request) => request.url.endsWith('?key=hunter2')));
    assert.equal(bundle.origin, `${url}/edge`);
    assert.doesNotMatch(told.join('\n'), /hunter2/);
  });

  it('tells progress by the name of the file', async () => {
    const { url } = await serve();
    const reports: unknown[][] = [];
    const log = { info: () => {}, progress: (...report: unknown[]) => reports.push(report) };
    const bundle = await open(`${url}/edge`, { ...pinned, log });
    const kubelet = fileOf(bundle, 'kubelet');
    await bundle.file(kubelet);
    assert.deepEqual(reports.at(-1), ['kubelet', kubelet.size, kubelet.size]);
  });

  it('keeps its copies if only the user can read them', async () => {
    const { url } = await serve();
    const bundle = await open(`${url}/edge`, pinned);
    const path = await bundle.file(fileOf(bundle, 'runc'));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(path.replace(/\/[^/]*$/, ''))).mode & 0o777, 0o700);
  });

  it('a bundle on a web server refuses other protocols', async () => {
    await assert.rejects(open('ftp://files.example.com/edge'), failure('USAGE'));
    await assert.rejects(open('file:///etc'), failure('USAGE'));
  });
});

describe('a damaged .tgz on a web server', () => {
  let server: WebServer;
  const whole = tgz([...bundleFiles()].map(([path, data]) => ({ path, data })));
  afterEach(() => server.close());

  /** Damage, and what is asked of the bundle for it to show. */
  const DAMAGE: Readonly<Record<string, Buffer>> = {
    'is not an archive': Buffer.from('<html>not here</html>'),
    'is cut off': whole.subarray(0, whole.length / 2),
    'holds a link': tgz(
      [...[...bundleFiles()].map(([path, data]) => ({ path, data })), { path: 'x', type: '2', link: '/' }].reverse(),
    ),
  };

  for (const [what, data] of Object.entries(DAMAGE)) {
    it(`a damaged .tgz on a web server is named by its URL if it ${what}, not by its temporary copy`, async () => {
      server = await webServer({ files: new Map([['edge.tgz', data]]) });
      const use = async (): Promise<void> => {
        const bundle = await open(`${server.url}/edge.tgz`, { sha256: sha256(data) });
        for (const file of bundle.manifest.files) await bundle.file(file);
      };
      await assert.rejects(use(), (error: EdgeadmError) => {
        assert.ok(failure('BUNDLE_INVALID', `${server.url}/edge.tgz`)(error));
        assert.doesNotMatch(`${error.what} ${error.why}`, /edgeadm-\d+-/);
        return true;
      });
    });
  }
});

describe('temporary files of a bundle', () => {
  it('temporary files of a bundle of a run that was killed go with the next one; those of a run that lives stay', async () => {
    const temporary = folder.path('killed');
    const dead = execFile(process.execPath, ['--eval', '']);
    await new Promise((resolve) => dead.once('exit', resolve));
    for (const pid of [dead.pid, process.ppid]) await mkdir(`${temporary}/edgeadm-${pid}-abcdef`, { recursive: true });
    await mkdir(`${temporary}/edgeadm-notes`);
    const scratch = new Scratch(temporary);
    await scratch.folder();
    await scratch.close();
    assert.deepEqual((await readdir(temporary)).sort(), [`edgeadm-${process.ppid}-abcdef`, 'edgeadm-notes'].sort());
  });

  it('go when the process is ended by a signal', async () => {
    const temporary = folder.path('signalled');
    await mkdir(temporary);
    const script = `
      import { Scratch } from '${new URL('../../../src/artifacts/scratch.ts', import.meta.url)}';
      await new Scratch(${JSON.stringify(temporary)}).folder();
      await new Scratch(${JSON.stringify(temporary)}).folder();
      console.log(process.pid);
      setInterval(() => {}, 1000);
    `;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const child = execFile(process.execPath, ['--input-type=module-typescript', '--eval', script]);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      assert.equal((await readdir(temporary)).length, 2);
      const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
      child.kill(signal);
      assert.equal(await ended, signal);
      assert.deepEqual(await readdir(temporary), []);
    }
  }).timeout(20_000);
});

function prefixed(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  return new Map([...files].map(([path, data]) => [`edge/${path}`, data]));
}
