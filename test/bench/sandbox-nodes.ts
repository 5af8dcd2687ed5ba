import { chmod } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { forEachLimited } from '../../src/lib/for-each.ts';
import { installCni, installKubeletUnit, Node } from '../testbed/index.ts';

const IN_NODE = '/opt/sandbox';
/** Of nodes that boot; each keeps a core busy for a second. */
const BOOTS_AT_ONCE = 4;

/**
 * Lets the nodes reach a port of this machine's loopback, which a sandbox listens on alone: a socket in a folder that
 * nodes see.
 */
export async function relay(folder: string, port: number): Promise<Server> {
  const server = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const)
      one.on('error', () => other.destroy()).pipe(other);
  });
  const path = join(folder, `${port}.sock`);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await chmod(path, 0o666);
  return server;
}

/** Machines that have all but a cluster, which is a sandbox: their kubelet registers its node, and runs no pod. */
export async function sandboxNodes(count: number, folder: string, port: number, version: string): Promise<Node[]> {
  const nodes: Node[] = [];
  const names = Array.from({ length: count }, (_, index) => `sandbox-${index}`);
  await forEachLimited(names, BOOTS_AT_ONCE, async (name) => {
    const node = await Node.up(name, { bind: [[folder, IN_NODE]] });
    nodes.push(node);
    const listen = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`;
    await node.exec('systemd-run', '--quiet', 'socat', listen, `UNIX-CONNECT:${IN_NODE}/${port}.sock`);
    await node.write('/usr/bin/kubelet', kubelet(port, version), 0o755);
    await installKubeletUnit(node);
    await installCni(node, '10.244.0.0/24');
  });
  return nodes;
}

/** A second from its start until it is Ready, as a real one takes, and a report every ten seconds. */
const kubelet = (port: number, version: string): string => `#!/bin/sh
[ "$1" = --version ] && { echo "Kubernetes ${version}"; exit; }
name=$(hostname) pem=/var/lib/kubelet/pki/kubelet-client-current.pem
send() {
  curl -sf --cacert /etc/kubernetes/pki/ca.crt --cert $pem --key $pem -X "$1" -H "Content-Type: $2" \\
    "https://127.0.0.1:${port}/api/v1/nodes$3" -d "$4" >/dev/null
}
sleep 1
send POST application/json '' '{"apiVersion":"v1","kind":"Node","metadata":{"name":"'$name'"}}'
while send PATCH application/merge-patch+json "/$name/status" '{"status":{
  "conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"'$(date -u +%FT%TZ)'"}],
  "nodeInfo":{"machineID":"'$(cat /etc/machine-id)'"}}}'
do sleep 10; done
exit 1
`;
