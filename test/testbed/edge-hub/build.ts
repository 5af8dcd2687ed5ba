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
    files: [{ from: await compileEdgeHub(say, releaseOf(name)), to: '/usr/bin/edge-hub' }],
    links: { '/usr/bin/yurthub': 'edge-hub' },
    out,
  });
}

/** The release of yurthub that an image's tag names: `1.7.0`; none for any other tag. */
export function releaseOf(image: string): string {
  return /:v(\d+\.\d+\.\d+)$/.exec(image)?.[1] ?? '';
}

/**
 * Compiles the program, once for each state of its source.
 * @param release of the yurthub that it stands for, `1.7.0`: it then refuses and needs what that one does
 * @returns its path in the cache
 */
export async function compileEdgeHub(say: Say, release = '', system: 'linux' | 'windows' = 'linux'): Promise<string> {
  const cwd = import.meta.dirname;
  const files = (await readdir(cwd))
    .filter((file) => /(\.go|^go\.mod)$/.test(file) && !file.endsWith('_test.go'))
    .sort();
  const source = await Promise.all(files.map((file) => readFile(join(cwd, file), 'utf8')));
  const dir = await cached(`edge-hub${release}`, { files, source, release, system }, (dir) =>
    timed(say, `the edge-hub stand-in ${release}`.trim(), async () => {
      const env = { CGO_ENABLED: '0', GOOS: system, GO111MODULE: 'on', GOFLAGS: '-buildvcs=false' };
      await execa(
        'go',
        ['build', '-trimpath', `-ldflags=-s -w -X main.release=${release}`, '-o', join(dir, 'edge-hub'), '.'],
        { cwd, env },
      );
    }),
  );
  return join(dir, 'edge-hub');
}
