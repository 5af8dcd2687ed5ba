import { usageError } from '../../errors/usage.ts';
import { yamlMap } from '../../lib/check-shape.ts';
import { ownValue } from '../../lib/own-value.ts';
import type { WorkloadKind, WorkloadTemplate } from '../../phases/app/workload-template.ts';
import { flagText, type Refuse } from '../flags.ts';

/** What pods are made of, for `app create`. */
export interface AppSource {
  readonly workload: WorkloadKind;
  readonly template: WorkloadTemplate;
}

/** A Deployment of one container, as `kubectl create deployment` makes one. */
export function simpleSource(name: string, image: string, ports: readonly number[]): AppSource {
  const labels = { app: name };
  const containerPorts = ports.map((containerPort) => ({ containerPort, protocol: 'TCP' }));
  const container = { name, image, ...(ports.length > 0 && { ports: containerPorts }) };
  return {
    workload: 'Deployment',
    template: {
      metadata: { labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
  };
}

interface Manifest {
  readonly kind?: unknown;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: Partial<WorkloadTemplate['spec']>;
}

/** The template of a Deployment or StatefulSet in a file. @throws EdgeadmError USAGE with what is wrong in it */
export async function sourceOfFile(file: string): Promise<AppSource> {
  const text = await flagText(file === '-' ? '-' : `@${file}`, '--from');
  const { kind, metadata, spec } = yamlMap(text, { what: `--from: ${file}`, code: 'USAGE' }) as Manifest;
  const mistakes: string[] = [];
  const refuse: Refuse = (mistake) => mistakes.push(`--from: ${file}: ${mistake}`);
  if (kind !== 'Deployment' && kind !== 'StatefulSet')
    refuse(`kind is ${JSON.stringify(kind) ?? 'missing'}, not Deployment or StatefulSet`);
  const { selector, template } = spec ?? {};
  const containers: unknown = template?.spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) refuse('spec.template.spec.containers is missing');
  const labels = template?.metadata?.labels ?? {};
  const wanted = Object.entries(selector?.matchLabels ?? {});
  if (wanted.length === 0) refuse('spec.selector.matchLabels is missing');
  const missing = wanted.filter(([key, value]) => ownValue(labels, key) !== value).map(([key]) => key);
  if (missing.length > 0) refuse(`spec.selector does not match the labels of the template: ${missing.join(', ')}`);
  if (mistakes.length > 0) throw usageError(mistakes);
  const { replicas: _ofAll, ...rest } = spec as WorkloadTemplate['spec'];
  return {
    workload: kind as WorkloadKind,
    template: { ...(metadata?.labels && { metadata: { labels: metadata.labels } }), spec: rest },
  };
}
