import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeadm } from './program.ts';

const [LONGEST, TOO_LONG] = ['a'.repeat(63), 'a'.repeat(64)];
const CREATE = 'cluster create shops --vpc vpc-1 --worker-type ecs.g6.large --key-pair ops --pod-cidr 10.16.0.0/12';
const CLUSTER = `${CREATE} --vswitch vsw-1`;

/**
 * Command lines just inside and just outside a limit, `*` standing for the value. Sources: the vendor's user guide (4.1, 4.5,
 * 5.2 to 5.5, 6.2, 9.1), its guide to Terway Edge, and the requests of its SDK.
 */
const LIMITS: readonly (readonly [line: string, inside: string, outside: string, why: RegExp])[] = [
  [CREATE.replace('shops', '*').concat(' --vswitch vsw-1'), LONGEST, TOO_LONG, /NAME: must be 1 to 63 letters/],
  [`${CLUSTER} --workers *`, '1', '0', /--workers: at least one worker node is required/],
  [`${CLUSTER} --workers *`, '10', '11', /NodeCount: a standard cluster has at most 10 nodes/],
  [`${CLUSTER} --edition pro --workers *`, '1000', '1001', /NodeCount: a pro cluster has at most 1000 nodes/],
  [`${CLUSTER} --edition pro --region *`, 'cn-chengdu', 'cn-qingdao', /ProRegion: the guide does not list cn-qingdao/],
  [`${CREATE} --vswitch *`, 'vsw-1,vsw-2,vsw-3', 'vsw-1,vsw-2,vsw-3,vsw-4', /--vswitch: at most three vSwitches/],
  [`${CLUSTER} --node-cidr-mask *`, '24', '23', /--node-cidr-mask: must be 24 to 28/],
  [`${CLUSTER} --node-cidr-mask *`, '28', '29', /--node-cidr-mask: must be 24 to 28/],
  [
    `${CLUSTER} --service-cidr *`,
    '172.16.0.0/16',
    '172.16.0.0/15',
    /ServiceCidr: .* not a private range of \/16 to \/24/,
  ],
  [
    `${CLUSTER} --service-cidr *`,
    '172.16.0.0/24',
    '172.16.0.0/25',
    /ServiceCidr: .* not a private range of \/16 to \/24/,
  ],
  [`${CLUSTER} --system-disk *`, 'cloud_ssd:20', 'cloud_ssd:19', /--system-disk: must be 20 to 32768 GiB/],
  ['cluster update c1 --rename *', LONGEST, TOO_LONG, /--rename: must be 1 to 63 letters/],
  ['cluster kubeconfig c1 --ttl *', '15m', '14m', /--ttl: must be between 15m and 72h/],
  ['cluster kubeconfig c1 --ttl *', '72h', '73h', /--ttl: must be between 15m and 72h/],
  ['cluster logging enable c1 --control-plane --days *', '1', '0', /--days: 0 is less than 1/],
  ['cluster logging enable c1 --control-plane --days *', '3000', '3001', /--days: 3001 is more than 3000/],
  ['cluster logging enable c1 --audit --project *', 'a-1', 'a-', /--project: must be 3 to 63 lower-case letters/],
  ['cluster logging enable c1 --audit --project *', LONGEST, TOO_LONG, /--project: must be 3 to 63 lower-case letters/],
  ['cluster encryption enable c1 --kms-key *', 'alias/a', 'a=b', /--kms-key: must be the ID or the alias/],
  [
    'cluster parameters set c1 --component kube-apiserver ServiceNodePortRange=*',
    '1-65535',
    '1-65536',
    /ServiceNodePortRange: .* two ports from 1 to 65535/,
  ],
  ['nodepool create * --cluster-id c1', LONGEST, TOO_LONG, /NAME: .* must be 1 to 63 letters, digits and "-"/],
  ['nodepool create shops --cluster-id c1 --max-nodes *', '1', '0', /--max-nodes: must be a positive integer/],
  [
    'nodepool create shops --cluster-id c1 *',
    '--intranet',
    '--pod-cidrs=10.1.0.0/16',
    /--pod-cidrs is for --kubeconfig/,
  ],
  ['nodepool create shops --cluster-id c1 --taints *', 'a=b:NoExecute', 'a=b:Never', /must be one of NoSchedule/],
  ['nodepool create shops --cluster-id c1 --mode *', 'private', 'enhanced', /no longer creates enhanced node pools/],
  ['nodepool update shops --rename *', LONGEST, TOO_LONG, /--rename: .* must be 1 to 63 letters/],
  ['nodepool update shops --label *', `a=${LONGEST}`, `a=${TOO_LONG}`, /--label: .* not a valid label value/],
  ['nodepool update shops --taint *', 'a=b:NoExecute', 'a=b:Never', /--taint: "Never" must be one of NoSchedule/],
  ['nodepool upgrade shops --max-parallel *', '1', '0', /--max-parallel: 0 is less than 1/],
  ['nodepool upgrade shops --max-parallel *', '10', '11', /--max-parallel: 11 is more than 10/],
  ['nodepool upgrade shops --batch-interval *', '5', '4', /--batch-interval: 0, or 5 to 120 minutes/],
  ['nodepool upgrade shops --batch-interval *', '120', '121', /--batch-interval: 0, or 5 to 120 minutes/],
  [
    'nodepool upgrade shops --target-version *',
    '1.20.11-aliyunedge.1',
    'newest',
    /--target-version: "newest" is not a version/,
  ],
  ['node attach i-1 --nodepool shops --password-file *', 'eight', 'seven', /--password-file: .* 8 to 30 characters/],
  ['node attach i-1 --nodepool shops --password-file *', 'thirty', 'more', /--password-file: .* 8 to 30 characters/],
  ['node attach i-1 --nodepool shops --password-file *', 'eight', 'kinds', /--password-file: .* three of these kinds/],
  ['node attach * --nodepool shops', 'i-bp67acfmxazb4p1g', 'i bp1', /"i bp1": must be the ID of an instance/],
  ['node attach i-1 * --nodepool shops', 'i-2', 'vpc-1', /"vpc-1": must be the ID of an instance/],
  [
    'node attach i-1 --nodepool shops --node-spec *',
    '{"labels":{"a":"b"}}',
    '{"labels":"a=b"}',
    /--node-spec: labels: .*expected record/,
  ],
  ['eni bind --instance * --kubeconfig=', 'i-5q9xk', 'eni-5q9xk', /--instance: must be the ID of an instance/],
  ['node attach i-1 --nodepool shops --ens-region *', 'cn-hangzhou', 'a_b', /--ens-region: must be a region/],
  ['eni bind --instance i-1 --kubeconfig= --eni-number *', '1', '0', /--eni-number: 0 is less than 1/],
  ['eni bind --instance i-1 --kubeconfig= --eni-number *', '9', '10', /--eni-number: 10 is more than 9/],
];

const PASSWORDS = {
  seven: 'Abc1234',
  eight: 'Abc12345',
  thirty: `Abc1${'x'.repeat(26)}`,
  more: `Abc1${'x'.repeat(27)}`,
  kinds: 'abcd1234',
};

describe('limits of the container service and ENS, for a cloud that cannot be reached', function () {
  this.timeout(120_000);
  let folder = '';
  let env: Record<string, string> = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-limits-'));
    for (const [name, text] of Object.entries(PASSWORDS)) await writeFile(join(folder, name), text, { mode: 0o600 });
    env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tTest',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secretOfTheTest',
      ALIBABA_CLOUD_REGION_ID: 'cn-hangzhou',
      EDGEADM_CLUSTER_ID: 'c1',
      // Whatever is called refuses the connection, which is another exit code.
      EDGEADM_CLOUD_ADDRESS: '127.0.0.1:1',
      XDG_STATE_HOME: folder,
    };
  });
  after(() => rm(folder, { recursive: true }));

  const run = (line: string, value: string) => {
    const given = Object.hasOwn(PASSWORDS, value) ? join(folder, value) : value;
    const words = line.split(' ').map((word) => word.replace('*', given));
    const ends = line.startsWith('cluster kubeconfig') ? ['--file', join(folder, 'conf')] : ['--yes', '--dry-run'];
    return edgeadm([...words, ...ends], { env });
  };

  for (const [line, inside, outside, why] of LIMITS) {
    it(`a value beyond its limit is refused before the cloud is called: ${line.replace('*', outside)}`, async () => {
      const [refused, called] = await Promise.all([run(line, outside), run(line, inside)]);
      assert.ok([2, 4].includes(refused.exitCode), refused.stderr);
      assert.match(refused.stderr, why);
      assert.equal(called.exitCode, 5, called.stderr);
      assert.match(called.stderr, /CLOUD_UNREACHABLE/);
      assert.doesNotMatch(called.stderr, why);
    });
  }
});
