import { difference, type Photograph } from '../testbed/index.ts';
import { askKernel } from '../testbed/photograph.ts';
import type { VirtualMachine } from './machine.ts';

/** Debian's own files are many and known by size and time; the contents of all others are read. */
const LOOK = `
find / /run -xdev -printf '%p\\t%y\\t%m\\t%U:%G\\t%s\\t%T@\\t%l\\n' 2>/dev/null
echo
find /etc /var /root /home /srv /opt /tmp -xdev -type f ! -path '/var/lib/containerd/*' ! -path '/var/log/*' \
  ! -path '/var/lib/systemd/*' ! -path '/var/cache/edgeadm/*' ! -path '/opt/bundle/*' -print0 | xargs -0r cksum
`;

/** Seconds: an emulated processor that others keep busy takes its time. */
const SLOW = 300;

/** The program under test unpacks itself. */
const ALLOWED = ['/var/log/edgeadm.log', '/var/cache/edgeadm'];

/** systemd mounts it as soon as `sysctl -a` looks into it, by a process that would be in the photograph. */
const MOUNTED_ON_SIGHT = '/proc/sys/fs/binfmt_misc';

/** A reset unloads no module: another program may use it by now. These are of br_netfilter, which the join loads. */
const UNTIL_BOOT = ['sysctls: net.bridge.bridge-nf-'];

const KINDS: Readonly<Record<string, string>> = { d: 'folder', f: 'file', l: 'link', s: 'socket', p: 'pipe' };

/** Disk and kernel of a virtual machine, as they are now. */
export async function photographOf(machine: VirtualMachine): Promise<Photograph> {
  await machine.run('ls', [MOUNTED_ON_SIGHT]);
  // One after the other: the login shell of the one would be among the processes that the other tells.
  const { stdout } = await machine.must('sh', '-c', LOOK);
  const kernel = await askKernel(machine, SLOW);
  const [entries = '', sums = ''] = stdout.split('\n\n');
  const contents = new Map(sums.split('\n').map(contentOf));
  return { files: new Map(entries.split('\n').map((line) => describe(line, contents))), kernel };
}

/** What is different from before, but for the log, the program itself, and modules that are loaded until the next boot. */
export async function tracesOn(machine: VirtualMachine, before: Photograph): Promise<string[]> {
  return difference(before, await photographOf(machine), [...ALLOWED, ...UNTIL_BOOT]);
}

/** The same, after a boot. */
export async function tracesAfterBoot(machine: VirtualMachine, before: Photograph): Promise<string[]> {
  return difference(before, await photographOf(machine), ALLOWED);
}

function contentOf(line: string): [string, string] {
  const [sum = '', size = '', ...path] = line.split(' ');
  return [path.join(' '), `${size} bytes, sum ${sum}`];
}

function describe(line: string, contents: ReadonlyMap<string, string>): [string, string] {
  const [path = '', type = '', mode = '', owner = '', size = '', time = '', target = ''] = line.split('\t');
  const what = `${KINDS[type] ?? 'other'} ${mode.padStart(4, '0')} ${owner}`;
  if (type === 'l') return [path, `${what} -> ${target}`];
  if (type !== 'f' || path.startsWith('/run/')) return [path, what];
  return [path, `${what} ${contents.get(path) ?? `${size} bytes of ${time}`}`];
}
