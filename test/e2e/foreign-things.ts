import { CLEARED } from '../integration/workflow-bed/foreign-things.ts';
import { BUNDLE } from './bed.ts';

/** A thing of somebody else's on a node: commands of its shell. `%` is the number of the thing, `FOLDER` its place. */
interface Kind {
  readonly plant: string;
  /** What it prints has to be the same after a reset. */
  readonly state: string;
  readonly clear: string;
  /** A mount, over which a reset may refuse to go on: it does once that is gone. */
  readonly isInTheWay?: boolean;
  /** When it can be planted, if not at both times: while a node is joined most folders are the kubelet's. */
  readonly only?: 'before' | 'joined';
}

const SOURCE = '/srv/foreign-%';
const MAKE_SOURCE = `mkdir -p ${SOURCE}/ssl && echo root-% >${SOURCE}/passwd && echo key-% >${SOURCE}/ssl/key.pem`;
const SOURCE_STATE = `find ${SOURCE} -type f | sort | xargs sha256sum`;
/** A hard link is of one file system: where the folder's own is mounted. */
const HARD = '/foreign-hard-% /var/foreign-hard-% /run/foreign-hard-%';
const VOLUME = '/var/lib/kubelet/pods/6f1c-%/volumes/kubernetes.io~nfs/share';
const SUB_PATH = '/var/lib/kubelet/pods/6f1c-%/volume-subpaths/etc/web/0';
const SWAPPED = '/var/lib/kubelet/pods/swap-%';

const bindAt = (target: string, isInTheWay: boolean): Kind => ({
  plant: `${MAKE_SOURCE} && mkdir -p ${target} && mount --bind ${SOURCE} ${target}`,
  state: SOURCE_STATE,
  clear: `umount ${target} 2>/dev/null; rm -rf ${SOURCE}`,
  isInTheWay,
});

/** The kubelet of a later join removes the folders of pods that it does not know. */
const volumeAt = (target: string): Kind => {
  const bind = bindAt(target, false);
  return {
    ...bind,
    clear: `${bind.clear}; find /var/lib/kubelet/pods/6f1c-% -depth -type d -exec rmdir {} + 2>/dev/null || true`,
  };
};

const fileAt = (path: string): Kind => ({
  plant: `mkdir -p "$(dirname ${path})" && echo foreign-% >${path}`,
  state: `cat ${path}`,
  // The folder may have been there before.
  clear: `rm -f ${path}`,
});

/** With the record that containerd's CRI plug-in made for it, `sha256:...`. */
const IMAGE_CLEAR =
  'd=$(ctr -n k8s.io images ls | awk \'$1 == "PAUSE" { print $3 }\'); [ -z "$d" ] || ctr -n k8s.io images rm --sync $(ctr -n k8s.io images ls | awk -v d="$d" \'$3 == d { print $1 }\') >/dev/null';

/** What other programs and administrators leave on machines, and other tools' resets have taken away. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'a bind mount in a folder that is cleared': bindAt('FOLDER/foreign-%', true),
  'a tmpfs in a folder that is cleared': {
    plant: 'mkdir -p FOLDER/tmpfs-% && mount -t tmpfs tmpfs FOLDER/tmpfs-% && echo data-% >FOLDER/tmpfs-%/passwd',
    state: 'cat FOLDER/tmpfs-%/passwd',
    clear: 'umount FOLDER/tmpfs-%; rmdir FOLDER/tmpfs-% 2>/dev/null || true',
    isInTheWay: true,
  },
  'a volume of a pod': volumeAt(VOLUME),
  'a subPath of a volume': volumeAt(SUB_PATH),
  'a symlink in a folder that is cleared': {
    plant: `${MAKE_SOURCE} && mkdir -p FOLDER && ln -s ${SOURCE} FOLDER/link-%`,
    state: SOURCE_STATE,
    clear: `rm -f FOLDER/link-%; rm -rf ${SOURCE}`,
  },
  'a hard link in a folder that is cleared': {
    plant: `mkdir -p FOLDER && f="$(df --output=target FOLDER | tail -n 1)/foreign-hard-%" && echo hard-% >"$f" && ln "$f" FOLDER/hard-%`,
    state: `cat ${HARD} 2>/dev/null; ls -ln ${HARD} 2>/dev/null | cut -d' ' -f1,3,4`,
    clear: `rm -f ${HARD} FOLDER/hard-%`,
  },
  'a folder that becomes a symlink again and again': {
    plant: `${MAKE_SOURCE} && mkdir -p ${SWAPPED} && { (while [ -d ${SOURCE} ]; do mkdir -p ${SWAPPED}/dir && echo x >${SWAPPED}/dir/file; rm -rf ${SWAPPED}/dir; ln -s ${SOURCE} ${SWAPPED}/dir; rm -f ${SWAPPED}/dir; sleep 0.01; done) >/dev/null 2>&1 & }`,
    state: SOURCE_STATE,
    clear: `rm -rf ${SOURCE}; sleep 0.5; rm -rf ${SWAPPED}`,
    isInTheWay: true,
    only: 'joined',
  },
  'a network of podman': {
    plant: 'ip link add podman% type bridge && ip addr add 10.88.%.1/24 dev podman% && ip netns add podman-%',
    state: 'ip -br -4 addr show dev podman% | cut -c1-40; ip netns list | grep -c podman-%',
    clear: 'ip link delete podman%; ip netns delete podman-%',
  },
  'a CNI configuration of another program': fileAt('/etc/cni/net.d/9%-shop-floor.conflist'),
  'rules of another program': {
    plant:
      'iptables -N FOREIGN-% && iptables -A FOREIGN-% -p udp --dport 500% -j ACCEPT && iptables -A INPUT -j FOREIGN-% && iptables -t nat -A PREROUTING -p tcp --dport 80% -j REDIRECT --to-ports 8080 && iptables -A FORWARD -m comment --comment "kubernetes is not mine %" -j ACCEPT',
    state: "iptables-save | grep -E 'FOREIGN-%|dport 80%|mine %' | sed 's/\\[[0-9:]*\\]//'",
    clear:
      'iptables -D INPUT -j FOREIGN-%; iptables -F FOREIGN-%; iptables -X FOREIGN-%; iptables -t nat -D PREROUTING -p tcp --dport 80% -j REDIRECT --to-ports 8080; iptables -D FORWARD -m comment --comment "kubernetes is not mine %" -j ACCEPT',
  },
  'a route of another program': {
    plant: 'ip route add blackhole 198.51.100.%/32',
    state: 'ip route show 198.51.100.%/32',
    clear: 'ip route delete blackhole 198.51.100.%/32',
  },
  "a namespace of containerd with another program's container": {
    plant: 'ctr -n foreign-% images import ARCHIVE >/dev/null && ctr -n foreign-% containers create PAUSE others-%',
    state: 'ctr -n foreign-% images ls -q; ctr -n foreign-% containers ls -q',
    clear:
      'ctr -n foreign-% containers delete others-%; ctr -n foreign-% images rm --sync $(ctr -n foreign-% images ls -q) >/dev/null; for i in 1 2 3 4 5; do ctr namespaces rm foreign-% 2>/dev/null && break; sleep 1; done',
  },
  'an image that somebody else gave a name': {
    plant:
      'ctr -n k8s.io images import ARCHIVE >/dev/null && ctr -n k8s.io images tag PAUSE registry.example.org/foreign:% >/dev/null',
    state: 'ctr -n k8s.io images ls -q | grep foreign:%',
    clear: IMAGE_CLEAR,
    only: 'before',
  },
  'an image that was there before': {
    plant: 'ctr -n k8s.io images import ARCHIVE >/dev/null',
    state: 'ctr -n k8s.io images ls -q | grep -Fx PAUSE',
    clear: IMAGE_CLEAR,
    only: 'before',
  },
  'a setting of the kernel in a file': fileAt('/etc/sysctl.d/50-foreign-%.conf'),
  'a drop-in of an administrator': fileAt('/etc/systemd/system/containerd.service.d/50-foreign-%.conf.off'),
  'a CNI plug-in that nobody knows': { ...fileAt('/opt/cni/bin/foreign-%'), only: 'before' },
  'a file in a folder that is cleared': { ...fileAt('FOLDER/foreign-file-%'), only: 'before' },
};

/** One thing to plant. */
export interface Planted {
  readonly kind: string;
  readonly folder: string;
  readonly when: 'before' | 'joined';
}

export { CLEARED };

/** A kind's commands for the n-th thing, in its folder. */
export function commandsOf({ kind, folder }: Planted, n: number, pauseImage: string): Kind {
  const fill = (text: string): string =>
    text
      .replaceAll('FOLDER', folder)
      .replaceAll('PAUSE', pauseImage)
      .replaceAll('ARCHIVE', `${BUNDLE}/images/pause.tar`)
      .replaceAll('%', String(n + 1));
  const { plant, state, clear, ...rest } = KINDS[kind] as Kind;
  return { ...rest, plant: fill(plant), state: fill(state), clear: fill(clear) };
}
