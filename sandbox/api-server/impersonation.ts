import type { IncomingHttpHeaders } from 'node:http';
import type { User } from './authentication.ts';
import { authorize } from './authorization.ts';

/**
 * The user that a request is for: `kubectl --as` asks for another than the one who signs in.
 * @throws ApiFailure 403 if the one who signs in may not speak for others
 */
export function impersonated(user: User, headers: IncomingHttpHeaders, version: string): User {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  // Node joins the values of a header that is not its own.
  const groups = String(headers['impersonate-group'] ?? '')
    .split(/, */)
    .filter(Boolean);
  const may = { verb: 'impersonate', group: '', subresource: '', namespace: '' } as const;
  authorize(user, { ...may, plural: 'users', name }, version);
  for (const group of groups) authorize(user, { ...may, plural: 'groups', name: group }, version);
  return { name, groups: [...groups, name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'] };
}
