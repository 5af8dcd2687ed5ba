import type { ApiError } from './errors.ts';

/**
 * What the authorizer of an API server says of a request it denies.
 * @see k8s.io/apiserver, pkg/endpoints/handlers/responsewriters/errors.go (forbiddenMessage)
 */
const DENIED =
  /User "(?<user>[^"]*)" cannot (?<verb>\S+) (?:path "(?<url>[^"]*)"|resource "(?<resource>[^"/]*)(?:\/(?<part>[^"]*))?" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]*)")?)/;

/** What to do about credentials or rights that an API server rejects; undefined for any other error. */
export function adviceOnRefusal({ status, reason, message }: ApiError): string | undefined {
  if (status === 401)
    return 'Use another kubeconfig: the token or client certificate of this one is not valid for the cluster, or has expired.';
  if (status !== 403 || reason !== 'Forbidden') return undefined;
  const denied = DENIED.exec(message)?.groups;
  if (!denied)
    return 'The user has the right, but a rule of the cluster (admission, quota) forbids the request: see the reason.';
  const user = denied.user ?? '';
  if (user === 'system:anonymous')
    return 'Use a kubeconfig with a token or client certificate: the request was anonymous.';
  if (user.startsWith('system:bootstrap:'))
    return 'Check the role bindings for bootstrap tokens, which `kubeadm init phase bootstrap-token` creates.';
  if (user.startsWith('system:node:'))
    return 'Nodes have their rights from the Node authorizer: check that the API server runs with `--authorization-mode=Node,RBAC`.';
  return adviceOnRights(user, denied);
}

function adviceOnRights(user: string, { verb, url, resource, part, group, namespace }: Record<string, string>): string {
  const kind = group ? `${resource}.${group}` : resource;
  const object = url ?? kind;
  const options = [part && ` --subresource=${part}`, namespace && ` --namespace=${namespace}`].filter(Boolean).join('');
  const where = url !== undefined ? '' : namespace ? ` in namespace ${namespace}` : ' cluster-wide';
  const right = `\`${verb}\` on \`${part ? `${object}/${part}` : object}\`${where}`;
  return `Use a kubeconfig of an administrator, or let one grant ${user} ${right}; check it with \`kubectl auth can-i ${verb} ${object}${options}\`.`;
}
