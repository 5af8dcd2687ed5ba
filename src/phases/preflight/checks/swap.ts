import { PATHS } from '../../../host/node-paths.ts';
import { swapAreas } from '../../../lib/swap-areas.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

export const swap: Check = {
  name: 'Swap',
  concerns: 'node',
  severity: 'error',
  about:
    "No swap is active: the kubelet does not start with swap unless the cluster's kubelet configuration has `failSwapOn: false`. A warning if swap is off, but comes back at the next boot.",
  remedy: 'Run `swapoff -a`, and remove the swap entries from /etc/fstab.',
  run: async ({ host, cluster }) => {
    const text = await host.read('/proc/swaps');
    if (text === undefined) return skip('/proc/swaps does not exist');
    const areas = swapAreas(text);
    const sources = await swapSources(host);
    if (areas.length + sources.length === 0) return pass();
    const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
    const found = areas.length > 0 ? `active: ${areas.join(', ')}` : 'off now, but on again after the next boot';
    const told = [found, ...sources.map(({ what }) => what)].join('\n');
    if (configuration?.failSwapOn === false) return pass(`${found}; the cluster has failSwapOn: false`);
    const remedy = remedyFor(areas, sources);
    return areas.length > 0 ? fail(told, { remedy }) : fail(told, { severity: 'warning', remedy });
  },
};

/** Something that turns swap on at boot. */
interface SwapSource {
  readonly what: string;
  readonly remedy: string;
}

const [OWN, PACKAGED] = PATHS.system.zramGenerator;

/** Files whose presence means that a service makes swap at boot. Each distribution has its own. */
const SERVICES: readonly {
  readonly file: string;
  readonly is?: RegExp;
  readonly name: string;
  readonly remedy: string;
}[] = [
  ...PATHS.system.zramGenerator.map((file) => ({
    file,
    is: /^\s*\[zram\d+\]/m,
    name: `zram-generator, by ${file}`,
    remedy: `Switch the generator off: \`touch ${OWN}\` (an empty file).`,
  })),
  service('/etc/default/zramswap', 'zramswap'),
  service('/etc/default/zram-config', 'zram-config'),
  service('/etc/default/armbian-zram-config', 'armbian-zram-config'),
  service('/etc/init.d/zram-config', 'zram-config'),
  service('/etc/dphys-swapfile', 'dphys-swapfile'),
  {
    file: '/etc/rpi/swap.conf',
    is: /^\s*Mechanism\s*=\s*(?!none)/im,
    name: 'rpi-swap, by /etc/rpi/swap.conf',
    remedy: 'Set `Mechanism=none` in /etc/rpi/swap.conf.',
  },
];

function service(file: string, unit: string): { file: string; name: string; remedy: string } {
  return {
    file,
    name: `the service ${unit}`,
    remedy: `Switch the service off: \`systemctl disable --now ${unit}.service\`.`,
  };
}

async function swapSources(host: ReadOnlyHost): Promise<SwapSource[]> {
  const [fstab, units, ...texts] = await Promise.all([
    host.read('/etc/fstab'),
    host.list(PATHS.system.unitFolders[0] ?? ''),
    ...SERVICES.map(({ file }) => host.read(file)),
  ]);
  const entries = (fstab ?? '').split('\n').filter((line) => {
    const [device = '', , type, options = ''] = line.trim().split(/\s+/);
    return device !== '' && !device.startsWith('#') && type === 'swap' && !options.split(',').includes('noauto');
  });
  const generator = (await host.stat(OWN)) !== undefined;
  const services = SERVICES.filter(({ file, is }, i) => {
    // The file of the administrator hides the one of the package.
    if (file === PACKAGED && generator) return false;
    return texts[i] !== undefined && (is?.test(texts[i] ?? '') ?? true);
  });
  const swapUnits = units.filter((name) => name.endsWith('.swap'));
  return [
    ...entries.map((line) => ({
      what: `in /etc/fstab: ${line.trim()}`,
      remedy: 'Remove the swap entries from /etc/fstab.',
    })),
    ...services.map(({ name, remedy }) => ({ what: `made at boot by ${name}`, remedy })),
    ...swapUnits.map((unit) => ({
      what: `made at boot by ${unit}`,
      remedy: `Switch the unit off: \`systemctl mask --now ${unit}\`.`,
    })),
  ];
}

/** Taking entries out of /etc/fstab does not help against a service. */
function remedyFor(areas: readonly string[], sources: readonly SwapSource[]): string | undefined {
  const steps = [...new Set(sources.map(({ remedy }) => remedy))];
  if (steps.length > 0) return [...(areas.length > 0 ? ['Run `swapoff -a`.'] : []), ...steps].join(' ');
  if (!areas.some((area) => area.startsWith('/dev/zram'))) return undefined;
  return 'Run `swapoff -a`, and switch off what makes zram at boot: `systemctl list-units --all | grep -i zram` names it, `systemctl disable --now NAME` switches it off.';
}
