import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';

const SRC = new URL('../../../src/', import.meta.url).pathname;

/** What only the table of node paths may spell out. */
const NODE_PATH =
  /\/etc\/(kubernetes|cni|containerd|systemd|default\/kubelet|sysconfig\/kubelet|docker|crio|modules-load|modprobe\.d|sysctl\.d)\b|\/var\/lib\/(kubelet|edge|cni|containerd|docker|yurt|openyurt)|\/var\/log\/(pods|containers|edgeadm)|\/run\/(containerd|docker|crio|cri-dockerd|flannel|kubernetes|netns|systemd)\b|\/opt\/(cni|containerd)\b|\/usr\/(local\/)?s?bin\/\w|\/usr\/libexec\/kubernetes|(?<!kubelet\/|containerd\/)\b(kubelet|containerd|docker|crio)\.service\b/;

/** Files that may name one all the same, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'host/node-paths.ts': 'the table itself',
  'errors/codes.ts': 'texts for readers',
  'phases/diagnose/rule-texts.ts': 'texts for readers',
  'cluster-upgrade/cluster/job-manifests.ts': 'the program in the image of a Job, not on a node',
};

describe('the table of node paths', () => {
  it('the table of node paths is the one place in src that spells a path or a service of a node out', async () => {
    const found: string[] = [];
    for await (const file of glob('**/*.ts', { cwd: SRC })) {
      if (file in ALLOWED) continue;
      const lines = (await readFile(SRC + file, 'utf8')).split('\n');
      for (const [index, line] of lines.entries()) {
        if (!/^\s*(\/\/|\/?\*)/.test(line) && NODE_PATH.test(line)) found.push(`${file}:${index + 1} ${line.trim()}`);
      }
    }
    assert.deepEqual(found, []);
  });
});
