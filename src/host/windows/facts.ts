import { architectureOf } from '../../lib/architecture.ts';
import type { HostFacts } from '../host-facts.ts';
import type { Machine } from '../machine.ts';
import { numberIn, readKey } from './registry.ts';

const VERSION = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
const ENVIRONMENT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
/** The settings of the service accounts: only an elevated administrator may read them. */
const OF_SERVICES = 'HKU\\S-1-5-19';

/** What the programs of Windows do not say in numbers. */
export type Hardware = Pick<HostFacts, 'cpus' | 'memoryBytes' | 'systemDrive'>;

/** What a Windows machine is, by its registry. */
export async function windowsFacts(exec: Machine['exec'], hardware: () => Promise<Hardware>): Promise<HostFacts> {
  const [version, environment, hostname, services, own] = await Promise.all([
    readKey(exec, VERSION),
    readKey(exec, ENVIRONMENT),
    exec('hostname.exe', [], { repeatable: true }),
    exec('reg.exe', ['query', OF_SERVICES], { repeatable: true }),
    hardware(),
  ]);
  const text = (name: string): string => version?.get(name)?.data ?? '';
  const number = `${numberIn(version, 'CurrentMajorVersionNumber') ?? 10}.0.${text('CurrentBuild')}`;
  return {
    platform: 'windows',
    os: { id: 'windows', name: text('ProductName'), version: number, pretty: `${text('ProductName')} (${number})` },
    kernel: `${number}.${numberIn(version, 'UBR') ?? 0}`,
    arch: architectureOf(environment?.get('PROCESSOR_ARCHITECTURE')?.data.toLowerCase() ?? ''),
    hostname: hostname.stdout.trim(),
    // What a kubelet of Windows reports as its machine ID. Source: kubernetes, pkg/kubelet/winstats/perfcounter_nodestats.go
    machineId: hostname.stdout.trim(),
    ...own,
    init: 'services',
    uid: services.exitCode === 0 ? 0 : 1,
  };
}
