/** A container, as far as its image goes. */
interface TemplateContainer {
  readonly name: string;
  readonly image?: string;
}

/** A Deployment or StatefulSet without its name, as an application has it. */
export interface WorkloadTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly TemplateContainer[];
        readonly initContainers?: readonly TemplateContainer[];
        readonly tolerations?: readonly object[];
      };
    };
  };
}

/** Exactly one of the two. */
export interface WorkloadTemplates {
  readonly deploymentTemplate?: WorkloadTemplate;
  readonly statefulSetTemplate?: WorkloadTemplate;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet';

/** @returns undefined if an application has none, which its controller refuses */
export function templateIn(templates: WorkloadTemplates | undefined): WorkloadTemplate | undefined {
  return templates?.deploymentTemplate ?? templates?.statefulSetTemplate;
}

/** The key for a kind of workload. */
export function templatesOf(kind: WorkloadKind, template: WorkloadTemplate): WorkloadTemplates {
  return kind === 'StatefulSet' ? { statefulSetTemplate: template } : { deploymentTemplate: template };
}

/** The images of a template, by container. */
export function imagesIn(template: WorkloadTemplate | undefined): Map<string, string> {
  const { containers = [], initContainers = [] } = template?.spec.template.spec ?? {};
  return new Map([...containers, ...initContainers].map(({ name, image = '' }) => [name, image]));
}

/** The same templates with other images, by container. */
export function withImages(templates: WorkloadTemplates, images: ReadonlyMap<string, string>): WorkloadTemplates {
  const changed = (list: readonly TemplateContainer[] | undefined): readonly TemplateContainer[] | undefined =>
    list?.map((each) => ({ ...each, image: images.get(each.name) ?? each.image }));
  const replaced = ({ spec, ...rest }: WorkloadTemplate): WorkloadTemplate => {
    const pod = spec.template.spec;
    const containers = changed(pod.containers) ?? [];
    const initContainers = changed(pod.initContainers);
    const next = { ...pod, containers, ...(initContainers && { initContainers }) };
    return { ...rest, spec: { ...spec, template: { ...spec.template, spec: next } } };
  };
  const { deploymentTemplate, statefulSetTemplate } = templates;
  return {
    ...(deploymentTemplate && { deploymentTemplate: replaced(deploymentTemplate) }),
    ...(statefulSetTemplate && { statefulSetTemplate: replaced(statefulSetTemplate) }),
  };
}
