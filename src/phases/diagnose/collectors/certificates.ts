import { X509Certificate } from 'node:crypto';
import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';
import { HUB_LAYOUTS } from './edge-hub.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/;

/** Who the node's certificates name and how long they are good; never the certificate itself, whose file holds a key. */
export const certificates: Collector = {
  name: 'certificates',
  run: async ({ host }) => {
    const found: CollectedFacts['certificates'][number][] = [];
    const lines: string[] = [];
    for (const path of [
      PATHS.kubelet.clientCertificate,
      PATHS.kubernetes.caCertificate,
      ...hubFolders().flatMap(currentOf),
    ]) {
      const pem = CERTIFICATE.exec((await readIfFile(host, path)) ?? '')?.[0];
      if (!pem) continue;
      try {
        const { subject, validToDate } = new X509Certificate(pem);
        const certificate = { path, subject: subject.replaceAll('\n', ', '), validTo: validToDate.getTime() };
        found.push(certificate);
        lines.push(`${path}: ${certificate.subject}, good until ${validToDate.toISOString()}\n`);
      } catch (error) {
        lines.push(`${path}: ${(error as Error).message}\n`);
      }
    }
    return { files: [{ path: 'certificates.txt', text: lines.join('') }], facts: { certificates: found } };
  },
};

/** Files that hold keys: name, mode and size, and nothing of what is in them. */
export const keyFiles: Collector = {
  name: 'key-files',
  run: async (context) => {
    const folders = [PATHS.kubelet.pki, PATHS.kubernetes.pki, ...hubFolders()];
    const lines = await Promise.all(folders.map((path) => listing(context, path)));
    return { files: [{ path: 'key-files.txt', text: lines.join('') }] };
  },
};

async function listing({ host }: CollectContext, path: string): Promise<string> {
  const lines = (await host.list(path)).map(async (name) => {
    const stat = await host.stat(`${path}/${name}`);
    if (!stat) return '';
    const target = stat.target === undefined ? '' : ` -> ${stat.target}`;
    return `${stat.mode.toString(8).padStart(4, '0')} ${stat.uid}:${stat.gid} ${String(stat.size).padStart(8)} ${path}/${name}${target}\n`;
  });
  return (await Promise.all(lines)).join('');
}

function hubFolders(): string[] {
  return [...new Set(HUB_LAYOUTS.map(({ pkiDirectory }) => pkiDirectory))];
}

function currentOf(folder: string): string[] {
  return ['edge-hub', 'yurthub'].map((program) => `${folder}/${program}-current.pem`);
}
