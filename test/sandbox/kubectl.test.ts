import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { adminKubeconfig, startApiServer } from '../../sandbox/api-server/index.ts';
import { sandboxPki } from '../../sandbox/pki.ts';
import { openStore } from '../../sandbox/store.ts';
import { type Kubectl, kubectls } from './kubectls.ts';

/** What a command is expected to print, on stdout and stderr; `status` is its exit code. */
interface Row {
  readonly args: string;
  readonly input?: object;
  readonly says: RegExp;
  readonly status?: number;
  /** The first minor version of kubectl that has it. */
  readonly from?: number;
}

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p1' },
  spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
};
const MAP = (value: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'applied' },
  data: { a: value },
});
const POOL = {
  apiVersion: 'apps.openyurt.io/v1beta1',
  kind: 'NodePool',
  metadata: { name: 'pool' },
  spec: { type: 'Edge' },
};

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['schedule'],
                properties: {
                  schedule: { type: 'string', description: 'When it runs.' },
                  replicas: { type: 'integer', default: 1, maximum: 10 },
                },
              },
            },
          },
        },
        subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        additionalPrinterColumns: [
          { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
        ],
      },
    ],
  },
};
const CRON_TAB = (spec: object): object => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name: 'mine' },
  spec: { schedule: '@daily', ...spec },
});

/** What works, in this order: a row may need what those above it made. */
const ROWS: readonly Row[] = [
  { args: 'create configmap made --from-literal=a=b', says: /configmap\/made created/ },
  { args: 'create secret generic made --from-literal=a=b', says: /secret\/made created/ },
  { args: 'create deployment made --image=nginx --replicas=2', says: /deployment\.apps\/made created/ },
  { args: 'create -f -', input: NODE, says: /node\/n1 created/ },
  { args: 'create -f -', input: POD, says: /pod\/p1 created/ },
  { args: 'get deployment made', says: /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nmade +0\/2/ },
  { args: 'get pods -o wide', says: /p1 +0\/1 +Pending .* n1 / },
  { args: 'get configmap made -o jsonpath={.data.a}', says: /^b$/ },
  { args: 'apply -f -', input: MAP('1'), says: /configmap\/applied created/ },
  { args: 'apply -f -', input: MAP('1'), says: /configmap\/applied unchanged/ },
  { args: 'diff -f -', input: MAP('2'), says: /- {2}a: "1"\n\+ {2}a: "2"/, status: 1 },
  { args: 'apply -f -', input: MAP('2'), says: /configmap\/applied configured/ },
  { args: 'apply --dry-run=server -f -', input: MAP('3'), says: /configured \(server dry run\)/ },
  { args: 'apply -f -', input: { ...MAP('2'), dat: {} }, says: /unknown field "dat"/, status: 1 },
  { args: 'apply -f -', input: POOL, says: /nodepool\.apps\.openyurt\.io\/pool created/ },
  { args: 'apply --server-side -f -', input: MAP('2'), says: /configmap\/applied serverside-applied/ },
  {
    args: 'apply --server-side --field-manager=other -f -',
    input: MAP('4'),
    says: /conflict with "kubectl": \.data\.a/,
    status: 1,
    // An older kubectl leaves the object to its client-side apply.
    from: 26,
  },
  {
    args: 'apply --server-side --field-manager=other --force-conflicts -f -',
    input: MAP('4'),
    says: /serverside-applied/,
  },
  {
    args: 'apply --prune -l app=pruned -f -',
    input: { ...MAP('1'), metadata: { name: 'kept', labels: { app: 'pruned' } } },
    says: /configmap\/kept created/,
    // An older kubectl asks for kinds that this version of Kubernetes no longer has.
    from: 26,
  },
  {
    args: 'apply --prune -l app=pruned -f -',
    input: { ...MAP('1'), metadata: { name: 'other', labels: { app: 'pruned' } } },
    says: /configmap\/other created[\s\S]*configmap\/kept pruned/,
    from: 26,
  },
  { args: 'explain pod.spec.containers.livenessProbe', says: /httpGet[\s\S]*periodSeconds/ },
  { args: 'explain nodepool.spec', says: /taints/ },
  { args: 'wait --for=condition=Ready node/n1 --timeout=5s', says: /node\/n1 condition met/ },
  { args: 'patch configmap made --type=merge -p {"data":{"c":"d"}}', says: /configmap\/made patched/ },
  { args: 'patch configmap made --type=json -p [{"op":"remove","path":"/data/c"}]', says: /configmap\/made patched/ },
  { args: 'patch deployment made -p {"spec":{"paused":false}}', says: /deployment\.apps\/made patched/ },
  { args: 'label node n1 a=b', says: /node\/n1 labeled/ },
  { args: 'annotate node n1 a=b', says: /node\/n1 annotated?/ },
  { args: 'taint node n1 a=b:NoSchedule', says: /node\/n1 tainted/ },
  { args: 'cordon n1', says: /node\/n1 cordoned/ },
  { args: 'drain n1 --force', says: /node\/n1 (drained|evicted)/ },
  { args: 'uncordon n1', says: /node\/n1 uncordoned/ },
  { args: 'scale deployment made --replicas=0', says: /deployment\.apps\/made scaled/ },
  { args: 'rollout status deployment made --timeout=5s', says: /successfully rolled out/ },
  { args: 'set image deployment made *=nginx:2', says: /deployment\.apps\/made image updated/ },
  { args: 'rollout history deployment made', says: /^1 +<none>\n2 +<none>$/m },
  { args: 'rollout undo deployment made', says: /deployment\.apps\/made rolled back/ },
  { args: 'rollout history deployment made', says: /^2 +<none>\n3 +<none>$/m },
  { args: 'rollout history deployment made --revision=2', says: /pod-template-hash=\w+[\s\S]*Image:\s+nginx:2/ },
  { args: 'get replicasets', says: /^made-\w+ +0 +0 +0 +\d+s$/m },
  { args: 'expose deployment made --port=80', says: /service\/made exposed/ },
  {
    args: 'get services',
    says: /kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP[\s\S]*made +ClusterIP +10\.\d+\./,
  },
  { args: 'auth can-i delete nodes', says: /^yes$/m },
  { args: 'auth can-i --list', says: /\*\.\* +\[\] +\[\] +\[\*\]/ },
  { args: 'auth can-i list pods --as=nobody', says: /^no/, status: 1 },
  { args: 'auth whoami', says: /system:masters/, from: 28 },
  { args: 'api-resources', says: /deployments +deploy +apps\/v1 +true +Deployment/ },
  { args: 'api-versions', says: /^apps\/v1$/m },
  { args: 'get events', says: /No resources found/ },
  { args: 'events', says: /No events found|No resources found/, from: 26 },
  { args: 'describe node n1', says: /Taints: +a=b:NoSchedule/ },
  { args: 'get all -A', says: /deployment\.apps\/made/ },
  { args: 'get nodes --sort-by=.metadata.name', says: /n1/ },
  { args: 'get configmaps --chunk-size=1', says: /applied[\s\S]*made/ },
  { args: 'create -f -', input: { ...POD, metadata: { name: 'p2' } }, says: /pod\/p2 created/ },
  { args: 'logs p2', says: /the sandbox runs no containers/, status: 1 },
  { args: 'create job once --image=busybox', says: /job\.batch\/once created/ },
  { args: 'get jobs', says: /once +Running +0\/1 +\d+s/ },
  {
    args: 'create cronjob hourly --image=busybox --schedule=@hourly',
    says: /cronjob\.batch\/hourly created/,
    from: 21,
  },
  { args: 'get cronjobs', says: /hourly +@hourly +<none> +False +0 +<none>/, from: 21 },
  { args: 'autoscale deployment made --max=5 --cpu-percent=80', says: /made autoscaled/ },
  { args: 'get hpa', says: /made +Deployment\/made +.*<unknown>\/80% +1 +5 +0/ },
  {
    args: 'create ingress shop --class=nginx --rule=shop.example/=made:80',
    says: /ingress\.networking\.k8s\.io\/shop created/,
  },
  { args: 'get ingress', says: /shop +nginx +shop\.example +80/ },
  { args: 'create quota few --hard=pods=1', says: /resourcequota\/few created/ },
  { args: 'create priorityclass high --value=1000', says: /priorityclass\.scheduling\.k8s\.io\/high created/ },
  { args: 'get priorityclass', says: /high +1000 +false/ },
  {
    args: 'create poddisruptionbudget made --selector=app=made --min-available=1',
    says: /poddisruptionbudget\.policy\/made created/,
    from: 21,
  },
  { args: 'get pdb', says: /made +1 +N\/A +0/, from: 21 },
  { args: 'create role reader --verb=get --resource=pods', says: /role\.rbac\.authorization\.k8s\.io\/reader created/ },
  {
    args: 'create rolebinding reader --role=reader --user=jane',
    says: /rolebinding\.rbac\.authorization\.k8s\.io\/reader created/,
  },
  { args: 'get rolebindings -o wide', says: /reader +Role\/reader +\d+s +jane/ },
  { args: 'auth can-i list pods --as=jane', says: /^no/, status: 1 },
  { args: 'auth can-i get pods --as=jane', says: /^yes$/m },
  { args: 'get pods --as=jane', says: /cannot list resource "pods"/, status: 1 },
  { args: 'get serviceaccounts,configmaps', says: /serviceaccount\/default[\s\S]*configmap\/kube-root-ca\.crt/ },
  { args: 'create serviceaccount robot', says: /serviceaccount\/robot created/ },
  { args: 'create token robot', says: /^[\w-]+\.[\w-]+\.[\w-]+$/m, from: 24 },
  {
    args: 'create token robot --duration=1s',
    says: /may not specify a duration less than 10 minutes/,
    status: 1,
    from: 24,
  },
  {
    args: 'create clusterrolebinding robots --clusterrole=view --serviceaccount=default:robot',
    says: /clusterrolebinding\.rbac\.authorization\.k8s\.io\/robots created/,
  },
  { args: 'auth can-i list nodes --as=system:serviceaccount:default:robot', says: /^no/m, status: 1 },
  { args: 'auth can-i list pods --as=system:serviceaccount:default:robot -A', says: /^yes$/m },
  { args: 'get pv,pvc,netpol,limits,runtimeclasses,csinodes,volumeattachments', says: /No resources found/ },
  {
    args: 'apply -f -',
    input: CRD,
    says: /customresourcedefinition\.apiextensions\.k8s\.io\/crontabs\.stable\.example\.com created/,
  },
  { args: 'wait --for=condition=Established crd/crontabs.stable.example.com --timeout=5s', says: /condition met/ },
  { args: 'get crd', says: /^crontabs\.stable\.example\.com +20\d\d-/m },
  { args: 'apply -f -', input: CRON_TAB({}), says: /crontab\.stable\.example\.com\/mine created/ },
  { args: 'apply -f -', input: CRON_TAB({}), says: /crontab\.stable\.example\.com\/mine unchanged/ },
  { args: 'get ct', says: /NAME +SCHEDULE +REPLICAS\nmine +@daily +1/ },
  {
    args: 'apply -f -',
    input: CRON_TAB({ replicas: 11 }),
    says: /spec\.replicas: Invalid value: 11: spec\.replicas in body should be less than or equal to 10/,
    status: 1,
  },
  { args: 'apply -f -', input: CRON_TAB({ replica: 2 }), says: /unknown field "(spec\.)?replica"/, status: 1 },
  { args: 'scale crontab mine --replicas=3', says: /mine scaled/ },
  { args: 'explain crontab.spec', says: /schedule[\s\S]*When it runs\./ },
  { args: 'get all', says: /crontab\.stable\.example\.com\/mine +@daily +3/ },
  { args: 'describe ct mine', says: /Schedule: +@daily/ },
  { args: 'delete crd crontabs.stable.example.com', says: /"crontabs\.stable\.example\.com" deleted/ },
  {
    args: 'get ct',
    says: /the server doesn't have a resource type "ct"|could not find the requested resource/,
    status: 1,
  },
  { args: 'delete pod p2', says: /pod "p2" deleted/ },
  { args: 'delete deployment made', says: /deployment\.apps "made" deleted/ },
  { args: 'delete node n1', says: /node "n1" deleted/ },
];

/** Each takes ten seconds: the oldest and the newest stand for the others, unless all are asked for. */
const all = await kubectls();
const found = process.env.EDGEADM_TEST_KUBECTLS === 'all' ? all : [...new Set([...all.slice(0, 1), ...all.slice(-1)])];

describe("kubectl works with the sandbox's API server", () => {
  if (found.length === 0) it('skipped: there is no kubectl on PATH and none in the cache of the test bed');
  for (const kubectl of found) describe(`kubectl ${kubectl.version}`, () => works(kubectl));
});

function works({ path, minor }: Kubectl): void {
  const ends: (() => unknown)[] = [];
  let run: (args: readonly string[], input?: object) => Promise<{ output: string; exitCode: number | undefined }>;
  let words: readonly string[] = [];
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-kubectl-'));
    ends.push(() => rm(folder, { recursive: true }));
    const store = openStore(':memory:');
    ends.push(() => store.close());
    const pki = await sandboxPki(store);
    const { url, close } = await startApiServer({ store, pki, port: 0, version: 'v1.34.4' });
    ends.push(close);
    const kubeconfig = join(folder, 'admin.conf');
    await writeFile(kubeconfig, adminKubeconfig(pki, url), { mode: 0o600 });
    words = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(folder, 'cache')}`];
    run = async (args, input) => {
      const { all: output = '', exitCode } = await execa(path, [...words, ...args], {
        input: input ? JSON.stringify(input) : '',
        all: true,
        reject: false,
        env: { KUBECONFIG: '', KUBECTL_EXTERNAL_DIFF: '' },
        timeout: 60_000,
      });
      return { output, exitCode };
    };
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  for (const { args, input, says, status = 0 } of ROWS.filter((row) => minor >= (row.from ?? 0)))
    it(`kubectl ${args} works against the sandbox as against a cluster`, async () => {
      const { output, exitCode } = await run(args.split(' '), input);
      assert.match(output, says);
      assert.equal(exitCode, status, `exit code ${exitCode}, kubectl 1.${minor}: ${output}`);
    });
  it('kubectl get -w shows what exists, and each change when it comes', async () => {
    await run(['create', 'configmap', 'watched']);
    const watch = execa(path, [...words, 'get', 'configmap', 'watched', '-w', '--output-watch-events'], {
      reject: false,
    });
    const seen: string[] = [];
    for await (const line of watch) {
      const [event = ''] = line.split(' ');
      seen.push(event);
      if (event === 'ADDED') await run(['label', 'configmap', 'watched', 'a=b']);
      if (event === 'MODIFIED') await run(['delete', 'configmap', 'watched']);
      if (event === 'DELETED') watch.kill();
    }
    await watch;
    assert.deepEqual(seen, ['EVENT', 'ADDED', 'MODIFIED', 'DELETED']);
  });
}
