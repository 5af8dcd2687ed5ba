import type { User } from './authentication.ts';
import { type AskedFor, type Authority, pathsOf, rulesOf, whyNot } from './authorization.ts';
import type { KubeObject, Resource } from './resources.ts';
import type { PathRequest } from './router.ts';

/** Who asks, and what decides. */
interface Asking extends Authority {
  readonly user: User;
}

/** Answers a question such as `kubectl auth can-i`: the object with its status. */
export function review({ plural }: Resource, object: KubeObject, asking: Asking): KubeObject {
  const { user } = asking;
  const answered = (status: object): KubeObject => ({ ...object, status: { ...status } });
  if (plural === 'selfsubjectreviews')
    return answered({ userInfo: { username: user.name, uid: user.uid, groups: user.groups } });
  if (plural === 'selfsubjectrulesreviews') return answered(rules(object, asking));
  const { user: name = '', groups = [] } = (object.spec ?? {}) as Partial<Record<'user', string>> & {
    groups?: string[];
  };
  const about = plural === 'subjectaccessreviews' ? { name, groups } : user;
  const why = whyNot(about, asked(object), asking);
  return answered({ allowed: why === undefined, ...(why && { reason: why }) });
}

function asked({ spec }: KubeObject): AskedFor | PathRequest {
  const { resourceAttributes: about, nonResourceAttributes: path } = (spec ?? {}) as Record<
    string,
    Record<string, string>
  >;
  if (path) return { verb: path.verb ?? '', path: path.path ?? '' };
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = about ?? {};
  return { verb, group, plural: resource, subresource, namespace, name };
}

function rules({ spec }: KubeObject, asking: Asking): object {
  const { user } = asking;
  const inNamespace = rulesOf(user, asking).filter(
    ({ namespace }) => namespace === undefined || namespace === spec?.namespace,
  );
  return {
    resourceRules: inNamespace.map(({ verbs, group, resources, names }) => ({
      verbs,
      apiGroups: [group],
      resources,
      ...(names && { resourceNames: names }),
    })),
    nonResourceRules: pathsOf(user, asking).map(({ verbs, paths }) => ({ verbs, nonResourceURLs: paths })),
    // What a node may do depends on more than rules.
    incomplete: user.groups.includes('system:nodes'),
  };
}
