import { join } from 'node:path';
import { execa } from 'execa';
import { aptGet, aptUpdate } from './apt.ts';
import { cached } from './cache.ts';
import type { Node } from './node.ts';

/** Where nodes see the package. */
export const dockerInNode = '/opt/docker';
const programs = ['usr/bin/docker', 'usr/sbin/dockerd', 'usr/sbin/docker-proxy'];
const units = ['docker.service', 'docker.socket'];

/** As Docker's own package of containerd has it, but for what this machine needs; see README.md. */
const containerdConfig = `version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]

[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
`;
/** Docker has no \`restrict_oom_score_adj\`: its containers get none below that of the daemon. */
const runc = `#!/bin/sh
for word; do [ "$last" = --bundle ] && sed -i 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' "$word/config.json"; last=$word; done
exec /usr/sbin/runc "$@"
`;
const daemon = {
  'exec-opts': ['native.cgroupdriver=systemd'],
  'oom-score-adjust': 0,
  bridge: 'none',
  iptables: false,
  runtimes: { 'runc-here': { path: '/usr/local/bin/runc-here' } },
  'default-runtime': 'runc-here',
};

/** Debian's package of docker, unpacked: a folder to bind at {@link dockerInNode}. */
export function dockerPackage(): Promise<string> {
  return cached('docker', { package: 'docker.io of Debian 12' }, async (dir) => {
    await aptUpdate();
    await aptGet(['download', '-qq', 'docker.io'], dir);
    await execa('sh', ['-c', 'dpkg-deb -x docker.io_*.deb . && rm docker.io_*.deb'], { cwd: dir });
  });
}

/** Sets docker up in a node that has the package, and waits until it runs. */
export async function installDocker(node: Node): Promise<void> {
  await node.write('/etc/docker/daemon.json', JSON.stringify(daemon));
  await node.write('/usr/local/bin/runc-here', runc, 0o755);
  await node.write('/etc/containerd/config.toml', containerdConfig);
  const links = programs.map((path) => `ln -s ${join(dockerInNode, path)} /${path}`);
  const copies = units.map((unit) => `cp ${dockerInNode}/lib/systemd/system/${unit} /etc/systemd/system/`);
  const start = 'systemctl daemon-reload; systemctl restart containerd; systemctl enable --now docker';
  const script = ['set -e', 'groupadd docker', ...links, ...copies, start].join('\n');
  const { exitCode, stderr } = await node.exec('sh', '-c', script);
  if (exitCode === 0) return;
  const log = await node.exec('journalctl', '-u', 'docker', '-n', '20', '--no-pager');
  throw new Error(`docker does not start: ${stderr}\n${log.stdout}`);
}

/** Loads an image of this machine into a node's docker. */
export async function loadImage(node: Node, tar: string): Promise<void> {
  await node.put(tar, '/var/tmp/image.tar');
  const { exitCode, stderr } = await node.exec('sh', '-c', 'docker load -i /var/tmp/image.tar; rm /var/tmp/image.tar');
  if (exitCode !== 0) throw new Error(`docker could not load ${tar}: ${stderr}`);
}
