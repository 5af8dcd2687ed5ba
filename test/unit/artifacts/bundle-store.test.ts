import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { filesOf } from '../../../src/artifacts/bundle.ts';
import { BundleStore } from '../../../src/artifacts/bundle-store.ts';
import { bundleFiles, failure, sha256, temporaryFolder } from './fixtures.ts';
import { answer, type Fault, type WebServer, webServer } from './web-server.ts';

const folder = temporaryFolder();
const FILES = bundleFiles();
const PIN = sha256(FILES.get('bundle.yaml') ?? '');

let server: WebServer;
let store: BundleStore;
let temporaries = 0;

async function serve(fault?: Fault): Promise<void> {
  server = await webServer({ files: FILES, fault });
  store = new BundleStore();
}

async function open(signal?: AbortSignal) {
  const tempDirectory = folder.path(`temporary-${temporaries++}`);
  await mkdir(tempDirectory);
  return store.open(server.url, { sha256: PIN, tempDirectory, transfer: { tries: 1 }, signal });
}

/** Holds the answers for a path back until `release` is called; `asked` resolves with the first request. */
function held(path: string) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const fault: Fault = (request, response, data) => {
    if (request.url !== path) return false;
    asked.resolve();
    void released.promise.then(() => response.writeHead(200, { 'content-length': data.length }).end(data));
    return true;
  };
  return { fault, asked: asked.promise, release: () => released.resolve() };
}

describe('a bundle that the hosts of a command share', () => {
  afterEach(async () => {
    await store.close();
    await server.close();
  });

  it('a bundle that the hosts of a command share is opened once', async () => {
    await serve();
    const [one, other] = await Promise.all([open(), open()]);
    assert.equal(one?.sha256, other?.sha256);
    assert.equal(server.requests.length, 1);
  });

  it('still opens for the second host when the first is interrupted', async () => {
    const { fault, asked, release } = held('/bundle.yaml');
    await serve(fault);
    const interrupted = new AbortController();
    const first = open(interrupted.signal);
    const second = open();
    await asked;
    interrupted.abort(new Error('interrupted'));
    await assert.rejects(first, /interrupted/);
    release();
    assert.equal((await second).sha256, PIN);
  });

  it('still gives its files to the second host after the first was interrupted', async () => {
    await serve();
    const interrupted = new AbortController();
    const first = await open(interrupted.signal);
    const second = await open();
    interrupted.abort(new Error('interrupted'));
    const [kubelet] = filesOf(second.manifest, 'kubelet');
    assert.ok(kubelet);
    await assert.rejects(first.file(kubelet), /interrupted/);
    assert.ok(await second.file(kubelet));
  });

  it('stops a download as soon as the last host that waits for it is interrupted', async () => {
    const { fault, asked, release } = held('/kubelet');
    await serve(fault);
    const interrupted = new AbortController();
    const bundle = await open(interrupted.signal);
    const [kubelet] = filesOf(bundle.manifest, 'kubelet');
    assert.ok(kubelet);
    const file = bundle.file(kubelet);
    await asked;
    interrupted.abort(new Error('interrupted'));
    await assert.rejects(file, /interrupted/);
    release();
  });

  it('a bundle that the hosts of a command share is opened again for the next host after a failure', async () => {
    await serve(answer('/bundle.yaml', 503, 1));
    await assert.rejects(open(), failure('DOWNLOAD_FAILED', '503'));
    assert.equal((await open()).sha256, PIN);
  });
});
