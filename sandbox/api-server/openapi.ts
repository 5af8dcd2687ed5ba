import { groupVersion, RESOURCES, type Resource } from './resources.ts';

/** What kubectl asks before it sends a body: can the server check for unknown fields? */
const FIELD_VALIDATION = { in: 'query', name: 'fieldValidation', schema: { type: 'string' } };

/**
 * The OpenAPI documents below /openapi/v3, as far as `kubectl apply` and `kubectl create -f` need them: they say that
 * the server takes care of validation, so that kubectl needs no schemas. Undefined if there is no such document.
 */
export function openApi(path: string): object | undefined {
  const versions = new Map(
    RESOURCES.flatMap((resource) => resource.versions.map((version) => [rootOf(resource, version), version])),
  );
  if (path === '/openapi/v3') {
    const entries = [...versions.keys()].map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }]);
    return { paths: Object.fromEntries(entries) };
  }
  const root = path.replace(/^\/openapi\/v3\//, '');
  const version = versions.get(root);
  if (version === undefined) return undefined;
  const resources = RESOURCES.filter(
    (resource) => resource.versions.includes(version) && rootOf(resource, version) === root,
  );
  return {
    openapi: '3.0.0',
    info: { title: 'edgeadm sandbox', version },
    paths: Object.fromEntries(resources.map((resource) => [pathOf(root, resource), operations(resource, version)])),
  };
}

function rootOf({ group }: Resource, version: string): string {
  return `${group ? 'apis' : 'api'}/${groupVersion(group, version)}`;
}

function pathOf(root: string, { namespaced, plural }: Resource): string {
  return `/${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;
}

function operations({ group, kind }: Resource, version: string): object {
  const responses = { 200: { description: 'OK' } };
  const type = { 'x-kubernetes-group-version-kind': { group, version, kind } };
  return { patch: { ...type, parameters: [FIELD_VALIDATION], responses } };
}
