import { filesOf } from '../../artifacts/bundle.ts';
import { fullReference } from '../../artifacts/names.ts';
import { flagValue } from '../../kubernetes/kubelet/migrations.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { podsOn } from '../../kubernetes/node/pods-on-node.ts';
import type { UpgradeContext } from './context.ts';

type Parts = Pick<UpgradeContext, 'host' | 'bundle' | 'client' | 'nodeName'>;

/** Where the images are that the node's pods need with containerd. */
export interface NeededImages {
  /** Those that docker alone has, with what each takes in bytes when it is unpacked. */
  readonly copies: readonly { readonly name: string; readonly bytes: number }[];
  /** Those that are neither on the node nor in the bundle. */
  readonly missing: readonly string[];
}

/** The image of pods' sandboxes: the bundle's, else the one that the kubelet has given to docker. */
export async function pauseImageOf({ host, bundle }: Pick<Parts, 'host' | 'bundle'>): Promise<string | undefined> {
  return bundle?.manifest.pauseImage ?? flagValue((await kubeletSettings(host)).flags, 'pod-infra-container-image');
}

/** Looks for the images of the pods on the node, and that of their sandboxes. */
export async function neededImages(parts: Parts): Promise<NeededImages> {
  const { host, bundle } = parts;
  const [pods, pause, listed, doubtful] = await Promise.all([
    podsOn(parts.client, parts.nodeName),
    pauseImageOf(parts),
    host.query('ctr', ['--namespace', 'k8s.io', 'images', 'list', '--quiet']),
    host.imagesInDoubt(),
  ]);
  const inBundle = bundle ? filesOf(bundle.manifest, 'image').flatMap(({ name }) => name ?? []) : [];
  const whole = listed.stdout.split('\n').filter((name) => !doubtful.includes(name));
  const there = new Set([...whole, ...inBundle.map(fullReference)]);
  const containers = pods.flatMap(({ spec }) => [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]);
  const names = [pause, ...containers.map(({ image }) => image)].flatMap((name) => name ?? []);
  const copies: { name: string; bytes: number }[] = [];
  const missing: string[] = [];
  for (const name of new Set(names.map(fullReference))) {
    if (there.has(name)) continue;
    const bytes = name.includes('@') ? undefined : await sizeInDocker(host, name);
    if (bytes === undefined) missing.push(name);
    else copies.push({ name, bytes });
  }
  return { copies, missing };
}

/** A name with a digest does not survive `docker save`: such an image is for containerd to pull. */
async function sizeInDocker(host: Parts['host'], name: string): Promise<number | undefined> {
  const { exitCode, stdout } = await host.query('docker', ['image', 'inspect', '--format', '{{.Size}}', name]);
  return exitCode === 0 ? Number(stdout) : undefined;
}
