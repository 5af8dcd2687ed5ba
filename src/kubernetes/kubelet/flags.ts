import type { Taint } from '../../config/spec.ts';
import { removalOf } from '../removals.ts';
import { minorOf } from '../version.ts';

/** What the flags of a kubelet are made of. */
export interface KubeletOptions {
  /** Of the kubelet, `v1.20.2`. */
  readonly version: string;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Path of the CRI socket, or the pipe of Windows, `//./pipe/…`; without a scheme. */
  readonly criSocket: string;
  readonly runtime: 'containerd' | 'docker';
  readonly pauseImage?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

interface FlagRow {
  readonly flag: string;
  /** Last minor version that gets the flag, if it has something newer instead. */
  readonly to?: number;
  /** undefined: the flag is left out. */
  readonly value: (options: KubeletOptions) => string | undefined;
  readonly source: string;
}

/** The flags by version; an unknown flag is fatal to a kubelet. */
const FLAGS: readonly FlagRow[] = [
  {
    flag: 'container-runtime',
    value: ({ runtime }) => (runtime === 'containerd' ? 'remote' : 'docker'),
    source: 'kubelet --help',
  },
  {
    flag: 'container-runtime-endpoint',
    value: ({ runtime, criSocket }) => (runtime === 'containerd' ? criEndpoint(criSocket) : undefined),
    source: 'kubelet --help of 1.16 to 1.34 (deprecated for the configuration file since 1.27)',
  },
  {
    flag: 'network-plugin',
    value: ({ runtime }) => (runtime === 'docker' ? 'cni' : undefined),
    source: 'kubelet --help',
  },
  {
    flag: 'pod-infra-container-image',
    value: ({ pauseImage }) => pauseImage,
    source: 'kubelet --help',
  },
  { flag: 'hostname-override', value: ({ nodeName }) => nodeName, source: 'kubelet --help' },
  { flag: 'node-ip', value: ({ nodeIp }) => nodeIp, source: 'kubelet --help' },
  {
    flag: 'node-labels',
    value: ({ labels }) => joined(Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    source: 'kubelet --help',
  },
  {
    flag: 'register-with-taints',
    to: 22,
    value: ({ taints }) => joined(taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`)),
    source: 'kubernetes 1.23: registerWithTaints in KubeletConfiguration',
  },
];

/** First minor version whose configuration file knows registerWithTaints. */
export const TAINTS_IN_CONFIGURATION = 23;

/** @param socket a path, or a pipe of Windows */
function criEndpoint(socket: string): string {
  return `${socket.startsWith('//./pipe/') ? 'npipe' : 'unix'}://${socket}`;
}

function joined(parts: string[]): string | undefined {
  return parts.length > 0 ? parts.join(',') : undefined;
}

/** The command-line flags for a kubelet of that version, in a stable order. */
export function kubeletFlags(options: KubeletOptions): string[] {
  const minor = minorOf(options.version);
  return FLAGS.filter(({ to = minor }) => minor <= to).flatMap(({ flag, value }) => {
    const text = removalOf('flag', flag, minor) ? undefined : value(options);
    return text === undefined ? [] : [`--${flag}=${text}`];
  });
}
