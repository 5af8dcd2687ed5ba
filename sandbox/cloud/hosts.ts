import { type CloudProduct, cloudHost } from '../../src/config/cloud-hosts.ts';

/** What has an address of its own: the APIs, and the host that nodes talk to without the account's keys. */
export type SandboxProduct = CloudProduct | 'cs-anony';

/** Which API a host name is for, and for which regions. */
export interface CloudPlace {
  readonly product: SandboxProduct;
  serves(region: string): boolean;
}

const VENDOR_HOST = /\.aliyuncs\.com$/;
const ENDPOINT = /^(cs|cs-anony|ens|ecs|vpc|slb|cbn|smartag|quotas|kms)(?:\.([a-z0-9-]+))?\.aliyuncs\.com$/;

/** True for a name that the vendor could have; the sandbox has a certificate for it. */
export function isVendorHost(name: string): boolean {
  return VENDOR_HOST.test(name);
}

/** Names beside those of the product's own table. Source: the endpoint map of the SDK of ECS. */
const SECOND_NAMES: Readonly<Record<string, string>> = {
  'ecs-cn-hangzhou.aliyuncs.com': 'ecs.cn-hangzhou.aliyuncs.com',
};

/** What an endpoint of the vendor is for; undefined for a name that it does not have, such as `ens.cn-hangzhou`. */
export function placeAt(given: string): CloudPlace | undefined {
  const name = SECOND_NAMES[given] ?? given;
  const [, product, region] = (ENDPOINT.exec(name) ?? []) as [string?, SandboxProduct?, string?];
  if (product === undefined) return undefined;
  if (product === 'cs-anony') return { product, serves: (each) => region === undefined || each === region };
  const serves = (each: string): boolean => cloudHost(product, each) === name;
  return region === undefined || serves(region) ? { product, serves } : undefined;
}
