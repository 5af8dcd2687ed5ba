import type { IncomingHttpHeaders } from 'node:http';
import type { User } from './authentication.ts';
import { type Authority, authorize } from './authorization.ts';
import { groupsOfAccount } from './service-account-tokens.ts';

/**
 * The user that a request is for: `kubectl --as` asks for another than the one who signs in.
 * @throws ApiFailure 403 if the one who signs in may not speak for others
 */
export function impersonated(user: User, headers: IncomingHttpHeaders, authority: Authority): User {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  // Node joins the values of a header that is not its own.
  const groups = String(headers['impersonate-group'] ?? '')
    .split(/, */)
    .filter(Boolean);
  const may = { verb: 'impersonate', group: '', subresource: '', namespace: '' } as const;
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  if (namespace && account) authorize(user, { ...may, plural: 'serviceaccounts', namespace, name: account }, authority);
  else authorize(user, { ...may, plural: 'users', name }, authority);
  for (const group of groups) authorize(user, { ...may, plural: 'groups', name: group }, authority);
  const all = groups.length > 0 ? groups : groupsOfAccount(name);
  return { name, groups: [...all, name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'] };
}
