import type { KubeObject, Resource } from './resources.ts';
import { badRequest } from './status.ts';

export type Matcher = (object: KubeObject) => boolean;

const ALWAYS = ['metadata.name', 'metadata.namespace'];

/**
 * Both selectors of a list or watch as one question.
 * @throws ApiFailure 400
 */
export function selector(resource: Resource, query: URLSearchParams): Matcher {
  const matchers = [
    ...labelRequirements(query.get('labelSelector') ?? ''),
    ...fieldRequirements(resource, query.get('fieldSelector') ?? ''),
  ];
  return (object) => matchers.every((matches) => matches(object));
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
function labelRequirements(text: string): Matcher[] {
  // Commas between brackets belong to one requirement.
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.filter(Boolean).map(labelRequirement);
}

function labelRequirement(part: string): Matcher {
  const set = /^([^\s!=(),]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(part);
  const equality = /^([^\s!=(),]+)\s*(==?|!=)\s*([^\s!=(),]*)$/.exec(part);
  const existence = /^(!?)\s*([^\s!=(),]+)$/.exec(part);
  const label = (key: string) => (object: KubeObject) => object.metadata.labels?.[key];
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return oneOf(label(key), values, operator === 'in');
  }
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    return oneOf(label(key), [value], operator !== '!=');
  }
  if (!existence) throw badRequest(`unable to parse requirement: ${part}`);
  const [, not, key = ''] = existence;
  return (object) => (label(key)(object) !== undefined) !== (not === '!');
}

function oneOf(read: (object: KubeObject) => string | undefined, values: readonly string[], wanted: boolean): Matcher {
  return (object) => {
    const value = read(object);
    // An absent label is none of the values.
    return (value !== undefined && values.includes(value)) === wanted;
  };
}

function fieldRequirements(resource: Resource, text: string): Matcher[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const [, path = '', operator, value = ''] = /^([^=!]+)(==?|!=)(.*)$/.exec(part) ?? [];
      if (!operator) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      if (![...ALWAYS, ...resource.fields].includes(path)) throw unknownField(resource, path);
      return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
    });
}

function unknownField(resource: Resource, path: string): Error {
  if (resource.fields.length > 0 || resource.custom) return badRequest(`field label not supported: ${path}`);
  return badRequest(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

/** The value at a path as text; Kubernetes shows an unset boolean as `false`. */
function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return String(value ?? (path === 'spec.unschedulable' ? false : ''));
}
