import { z } from 'zod';
import { EdgeadmError } from '../errors/index.ts';
import { registerSecret } from '../lib/redact.ts';

const list = (text: string): string[] => text.split(',').map((part) => part.trim());
const map = z.record(z.string(), z.string());
/** Empty is not set. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const texts = text.transform((value) => value && list(value));

const taint = z.object({
  key: z.string(),
  value: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  effect: z.string(),
});

/** Of the contract in docs/join.md. Keys that are not known are left alone: the service may be younger. */
const answer = z.looseObject({
  clusterId: z.string().min(1),
  kubernetesVersion: text,
  apiServers: z.array(z.string()).min(1),
  caCertHashes: z.array(z.string()).min(1),
  bootstrapToken: z.string().min(1),
  nodePool: z.looseObject({
    id: z.string().min(1),
    labels: map.nullish(),
    annotations: map.nullish(),
    taints: z.array(taint).nullish(),
  }),
  networks: z.looseObject({ podCidr: texts, serviceCidr: texts }).nullish(),
  clusterDns: texts,
  edgeHubImage: text,
  pauseImage: text,
  bundle: z.looseObject({ url: z.string().min(1), sha256: z.string().min(1) }).nullish(),
  callback: text.refine((url) => url === undefined || URL.parse(url)?.protocol === 'https:', 'must be an https URL'),
});

export type ExchangeAnswer = z.output<typeof answer>;

/**
 * Checks an answer of the exchange and registers the secrets in it.
 * @throws EdgeadmError CLOUD_ANSWER_INVALID, which names the keys and shows no value
 */
export function parseExchangeAnswer(body: unknown, service: string): ExchangeAnswer {
  const parsed = answer.safeParse(body);
  if (!parsed.success) {
    throw new EdgeadmError({
      code: 'CLOUD_ANSWER_INVALID',
      what: `the answer of ${service} cannot be used`,
      why: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the answer'}: ${message}`).join('\n'),
    });
  }
  const { bootstrapToken, callback } = parsed.data;
  registerSecret(bootstrapToken);
  if (callback) for (const secret of [callback, new URL(callback).pathname]) registerSecret(secret);
  return parsed.data;
}
