import { minorOf } from '../../src/kubernetes/version.ts';
import { TOKEN_TYPE } from './authentication.ts';
import { reconcileTokens } from './bootstrap-signer.ts';
import { reconcileRequest } from './csr-signer.ts';
import { definitionSpec } from './custom/definition.ts';
import { reconcileDefinitions } from './custom/names.ts';
import { namespaceToReconcile, reconcileNamespace } from './namespace-contents.ts';
import { reconcileTaints } from './node-taints.ts';
import type { ObjectChange } from './registry.ts';
import { reconcileReplicaSets, removeReplicaSets } from './replica-sets.ts';
import { builtIn, type KubeObject, resourceOf } from './resources.ts';
import type { Server } from './server.ts';
import { reconcileWorkload } from './workload-status.ts';

/** An expired token is deleted after this time at the latest; it is rejected as soon as it expires. */
const CLEANING_MS = 1000;

/**
 * Lets what the controller-manager does happen, a moment after the change that calls for it.
 * @returns what ends it
 */
export function startControllers({ registry, pki, now, version }: Omit<Server, 'watches' | 'served'>): () => void {
  const later = queue();
  let nextExpiry = 0;
  const cleanTokens = (): void => {
    nextExpiry = reconcileTokens(registry, now());
  };
  const cluster = { caPem: pki.caPem, minor: minorOf(version) };
  for (const { metadata } of registry.list(resourceOf('namespaces')))
    reconcileNamespace(registry, metadata.name ?? '', cluster);
  const reconcileGroup = (definition: KubeObject): void => {
    const { group } = definitionSpec(definition);
    later(`definitions of ${group}`, () => reconcileDefinitions(registry, group));
  };
  registry.list(resourceOf('customresourcedefinitions')).forEach(reconcileGroup);
  const unsubscribe = registry.subscribe((change) => {
    const { resource, object } = change;
    const { name = '', namespace } = object.metadata;
    const kind = builtIn(resource);
    const withCurrent = (step: (current: ObjectChange['object']) => void) => () => {
      const current = registry.get(resource, name, namespace);
      if (current) step(current);
    };
    if (kind === 'certificatesigningrequests')
      later(
        `csr ${name}`,
        withCurrent((csr) => reconcileRequest(registry, pki, csr, now())),
      );
    if (kind === 'nodes')
      later(
        `node ${name}`,
        withCurrent((node) => reconcileTaints(registry, node)),
      );
    if (['daemonsets', 'deployments'].includes(kind))
      later(
        `${kind} ${namespace}/${name}`,
        withCurrent((workload) => reconcileWorkload(registry, resource, workload)),
      );
    if (kind === 'deployments' && change.type === 'DELETED')
      later(`garbage of ${object.metadata.uid}`, () => removeReplicaSets(registry, object));
    else if (kind === 'deployments')
      later(
        `replica sets of ${object.metadata.uid}`,
        withCurrent((deployment) => reconcileReplicaSets(registry, deployment)),
      );
    if (kind === 'customresourcedefinitions') reconcileGroup(object);
    const damaged = namespaceToReconcile(change);
    if (damaged) later(`namespace ${damaged}`, () => reconcileNamespace(registry, damaged, cluster));
    if (object.type === TOKEN_TYPE || name === 'cluster-info') later('tokens', cleanTokens);
  });
  cleanTokens();
  const cleaner = setInterval(() => now() >= nextExpiry && cleanTokens(), CLEANING_MS).unref();
  return () => {
    unsubscribe();
    clearInterval(cleaner);
    later.stop();
  };
}

/** Does work once the request that called for it is answered; what waits already under a name is not queued twice. */
function queue(): ((name: string, work: () => void) => void) & { stop(): void } {
  const waiting = new Map<string, NodeJS.Immediate>();
  const later = (name: string, work: () => void): void => {
    if (waiting.has(name)) return;
    const immediate = setImmediate(() => {
      waiting.delete(name);
      try {
        work();
      } catch (error) {
        // Nothing waits for it: it would end the process, and with it all that works.
        process.emitWarning(`${name}: ${error instanceof Error ? error.stack : error}`);
      }
    });
    waiting.set(name, immediate);
  };
  const stop = (): void => {
    for (const immediate of waiting.values()) clearImmediate(immediate);
  };
  return Object.assign(later, { stop });
}
