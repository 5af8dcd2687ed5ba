import { z } from 'zod';
import { lenientYaml } from '../lib/check-shape.ts';

/**
 * What edgeadm reads of files on a node that kubelet, hub or their administrators wrote. A damaged file
 * counts as empty: it must not stop a repair or a reset.
 */

const POD = z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) });
const RUNTIME = z.object({ containerRuntimeEndpoint: z.string().min(1) });

/** The image of the first container of a pod's manifest. */
export function imageIn(manifest: string | undefined): string | undefined {
  return lenientYaml(manifest, POD)?.spec.containers[0]?.image;
}

/** Path of the CRI socket in a KubeletConfiguration (1.27 and newer). */
export function runtimeSocketIn(configuration: string | undefined): string | undefined {
  return lenientYaml(configuration, RUNTIME)?.containerRuntimeEndpoint.replace(/^unix:\/\//, '');
}

/** True for the name of a manifest that kubeadm writes on a control-plane node. */
export function isControlPlaneManifest(name: string): boolean {
  return /^(kube-apiserver|kube-controller-manager|kube-scheduler|etcd)\b.*\.(yaml|yml|json)$/.test(name);
}
