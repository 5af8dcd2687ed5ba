import { join } from 'node:path';
import { execa } from 'execa';
import { cached, type Say, timed } from './cache.ts';
import { busyboxImage, edgeHubImage } from './config.ts';
import { buildEdgeHubImage, compileEdgeHub, releaseOf } from './edge-hub/build.ts';
import { buildImage } from './image.ts';
import type { World } from './worlds.ts';

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
async function pause(say: Say, { name, pauseImage }: World): Promise<string> {
  const dir = await cached(`image-pause-${name}`, { pauseImage, pauseSource }, (dir) =>
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

/** The stand-in for edge-hub under a name; returns its tar file. */
async function edgeHub(say: Say, image: string): Promise<string> {
  const program = await compileEdgeHub(say, releaseOf(image));
  const [, name] = /([^/]+):/.exec(image) ?? [];
  const dir = await cached(`image-${name}`, { edgeHubImage: image, program }, (dir) =>
    buildEdgeHubImage({ name: image, out: join(dir, `${name}.tar`), say }),
  );
  return join(dir, `${name}.tar`);
}

export interface Images {
  pause: string;
  busybox: string;
  edgeHub: string;
  /** The same program under the name that OpenYurt's hub has in this world, which may be the same. */
  yurthub: string;
}

/** Tar files of the images that nodes import, made without any registry. */
export async function images(say: Say, world: World): Promise<Images> {
  return {
    pause: await pause(say, world),
    busybox: await busybox(say),
    edgeHub: await edgeHub(say, edgeHubImage),
    yurthub: await edgeHub(say, world.yurthubImage),
  };
}
