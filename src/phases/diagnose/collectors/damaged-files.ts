import { PATHS } from '../../../host/node-paths.ts';
import { readIfFile } from '../../../host/read-if-file.ts';
import { serverIn } from '../../../kubernetes/kubeconfig/parse.ts';
import { damagedStates } from '../../../kubernetes/kubelet/damaged-states.ts';
import { certificateIn, faultOf, yamlMap } from '../../../lib/check-shape.ts';
import { keyPairIn } from '../../../pki/key-pair.ts';
import type { CollectContext, Collector } from '../collector.ts';

/** What is wrong with a text that the kubelet needs; undefined if it is fine. */
type Judge = (text: string) => string | undefined;

const FILES: readonly (readonly [path: string, judge: Judge])[] = [
  [PATHS.kubelet.clientCertificate, (text) => (keyPairIn(text) ? undefined : 'it has no certificate with its key')],
  [PATHS.kubernetes.caCertificate, (text) => faultOf(() => certificateIn(text, ORIGIN))],
  [PATHS.kubelet.kubeconfig, (text) => (serverIn(text) ? undefined : 'it names no API server')],
  [PATHS.kubelet.configuration, (text) => faultOf(() => yamlMap(text, ORIGIN))],
];

const ORIGIN = { what: 'the file', code: 'API_ERROR' } as const;

/** A kubelet that runs has read them long ago, and finds out only when it is started again. */
export const damagedFiles: Collector = {
  name: 'kubelet/files',
  run: async (context) => {
    const found = await Promise.all(FILES.map(([path, judge]) => damageOf(context, path, judge)));
    const damaged = found.flatMap((each) => each ?? []);
    const states = await damagedStates(context.host);
    const lines = [...damaged, ...states.map(({ path, why }) => `${path}: ${why}`)];
    return {
      files: [{ path: 'kubelet/damaged-files.txt', text: lines.map((line) => `${line}\n`).join('') }],
      facts: { damagedFiles: damaged, damagedStates: states },
    };
  },
};

async function damageOf({ host }: CollectContext, path: string, judge: Judge): Promise<string | undefined> {
  if (!(await host.stat(path))) return undefined;
  const text = await readIfFile(host, path);
  const why =
    text === undefined
      ? 'it is not a regular file, or it is a dangling symlink'
      : text.trim() === ''
        ? 'it is empty'
        : judge(text);
  return why === undefined ? undefined : `${path}: ${why}`;
}
