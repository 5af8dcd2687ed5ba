import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { FAKE_PROGRAM_HEADER } from '../../../src/host/scratch-agent.ts';
import type { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { type WorkflowBed, workflowBed } from './bed.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** As `kubectl certificate approve` does. */
export async function approve(admin: ApiClient, name: string): Promise<void> {
  const request = await admin.get<V1CertificateSigningRequest>(`${REQUESTS}/${name}`);
  const conditions = [{ type: 'Approved', status: 'True', reason: 'YurtHubApproved', message: 'approved' }];
  await admin.request('PUT', `${REQUESTS}/${name}/approval`, { body: { ...request, status: { conditions } } });
}

/**
 * Approves requests of edge-hubs, as OpenYurt's controller does.
 * @returns what ends it
 */
export function openYurtApprover(admin: ApiClient, takes = (_signer: string) => true): () => Promise<void> {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    for await (const { object } of admin.watch<V1CertificateSigningRequest>(`${REQUESTS}?watch=true`, stop.signal)) {
      const { metadata, spec, status } = object;
      if (spec.signerName === 'kubernetes.io/kube-apiserver-client-kubelet' || status?.conditions?.length) continue;
      if (!takes(spec.signerName)) continue;
      await approve(admin, metadata?.name ?? '');
    }
  };
  const running = run().catch(() => {});
  return () => {
    stop.abort();
    return running;
  };
}

/** A node pool of that name, which newer edge-hubs ask for. */
export async function createPool(admin: ApiClient, name: string): Promise<void> {
  const apiVersion = 'apps.openyurt.io/v1beta1';
  await admin.create(`/apis/${apiVersion}/nodepools`, {
    apiVersion,
    kind: 'NodePool',
    metadata: { name },
    spec: { type: 'Edge' },
  });
}

/** A cluster with OpenYurt's controllers and the pool `hangzhou`, and the program of yurthub 1.7.0. */
export interface OpenYurtBed {
  readonly bed: WorkflowBed;
  readonly program: string;
  close(): Promise<void>;
}

export async function openYurtBed(version: string): Promise<OpenYurtBed> {
  const bed = await workflowBed(version);
  await createPool(bed.admin, 'hangzhou');
  const stopApprover = openYurtApprover(bed.admin);
  const folder = await mkdtemp(join(tmpdir(), 'edgeadm-yurthub-'));
  const program = join(folder, 'yurthub');
  const mark = '-X github.com/openyurtio/openyurt/pkg/projectinfo.gitVersion=v1.7.0 -s';
  await writeFile(program, `${FAKE_PROGRAM_HEADER}\n${mark}\n`);
  return {
    bed,
    program,
    close: async () => {
      await stopApprover();
      await bed.close();
      await rm(folder, { recursive: true });
    },
  };
}
