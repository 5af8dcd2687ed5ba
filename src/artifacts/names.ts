/**
 * Checks a path that a bundle or an archive names: relative, inside the folder, and the same on every system that
 * edgeadm runs on.
 * @returns the path without `./` and doubled slashes, or undefined if it is refused
 */
export function innerPath(path: string): string | undefined {
  if (path.startsWith('/') || /[\\\p{Cc}]/u.test(path) || /^[a-z]:/i.test(path)) return undefined;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return undefined;
  return parts.join('/');
}

/** Equal for two paths that some file system takes for one (case, Unicode composition). */
export function foldedPath(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/**
 * The full form of an image reference, as containerd stores it: `busybox` is `docker.io/library/busybox:latest`.
 * Source: the familiar names of github.com/distribution/reference.
 */
export function fullReference(reference: string): string {
  const slash = reference.indexOf('/');
  const first = slash < 0 ? '' : reference.slice(0, slash);
  const hasDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const rest = hasDomain ? reference.slice(slash + 1) : reference;
  const domain = !hasDomain || first === 'index.docker.io' ? 'docker.io' : first;
  const path = domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  const tagged = path.includes('@') || path.slice(path.lastIndexOf('/') + 1).includes(':');
  return `${domain}/${path}${tagged ? '' : ':latest'}`;
}
