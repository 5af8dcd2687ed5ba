import { PATHS } from '../../../host/node-paths.ts';
import { swapAreas } from '../../../lib/swap-areas.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

export const swap: Check = {
  name: 'Swap',
  concerns: 'node',
  severity: 'error',
  about:
    "No swap is active: the kubelet does not start with swap unless the cluster's kubelet configuration has `failSwapOn: false`. A warning if swap is off now, but the next boot turns it on again.",
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

/** Files that make swap at boot, by themselves or by the unit that reads them. Each distribution has its own. */
const SERVICES: readonly {
  readonly file: string;
  readonly is?: RegExp;
  readonly unit?: string;
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

function service(file: string, name: string): { file: string; unit: string; name: string; remedy: string } {
  const unit = `${name}.service`;
  const remedy = `Switch the service off: \`systemctl disable --now ${unit}\`.`;
  return { file, unit, name: `the service ${name}`, remedy };
}

/** The units that were switched off, as is advised: the files that they read stay, and so does the link of a mask. */
async function unitsOff(host: ReadOnlyHost, units: readonly string[]): Promise<Set<string>> {
  const states = await Promise.all(units.map((unit) => host.unit(unit)));
  return new Set(
    units.filter((unit, i) => {
      const { exists = false, enabled = false, active = false, masked = false } = states[i] ?? {};
      // A script of System V is not enabled, and active if it has run; a swap unit may be of use to another unit.
      return masked || (exists && !enabled && !active && unit.endsWith('.service'));
    }),
  );
}

async function swapSources(host: ReadOnlyHost): Promise<SwapSource[]> {
  const [fstab, units, generated, ...texts] = await Promise.all([
    host.read('/etc/fstab'),
    host.list(PATHS.system.unitFolders[0] ?? ''),
    host.list(PATHS.system.generatedUnits),
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
  const swapUnits = [...new Set([...units, ...generated])].filter((name) => name.endsWith('.swap'));
  const off = await unitsOff(host, [...services.flatMap(({ unit }) => unit ?? []), ...swapUnits]);
  return [
    ...entries.map((line) => ({
      what: `in /etc/fstab: ${line.trim()}`,
      remedy: 'Remove the swap entries from /etc/fstab.',
    })),
    ...services
      .filter(({ unit = '' }) => !off.has(unit))
      .map(({ name, remedy }) => ({ what: `made at boot by ${name}`, remedy })),
    ...swapUnits
      .filter((unit) => !off.has(unit))
      .map((unit) => ({
        what: `made at boot by ${unit}${units.includes(unit) ? '' : ', of a swap partition that systemd finds by itself (systemd-gpt-auto-generator)'}`,
        remedy: `Switch the unit off: \`systemctl mask --now ${unit.includes('\\') ? `'${unit}'` : unit}\`.`,
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
