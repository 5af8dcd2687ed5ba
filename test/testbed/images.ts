import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, type Say, timed } from './cache.ts';
import { busyboxImage, cacheDir, edgeHubImage, pauseImage } from './config.ts';
import { buildImage } from './image.ts';

const pauseSource = `#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void stop(int signal) { _exit(0); }
static void reap(int signal) { while (waitpid(-1, NULL, WNOHANG) > 0); }
int main(void) {
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`;

/** The image that holds a pod's namespaces; returns its tar file. */
async function pause(say: Say): Promise<string> {
  const dir = await cached('image-pause', { pauseImage, pauseSource }, (dir) =>
    timed(say, `image ${pauseImage}`, async () => {
      const binary = join(dir, 'pause');
      await execa('gcc', ['-static', '-Os', '-x', 'c', '-o', binary, '-'], { input: pauseSource });
      await buildImage({
        name: pauseImage,
        entrypoint: ['/pause'],
        files: [{ from: binary, to: '/pause' }],
        out: join(dir, 'pause.tar'),
      });
    }),
  );
  return join(dir, 'pause.tar');
}

/** A shell and a web server for pods; returns its tar file. */
async function busybox(say: Say): Promise<string> {
  const applets = ['sh', 'sleep', 'wget', 'httpd', 'nc', 'cat', 'ls', 'ping', 'ip', 'echo', 'touch'];
  const dir = await cached('image-busybox', { busyboxImage, applets }, (dir) =>
    timed(say, `image ${busyboxImage}`, () =>
      buildImage({
        name: busyboxImage,
        entrypoint: ['/bin/sleep', '1000000'],
        files: [{ from: '/bin/busybox', to: '/bin/busybox' }],
        links: Object.fromEntries(applets.map((name) => [`/bin/${name}`, 'busybox'])),
        out: join(dir, 'busybox.tar'),
      }),
    ),
  );
  return join(dir, 'busybox.tar');
}

/** The stand-in for edge-hub, from its Go source beside this file; returns its tar file. */
async function edgeHub(say: Say): Promise<string> {
  const cwd = join(import.meta.dirname, 'edge-hub');
  const files = (await readdir(cwd))
    .filter((file) => /(\.go|^go\.mod)$/.test(file) && !file.endsWith('_test.go'))
    .sort();
  const source = await Promise.all(files.map((file) => readFile(join(cwd, file), 'utf8')));
  const dir = await cached('image-edge-hub', { edgeHubImage, files, source }, (dir) =>
    timed(say, `image ${edgeHubImage}`, async () => {
      const binary = join(dir, 'edge-hub');
      const env = { CGO_ENABLED: '0', GOCACHE: join(cacheDir, 'gocache'), GOFLAGS: '-mod=mod -buildvcs=false' };
      await execa('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', binary, '.'], { cwd, env });
      const entry = [{ from: binary, to: '/edge-hub' }];
      await buildImage({ name: edgeHubImage, entrypoint: ['/edge-hub'], files: entry, out: join(dir, 'edge-hub.tar') });
    }),
  );
  return join(dir, 'edge-hub.tar');
}

export interface Images {
  pause: string;
  busybox: string;
  edgeHub: string;
}

/** Tar files of the images that nodes import, made without any registry. */
export async function images(say: Say): Promise<Images> {
  return { pause: await pause(say), busybox: await busybox(say), edgeHub: await edgeHub(say) };
}
