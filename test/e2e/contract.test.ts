import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { apiServerContract } from '../contract/api-server.ts';
import { projectDir, until } from '../testbed/index.ts';
import { testBed } from './support.ts';

const CRD = join(projectDir, 'test/testbed/nodepool-crd.yaml');

describe('a real kube-apiserver keeps the contract', () => {
  apiServerContract(async () => {
    const { cluster } = await testBed();
    await cluster.apply(load(await readFile(CRD, 'utf8')) as object);
    await until('NodePools', () => cluster.get('/apis/apps.openyurt.io/v1beta1/nodepools'));
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'apiserver-kubelet-client.crt', 'apiserver-kubelet-client.key'].map((file) =>
        readFile(join(cluster.dir, 'pki', file), 'utf8'),
      ),
    );
    return { server: cluster.server, ca: ca ?? '', admin: { cert: cert ?? '', key: key ?? '' } };
  });
});
