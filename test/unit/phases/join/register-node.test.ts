import assert from 'node:assert/strict';
import { PATHS } from '../../../../src/host/node-paths.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { type WaitOptions, waitFor } from '../../../../src/lib/wait-for.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { registerNode } from '../../../../src/phases/join/register-node.ts';
import type { PhaseTools } from '../../../../src/workflow/phase.ts';
import { fakeHost } from '../../fake-host.ts';
import { type ApiAnswer, apiServer } from '../../kubernetes/api-server.ts';
import { recordedLog } from '../../recorded-log.ts';

const OURS = [
  '/usr/bin/kubelet',
  `--config=${PATHS.kubelet.configuration}`,
  '--hostname-override=edge-1',
  '--node-labels=zone=north',
];

interface Tried {
  readonly words?: readonly string[];
  readonly answer?: ApiAnswer;
  readonly wet?: boolean;
  readonly version?: string;
}

/** What the API server is asked by the start of a kubelet with that command line. */
async function asked({ words = OURS, answer = {}, wet = true, version = 'v1.37.2' }: Tried) {
  const server = await apiServer(() => answer);
  const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const host = fakeHost({
    commands: { 'systemctl show kubelet.service --property=MainPID': 'MainPID=77\n' },
    files: {
      '/proc/77/cmdline': `${words.join('\0')}\0`,
      [PATHS.kubelet.configuration]: 'kind: KubeletConfiguration\n',
    },
  });
  await registerNode({
    host,
    node: { name: async () => 'edge-1', kubeletVersion: async () => version },
    credentials: { client: async () => client },
    log: recordedLog(),
    wet,
    waitFor: (wait: WaitOptions<unknown>) => waitFor({ ...wait, timeoutMs: 20 }),
  } as unknown as JoinContext & PhaseTools);
  client.close();
  return { requests: server.requests };
}

describe('the Node of a kubelet that starts', () => {
  it('the Node is there before its kubelet looks for it, with its labels, and is not Ready', async () => {
    const { requests } = await asked({});
    const [request = assert.fail('no request')] = requests;
    assert.equal(`${request.method} ${request.path}`, 'POST /api/v1/nodes');
    const { metadata, status } = request.body as { metadata: object; status: { conditions: object[] } };
    assert.partialDeepStrictEqual(metadata, { name: 'edge-1', labels: { zone: 'north' } });
    assert.partialDeepStrictEqual(status.conditions, [{ type: 'Ready', status: 'False' }]);
  });

  it('the Node is left to a kubelet with another configuration file, and to one of a dry run', async () => {
    const words = OURS.map((word) => word.replace('--config=/var', '--config=/srv'));
    assert.equal((await asked({ words })).requests.length, 0);
    assert.equal((await asked({ wet: false })).requests.length, 0);
  });

  it('the Node is left to a kubelet that would crash over it: kubernetes/kubernetes#95188', async () => {
    assert.equal((await asked({ version: 'v1.20.2' })).requests.length, 0);
  });

  // 409: an earlier join, or the kubelet was faster; 403: a label that the admission plug-in NodeRestriction refuses.
  for (const answer of [403, 409, 500])
    it(`a join does not fail over a Node that it cannot create (${answer}), since the kubelet tries again`, async () => {
      assert.equal((await asked({ answer })).requests.length, 1);
    });

  it('a join does not fail over a unit whose program is not a kubelet, and leaves the Node to it', async () => {
    assert.equal((await asked({ words: ['/bin/sh', '-c', 'kubelet'] })).requests.length, 0);
  });
});
