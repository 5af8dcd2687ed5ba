import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, type Say, timed } from '../cache.ts';
import { buildImage } from '../image.ts';

export interface EdgeHubImage {
  /** Full name with its tag. A tag like `v0.5.0` makes edgeadm take it for that yurthub. */
  name: string;
  /** The tar file to write. */
  out: string;
  say?: Say;
}

/**
 * Makes the image of the edge-hub stand-in. One program goes by two names, `edge-hub` and `yurthub`, so that the same
 * image runs under the manifests of both flavours.
 */
export async function buildEdgeHubImage({ name, out, say = () => {} }: EdgeHubImage): Promise<void> {
  await buildImage({
    name,
    entrypoint: ['/usr/bin/edge-hub'],
    files: [{ from: await compileEdgeHub(say), to: '/usr/bin/edge-hub' }],
    links: { '/usr/bin/yurthub': 'edge-hub' },
    out,
  });
}

/** Compiles the program, once for each state of its source; returns its path in the cache. */
export async function compileEdgeHub(say: Say): Promise<string> {
  const cwd = import.meta.dirname;
  const files = (await readdir(cwd))
    .filter((file) => /(\.go|^go\.mod)$/.test(file) && !file.endsWith('_test.go'))
    .sort();
  const source = await Promise.all(files.map((file) => readFile(join(cwd, file), 'utf8')));
  const dir = await cached('edge-hub', { files, source }, (dir) =>
    timed(say, 'the edge-hub stand-in', async () => {
      const env = { CGO_ENABLED: '0', GO111MODULE: 'on', GOFLAGS: '-buildvcs=false' };
      await execa('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(dir, 'edge-hub'), '.'], { cwd, env });
    }),
  );
  return join(dir, 'edge-hub');
}
