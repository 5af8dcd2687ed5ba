import { access } from './access.ts';
import { accounts } from './accounts.ts';
import { apply } from './apply.ts';
import { apps } from './apps.ts';
import { autoscalers } from './autoscalers.ts';
import { bodies } from './bodies.ts';
import { certificates } from './certificates.ts';
import { changes } from './changes.ts';
import { commands } from './commands.ts';
import { customKinds } from './custom-kinds.ts';
import { endpoints } from './endpoints.ts';
import { kinds } from './kinds.ts';
import { lists } from './lists.ts';
import { nodes } from './nodes.ts';
import { objects } from './objects.ts';
import { reading } from './reading.ts';
import { reviews } from './reviews.ts';
import { schemas } from './schemas.ts';
import { services } from './services.ts';
import { Contract, type Expectation, type Subject } from './subject.ts';
import { watching } from './watching.ts';
import { workloads } from './workloads.ts';

/** Where it is, all nodes may read node pools; it is OpenYurt's, and no part of the contract. */
const HUB_BINDING = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/yurt-hub';

export type { Subject } from './subject.ts';

/** What edgeadm, a kubelet and kubectl expect of an API server that kubeadm set up. */
const EXPECTATIONS: Readonly<Record<string, readonly Expectation[]>> = {
  'who gets in, and who may do what': access,
  'namespaces, roles and service accounts': accounts,
  'questions about access': reviews,
  'certificate signing requests': certificates,
  'creating, changing and deleting objects': objects,
  'what a body may be': bodies,
  schemas,
  'server-side apply': apply,
  'planned changes': changes,
  'lists, selectors, tables and discovery': reading,
  'pages, the past and parts': lists,
  'Secrets and NodePools': kinds,
  'applications in node pools': apps,
  'kinds of CustomResourceDefinitions': customKinds,
  Deployments: workloads,
  autoscalers,
  'Services, StatefulSets and claims': services,
  'endpoints of Services': endpoints,
  'nodes, leases and pods': nodes,
  watches: watching,
};

/** Each runs about ten processes, each of which takes half a minute where others need the processors. */
const COMMANDS_MS = 600_000;

/**
 * Declares a test for each expectation. The same list holds for every API server: where the sandbox's differs from the
 * real one, that is a bug, or stands in docs/sandbox-api.md.
 * @param withCommands false to leave out those that run commands as processes, which take a minute
 */
export function apiServerContract(open: () => Promise<Subject>, { withCommands = true } = {}): void {
  let contract: Contract;
  before(async () => {
    contract = new Contract(await open());
    await contract.admin.send('DELETE', HUB_BINDING);
  });
  after(() => contract?.close());
  const held = withCommands ? { ...EXPECTATIONS, 'commands that work inside a cluster': commands } : EXPECTATIONS;
  for (const [title, expectations] of Object.entries(held))
    describe(title, function () {
      if (expectations === commands) this.timeout(COMMANDS_MS);
      for (const [name, check] of expectations) it(name, () => check(contract));
    });
}
