import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Machine } from '../../src/host/machine.ts';
import { KubeletFault } from './kubelet-settings.ts';
import { parseYaml } from './yaml.ts';

/** A static pod as its manifest has it. */
export interface StaticPod {
  readonly manifest: V1Pod;
  /** Changes with the manifest. */
  readonly hash: string;
}

type Files = Pick<Machine, 'readFile' | 'stat' | 'list'>;

/**
 * Reads the manifests of a folder. A file that is not a pod does not keep the others from running.
 * @param complain called for each such file, with the kubelet's message
 */
export async function readManifests(
  files: Files,
  folder: string,
  complain: (line: string) => void,
): Promise<Map<string, StaticPod>> {
  const pods = new Map<string, StaticPod>();
  for (const name of await files.list(folder)) {
    if (name.startsWith('.')) continue;
    const path = posix.join(folder, name);
    const text = (await files.readFile(path).catch(() => undefined))?.toString('utf8');
    if (text === undefined) continue;
    try {
      const manifest = parsePod(text);
      const hash = createHash('md5').update(text).digest('hex');
      pods.set(`${manifest.metadata?.namespace ?? 'default'}/${manifest.metadata?.name}`, { manifest, hash });
    } catch (error) {
      complain(`Could not process manifest file ${path}: ${(error as Error).message}`);
    }
  }
  return pods;
}

/** The fields of a pod that are used here. */
const POD = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z
    .looseObject({
      name: z.string().optional(),
      namespace: z.string().optional(),
      annotations: z.record(z.string(), z.string()).nullish().transform(orUndefined),
    })
    .optional(),
  spec: z
    .looseObject({
      hostNetwork: z.boolean().optional(),
      containers: z.array(
        z.looseObject({
          name: z.string(),
          image: z.string().optional(),
          command: z.array(z.string()).nullish().transform(orUndefined),
          args: z.array(z.string()).nullish().transform(orUndefined),
          env: z
            .array(
              z.looseObject({
                name: z.string(),
                value: z.string().optional(),
                valueFrom: z.looseObject({ fieldRef: z.looseObject({ fieldPath: z.string() }).optional() }).optional(),
              }),
            )
            .nullish()
            .transform(orUndefined),
        }),
      ),
      volumes: z
        .array(
          z.looseObject({
            name: z.string(),
            hostPath: z.looseObject({ path: z.string(), type: z.string().optional() }).optional(),
          }),
        )
        .nullish()
        .transform(orUndefined),
    })
    .optional(),
});

function orUndefined<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined;
}

function parsePod(text: string): V1Pod {
  const pod: V1Pod = parseYaml(text, POD, (why) => new KubeletFault(`couldn't parse as pod: ${why}`));
  if (pod.kind !== 'Pod' || pod.apiVersion !== 'v1')
    throw new KubeletFault(
      `couldn't parse as pod(no kind "${pod.kind}" is registered for version "${pod.apiVersion}")`,
    );
  if (!pod.metadata?.name || !pod.spec?.containers?.length)
    throw new KubeletFault('invalid pod: metadata.name and spec.containers are required');
  return pod;
}

/**
 * Why a pod's volumes cannot be mounted: a hostPath of a type that the path is not.
 * @returns undefined if nothing is amiss
 */
export async function volumeFault(files: Files, pod: V1Pod): Promise<string | undefined> {
  for (const { name, hostPath } of pod.spec?.volumes ?? []) {
    const wanted = { Directory: 'directory', File: 'file' }[hostPath?.type ?? ''];
    if (!hostPath || !wanted) continue;
    const found = (await files.stat(hostPath.path))?.type;
    if (found !== wanted)
      return `MountVolume.SetUp failed for volume "${name}" : hostPath type check failed: ${hostPath.path} is not a ${wanted}`;
  }
  return undefined;
}

/** Command and arguments of a container, with the variables of its environment filled in as the kubelet does. */
export function commandOf(container: V1Container, nodeName: string): string[] {
  const environment = new Map(
    (container.env ?? []).map(({ name, value, valueFrom }) => [
      name,
      valueFrom?.fieldRef?.fieldPath === 'spec.nodeName' ? nodeName : (value ?? ''),
    ]),
  );
  const fill = (word: string): string =>
    word.replace(/\$\((\w+)\)/g, (text, name: string) => environment.get(name) ?? text);
  return [...(container.command ?? []), ...(container.args ?? [])].map(fill);
}
