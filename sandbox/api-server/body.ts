import type { IncomingMessage } from 'node:http';
import { load } from 'js-yaml';
import { KUBERNETES_YAML } from '../../src/lib/kubernetes-yaml.ts';
import { decodeMessage, PROTOBUF, readEnvelope } from './protobuf.ts';
import type { Resource } from './resources.ts';
import { definitionOfKind } from './schema/index.ts';
import { ApiFailure, badRequest, unsupportedMediaType } from './status.ts';

/** What Kubernetes takes at most. */
const LARGEST_BODY = 3 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';

/** A body and what it says it is. */
export interface Body {
  readonly content: unknown;
  readonly contentType: string;
}

/** @throws ApiFailure 413 */
export async function readRequestBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    // Read to its end anyway: a client reads no answer while it is still writing.
    if (bytes <= LARGEST_BODY) chunks.push(chunk as Buffer);
  }
  if (bytes > LARGEST_BODY)
    throw new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${LARGEST_BODY}`);
  return Buffer.concat(chunks);
}

/**
 * The object in a body: JSON, YAML or protobuf; a patch is read as what it is.
 * @param resource what the body should be of
 * @throws ApiFailure 400, 415
 */
export function parseBody(request: IncomingMessage, bytes: Buffer, verb: string, resource: Resource): Body {
  const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const isWhole = verb === 'create' || verb === 'update';
  if (['get', 'list', 'watch'].includes(verb) || (bytes.length === 0 && !isWhole))
    return { content: undefined, contentType };
  // Objects of a CustomResourceDefinition have no messages.
  const accepted = [JSON_TYPE, YAML, ...(resource.custom || resource.hasNoMessages ? [] : [PROTOBUF])];
  if (isWhole && contentType !== '' && !accepted.includes(contentType)) throw unsupportedMediaType(accepted);
  try {
    return { content: parse(bytes, contentType), contentType };
  } catch (error) {
    if (contentType === PROTOBUF) throw badRequest((error as Error).message);
    const why = `couldn't get version/kind; json parse error: ${(error as Error).message}`;
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${why}`);
  }
}

function parse(bytes: Buffer, contentType: string): unknown {
  if (contentType === PROTOBUF) return parseProtobuf(bytes);
  const text = bytes.toString('utf8');
  return contentType.endsWith('yaml') ? plain(load(text, { schema: KUBERNETES_YAML })) : JSON.parse(text);
}

/** Dates of YAML are texts in JSON. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function parseProtobuf(bytes: Buffer): object {
  const { apiVersion, kind, raw } = readEnvelope(bytes);
  const definition = definitionOfKind(apiVersion, kind);
  if (!definition) throw new Error(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...decodeMessage(definition, raw) };
}
