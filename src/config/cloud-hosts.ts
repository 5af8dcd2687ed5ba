/** An API of the cloud that edgeadm calls. */
export type CloudProduct = 'cs' | 'ens' | 'ecs' | 'vpc' | 'slb' | 'cbn' | 'smartag' | 'quotas' | 'kms';

/**
 * Regions whose endpoints are not those of the rule, with what is known of each. Sources: for ENS its page of endpoints
 * and the data of the vendor's command line, for the others the endpoint maps of their SDKs (public regions; of the
 * container service all).
 * The rule: `cs.REGION.aliyuncs.com`, and the central ones below.
 */
const ENDPOINTS: Readonly<Record<CloudProduct, Readonly<Record<string, string>>>> = {
  cs: Object.fromEntries(
    [
      'ap-northeast-2-pop',
      'cn-beijing-finance-pop',
      'cn-beijing-gov-1',
      'cn-beijing-nu16-b01',
      'cn-edge-1',
      'cn-fujian',
      'cn-haidian-cm12-c01',
      'cn-hangzhou-bj-b01',
      'cn-hangzhou-internal-prod-1',
      'cn-hangzhou-internal-test-1',
      'cn-hangzhou-internal-test-2',
      'cn-hangzhou-internal-test-3',
      'cn-hangzhou-test-306',
      'cn-hongkong-finance-pop',
      'cn-qingdao-nebula',
      'cn-shanghai-et15-b01',
      'cn-shanghai-et2-b01',
      'cn-shanghai-inner',
      'cn-shanghai-internal-test-1',
      'cn-shenzhen-inner',
      'cn-shenzhen-st4-d01',
      'cn-shenzhen-su18-b01',
      'cn-wuhan',
      'cn-yushanfang',
      'cn-zhangbei',
      'cn-zhangbei-na61-b01',
      'cn-zhangjiakou-na62-a01',
      'cn-zhengzhou-nebula-1',
      'eu-west-1-oxs',
      'rus-west-1-pop',
    ].map((region) => [region, 'cs.aliyuncs.com']),
  ),
  ens: { 'ap-southeast-1': 'ens.ap-southeast-1.aliyuncs.com' },
  ecs: {},
  vpc: { 'cn-hangzhou': 'vpc.aliyuncs.com' },
  slb: Object.fromEntries(
    [
      'cn-qingdao',
      'cn-beijing',
      'cn-hangzhou',
      'cn-shanghai',
      'cn-shenzhen',
      'cn-hongkong',
      'ap-southeast-1',
      'us-east-1',
      'us-west-1',
    ].map((region) => [region, 'slb.aliyuncs.com']),
  ),
  cbn: {},
  smartag: {},
  quotas: {},
  kms: {},
};

/** One endpoint for all regions that have no other. */
const CENTRAL: readonly CloudProduct[] = ['ens', 'cbn', 'quotas'];

/** `cs.cn-hangzhou.aliyuncs.com`: where an API is called for a region from the Internet. */
export function cloudHost(product: CloudProduct, region: string): string {
  const { [region]: own } = ENDPOINTS[product];
  return own ?? (CENTRAL.includes(product) ? `${product}.aliyuncs.com` : `${product}.${region}.aliyuncs.com`);
}

const SERVICE_HOST = /^cs(?:-anony)?(-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/;

/**
 * What edge nodes talk to, on port 443, if their cluster belongs to the container service of this endpoint; none for an
 * endpoint that is not the vendor's. Source: its page of network settings for edge nodes on the Internet; nodes of
 * Kubernetes before 1.26 use port 80 as well.
 */
export function nodeHosts(endpoint: string): string[] {
  const [, vpc, region] = SERVICE_HOST.exec(new URL(endpoint).hostname) ?? [];
  if (region === undefined) return [];
  if (vpc) return [`cs-anony-vpc.${region}.aliyuncs.com`];
  return [
    'cs-anony.aliyuncs.com',
    `cs-anony.${region}.aliyuncs.com`,
    `aliacs-k8s-${region}.oss-${region}.aliyuncs.com`,
    `dockerauth.${region}.aliyuncs.com`,
    `dockerauth-ee.${region}.aliyuncs.com`,
    `registry-${region}.ack.aliyuncs.com`,
  ];
}
