import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { intranetAddress, isoDate } from './cs-answers.ts';
import { attachLine } from './cs-attach-script.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, parsed, requestedPool } from './cs-request.ts';
import { type AttachTokenRecord, KIND, poolsOf } from './records.ts';
import { type CloudAnswer, CloudFailure } from './service.ts';

const HOUR_S = 3600;
const DAY_MINUTES = 24 * 60;
const THREE_YEARS_MINUTES = 3 * 365 * DAY_MINUTES;

const script = z.object({
  arch: z.enum(['amd64', 'arm', 'arm64']).default('amd64'),
  nodepool_id: z.string().optional(),
  // Older clients send the object itself.
  options: z.union([z.string(), z.record(z.string(), z.unknown())]).default('{}'),
  expired: z.number().optional(),
  one_time_token: z.boolean().default(false),
});

/** The line that joins a node, with a token of its own; a text as the SDKs take it, with the end of line it has there. */
export async function attachScript(asked: CsRequest): Promise<CloudAnswer> {
  const { store, now } = asked.parts;
  const cluster = clusterOf(asked);
  const { arch, nodepool_id, options, expired, one_time_token: oneTime } = valid(script, asked.request.body);
  const spec = valid(z.record(z.string(), z.unknown()), typeof options === 'string' ? parsed(options) : options);
  const fallback = poolsOf(store, cluster.id).find(({ isDefault }) => isDefault);
  const pool = nodepool_id === undefined && fallback ? fallback : requestedPool(asked, nodepool_id);
  const expires = (expired ?? Math.floor(now() / 1000) + HOUR_S) * 1000;
  if (expires <= now()) throw new CloudFailure(400, 'InvalidParameter', 'The specified expired is in the past.');
  const token = randomBytes(16).toString('hex');
  const record: AttachTokenRecord = { clusterId: cluster.id, nodePoolId: pool.id, expires, oneTime };
  store.put(KIND.attachToken, token, record);
  const line = attachLine({
    region: cluster.region,
    version: cluster.version.replace(/^v/, ''),
    arch,
    token,
    nodeSpec: JSON.stringify(spec),
    windows: spec.platform === 'Windows',
  });
  return `${line}\r\n`;
}

/** Both versions of the API answer alike. Minutes: 15 to 4320, by the reference. */
export async function kubeconfig(asked: CsRequest): Promise<object> {
  const { isPublic = true } = clusterOf(asked);
  const { TemporaryDurationMinutes: text, PrivateIpAddress } = asked.request.parameters;
  const isPrivate = PrivateIpAddress === 'true';
  // The real code is not documented.
  if (!isPrivate && !isPublic)
    throw new CloudFailure(400, 'ErrorNoPublicEndpoint', 'The API server of the cluster has no public endpoint.');
  const minutes = text === undefined ? THREE_YEARS_MINUTES : Number(text);
  if (text !== undefined && !(minutes >= 15 && minutes <= 3 * DAY_MINUTES))
    throw new CloudFailure(400, 'InvalidParameter', 'TemporaryDurationMinutes has to be between 15 and 4320.');
  const { apiServer } = asked.parts;
  const config = await asked.inside.kubeconfig(minutes, isPrivate ? intranetAddress(apiServer) : apiServer);
  return { config, expiration: isoDate(asked.parts.now() + minutes * 60_000) };
}
