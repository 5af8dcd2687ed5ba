import { PATHS } from '../../../host/node-paths.ts';
import {
  kubeletComplaints,
  kubeletEvictions,
  kubeletMountFailures,
  kubeletRefusals,
  sinceLastStart,
} from '../../../kubernetes/kubelet/log.ts';
import type { Collector } from '../collector.ts';
import { healthOf } from './health.ts';

/** A kubelet that does not know a flag prints all of those it knows, and stacks. */
const LOG_LINES = 600;
/** A kubelet reports its node every ten seconds: what it did not say within a minute does not hold any more. */
const RECENTLY_MS = 60_000;
/** It tries to mount again after at most two minutes. */
const LATELY_MS = 300_000;
const LATELY_LINES = 2000;
/** The pod has the name of its program. */
const HUB_COMPLAINT = /^E\d{4} .*(Error syncing pod|manifest file|config file).*(edge-hub|yurt-?hub)/;

export const kubelet: Collector = {
  name: 'kubelet/state',
  run: async ({ host }) => {
    const { active, detail } = await host.unit(PATHS.kubelet.unit);
    return {
      files: [{ path: 'kubelet/state.txt', text: `${PATHS.kubelet.unit}: ${detail}\n` }],
      facts: { kubelet: { active, detail } },
    };
  },
};

export const kubeletConfigured: Collector = {
  name: 'kubelet/configured',
  run: async ({ host }) => {
    const stat = await host.stat(PATHS.kubelet.kubeconfig);
    return { files: [], facts: { kubeletConfigured: stat !== undefined } };
  },
};

export const kubeletLog: Collector = {
  name: 'kubelet/complaints',
  run: async ({ host }) => {
    const { now } = await host.clock();
    const [log, recent, lately] = await Promise.all([
      host.unitLog(PATHS.kubelet.unit, LOG_LINES),
      host.unitLog(PATHS.kubelet.unit, LOG_LINES, now - RECENTLY_MS),
      host.unitLog(PATHS.kubelet.unit, LATELY_LINES, now - LATELY_MS),
    ]);
    const evictionLines = kubeletEvictions(sinceLastStart(lately)).slice(-2);
    const mountLines = kubeletMountFailures(sinceLastStart(lately));
    const present = sinceLastStart(log);
    const complaints = kubeletComplaints(present);
    const hubComplaint = present.split('\n').findLast((line) => HUB_COMPLAINT.test(line));
    const refusals = kubeletRefusals(sinceLastStart(recent)).slice(-3);
    return {
      files: [{ path: 'kubelet/complaints.txt', text: `${complaints}\n` }],
      facts: { complaints, refusals, evictionLines, mountLines, ...(hubComplaint && { hubComplaint }) },
    };
  },
};

export const kubeletHealth: Collector = {
  name: 'kubelet/health',
  run: async (context) => {
    const kubeletHealth = await healthOf(context, { host: '127.0.0.1', port: 10248, path: '/healthz' });
    return { files: [{ path: 'kubelet/health.txt', text: `${kubeletHealth.detail}\n` }], facts: { kubeletHealth } };
  },
};
