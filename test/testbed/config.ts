import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { worldNamed } from './worlds.ts';

/** The checkout this test bed belongs to; nodes see it read-only under {@link productInNode}. */
export const projectDir = resolve(import.meta.dirname, '../..');

/** Survives: packages' lists, Kubernetes, root file systems, images. */
export const cacheDir = process.env.EDGEADM_TESTBED_CACHE ?? join(homedir(), '.cache/edgeadm/testbed');

/** Several test beds can be on one machine side by side: this one's number, 0 to 9. */
const number = Number(process.env.EDGEADM_TESTBED_NUMBER ?? 0);
const suffix = number === 0 ? '' : String(number);

/** Thrown away: clusters and nodes. */
export const stateDir = process.env.EDGEADM_TESTBED_DIR ?? `/tmp/edgeadm-testbed${suffix}`;

/** Network namespaces, cables and cgroups of this test bed begin with this and a hyphen. */
export const prefix = `edgelab${suffix}`;

export const bridge = `edgelab${number}`;
/** First three octets of the one network that clusters (octets 1-9) and nodes (from 11) share. */
export const subnet = `10.${211 + number}.0`;
/** First three octets of the loopback addresses that control planes keep to themselves. */
export const loopbackNet = `127.0.${number}`;
export const podSubnet = '10.244.0.0/16';
export const serviceSubnet = '10.96.0.0/12';

/** The world of this run: clusters, nodes and bundles are of it unless they are asked to be of another. */
export const world = worldNamed(process.env.EDGEADM_TESTBED_WORLD ?? 'guide');
export const busyboxImage = 'localhost/busybox:testbed';
export const edgeHubImage = 'localhost/edge-hub:testbed';

/** Where a node sees the checkout and the folder of the Node.js binary that runs the tests. */
export const productInNode = '/opt/edgeadm';
export const nodejsInNode = '/opt/nodejs';

/** The one-file program that `npm test` has built, unpacked (`dist.ts --unpacked`); without it the checkout is tested. */
export const unpackedProgram = process.env.EDGEADM_TEST_PROGRAM
  ? join(dirname(process.env.EDGEADM_TEST_PROGRAM), 'unpacked')
  : undefined;
/** Where nodes see it. */
export const unpackedInNode = '/opt/program';

type Words = readonly [string, ...string[]];

/** The words that start the program as its own first script does, out of the folder that that unpacks. */
const fromFolder = (folder: string): Words => [
  join(folder, 'ld-linux-x86-64.so.2'),
  ...['--inhibit-cache', '--library-path', folder, join(folder, 'edgeadm')],
];

/** The words that start the checkout in a node. */
export const checkoutInNode: Words = [`${nodejsInNode}/node`, `${productInNode}/bin/run.js`];

/** The words that start the program under test in a node: what was built takes half the work to start. */
export const programInNode: Words = unpackedProgram ? fromFolder(unpackedInNode) : checkoutInNode;

/** The words that start it on this machine. */
export const programHere: Words = unpackedProgram
  ? fromFolder(unpackedProgram)
  : [process.execPath, join(projectDir, 'bin/run.js')];

/** Users of every node beside root: `admin` has sudo without a password, `ops` with this one (also good for SSH). */
export const opsPassword = 'edge-lab-ops';
