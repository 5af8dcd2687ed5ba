import { load } from 'js-yaml';
import { usageError } from '../errors/usage.ts';
import { kubernetesDocuments, OWN_YAML } from '../lib/kubernetes-yaml.ts';
import { readUserText } from '../lib/user-file.ts';
import type { Layer } from './join-spec.ts';
import { kubeadmDocument, kubeadmFileError } from './kubeadm-file.ts';

/** The version of the configuration files that this release reads. */
export const API_VERSION = 'edgeadm.io/v1';

/**
 * Reads a configuration file (YAML or JSON) of the kind a command takes.
 * @param flag that names the file, for errors
 * @throws EdgeadmError USAGE if it cannot be read, is not YAML or of another kind
 */
export async function readConfigFile(
  path: string,
  kind: 'JoinConfiguration' | 'CloudCluster',
  flag = '--config',
): Promise<Layer> {
  const text = await readUserText(path, { what: flag });
  let parsed: unknown;
  let ofKubeadm: Readonly<Record<string, unknown>> | undefined;
  try {
    ofKubeadm = kubeadmDocument(kubernetesDocuments(text));
    parsed = ofKubeadm ?? load(text, { schema: OWN_YAML });
  } catch (error) {
    throw usageError([`${flag} ${path}: ${(error as Error).message}`]);
  }
  if (ofKubeadm && kind === 'JoinConfiguration') throw kubeadmFileError(`${flag} ${path}`, ofKubeadm, API_VERSION);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw usageError([`${flag} ${path}: expected a map`]);
  const { apiVersion, kind: found, ...values } = parsed as Record<string, unknown>;
  if (apiVersion !== API_VERSION || found !== kind) {
    throw usageError(
      [
        `${flag} ${path}: expected apiVersion ${API_VERSION} and kind ${kind}, found ${shown(apiVersion)} and ${shown(found)}`,
      ],
      kind === 'JoinConfiguration' ? 'edgeadm config print-defaults' : undefined,
    );
  }
  return { nameOf: (key) => `${path}: ${key}`, values };
}

/** A value as written, on one line. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
}
