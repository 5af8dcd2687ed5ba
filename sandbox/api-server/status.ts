/** One mistake in a field, as Kubernetes lists them. */
export interface Cause {
  readonly field: string;
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldManagerConflict'
    | 'NamespaceTerminating';
  readonly message: string;
}

/** What an error is about: plural (kind, for `Invalid`) and group. */
export interface About {
  readonly kind: string;
  readonly group?: string;
  readonly name?: string;
}

/** An answer that is a Status object. Every wording is that of kube-apiserver 1.20.2, read from the real one. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: object | undefined;

  constructor(code: number, reason: string | undefined, message: string, details?: object) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The Status object. */
  toStatus(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** `nodes`, `leases.coordination.k8s.io`; with a name in quotes behind it if there is one. */
function shown({ kind, group, name }: About): string {
  const type = group ? `${kind}.${group}` : kind;
  return name ? `${type} "${name}"` : type;
}

/** The order of fields that Kubernetes has. */
function details({ kind, group, name }: About): object {
  return { ...(name && { name }), ...(group && { group }), kind };
}

export const unauthorized = (): ApiFailure => new ApiFailure(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string): ApiFailure => new ApiFailure(400, 'BadRequest', message);

export const notFound = (about: About): ApiFailure =>
  new ApiFailure(404, 'NotFound', `${shown(about)} not found`, details(about));

/** A resource, not an object, that is not served. */
export const noSuchResource = (): ApiFailure =>
  new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});

/** Logs and commands are of containers. */
export const noContainers = (): ApiFailure =>
  new ApiFailure(501, 'NotImplemented', 'the sandbox runs no containers: there are no logs, and nothing to connect to');

export const methodNotAllowed = (): ApiFailure =>
  new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const alreadyExists = (about: About): ApiFailure =>
  new ApiFailure(409, 'AlreadyExists', `${shown(about)} already exists`, details(about));

export const conflict = (
  about: About,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiFailure =>
  new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${shown(about)}: ${why}`, details(about));

/** Fields of other owners that server-side apply would change. */
export const applyConflict = (message: string, causes: readonly Cause[]): ApiFailure =>
  new ApiFailure(409, 'Conflict', message, { causes });

export const forbidden = (about: About, why: string, causes?: readonly Cause[]): ApiFailure =>
  new ApiFailure(403, 'Forbidden', `${shown(about)} is forbidden: ${why}`, {
    ...details(about),
    ...(causes && { causes }),
  });

/** @param about with the kind, not the plural */
export function invalidObject(about: About & { readonly name: string }, causes: readonly Cause[]): ApiFailure {
  const each = causes.map(({ field, message }) => `${field}: ${message}`);
  const why = each.length === 1 ? each[0] : `[${each.join(', ')}]`;
  const type = about.group ? `${about.kind}.${about.group}` : about.kind;
  return new ApiFailure(422, 'Invalid', `${type} "${about.name}" is invalid: ${why}`, {
    ...details(about),
    causes: causes.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}

export const unsupportedMediaType = (accepted: readonly string[]): ApiFailure =>
  new ApiFailure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** The log of events does not reach back that far: the client lists again. */
export const resourceExpired = (asked: number, oldest: number): ApiFailure =>
  new ApiFailure(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
