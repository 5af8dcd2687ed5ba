import { refuseNodeName } from '../../../config/grammar.ts';
import { EdgeadmError } from '../../../errors/index.ts';
import { isReady } from '../../../kubernetes/node/conditions.ts';
import { sameMachineId } from '../../../kubernetes/node/machine-id.ts';
import { type Check, fail, pass, skip } from '../check.ts';

export const hostname: Check = {
  name: 'Hostname',
  concerns: 'node',
  severity: 'error',
  about:
    'The host name is a valid node name, unless another name is given. Upper-case letters are converted to lower case, with a message.',
  remedy: 'Set a name with `--node-name`, or change the host name: `hostnamectl set-hostname NAME`.',
  run: async ({ host, spec }) => {
    const { hostname: found } = await host.facts();
    if (spec.nodeName) return pass(`${found || 'none'}; another node name is given`);
    const name = found.toLowerCase();
    const refusal = name === '' ? 'the machine has no host name' : refuseNodeName(name);
    if (refusal) return fail(refusal);
    return pass(name === found ? found : `${found}, converted to ${name}`);
  },
};

export const nodeName: Check = {
  name: 'NodeName',
  concerns: 'node',
  severity: 'error',
  about:
    'The node name has 1 to 63 lower-case letters, digits, `-` and `.`, each dotted part begins and ends with a letter or digit, and it does not start with localhost.',
  remedy: 'Set another name with `--node-name`.',
  needs: ['Hostname'],
  run: async ({ node }) => {
    try {
      const name = await node.name();
      const refusal = refuseNodeName(name);
      return refusal ? fail(refusal) : pass(name);
    } catch (error) {
      if (error instanceof EdgeadmError && error.code === 'USAGE') return fail(error.message, { remedy: error.next });
      throw error;
    }
  },
};

export const nodeExists: Check = {
  name: 'NodeExists',
  concerns: 'cluster',
  severity: 'error',
  about: 'The cluster has no Ready Node of this name that belongs to another machine (compared by machine ID).',
  remedy: 'Choose another `--node-name`, or remove the other node: `kubectl delete node NAME`.',
  needs: ['NodeName', 'CAHash', 'Token'],
  run: async ({ host, cluster, node }) => {
    const [name, { machineId }] = await Promise.all([node.name(), host.facts()]);
    const there = await cluster.node(name);
    if (there === 'not readable') return skip('the bootstrap token has no permission to read Nodes');
    if (!there) return pass(`${name} is free`);
    const theirs = there.status?.nodeInfo?.machineID ?? '';
    if (theirs !== '' && sameMachineId(theirs, machineId)) return pass(`${name} is this machine`);
    if (!isReady(there)) return pass(`${name} exists and is not Ready: this machine takes it over`);
    return fail(
      `a node named ${name} already exists in the cluster and is Ready; its machine ID is ${theirs || 'unknown'}, this machine's is ${machineId || 'unknown'}`,
      { code: 'NODE_EXISTS', remedy: `Choose another \`--node-name\`, or remove it: \`kubectl delete node ${name}\`.` },
    );
  },
};
