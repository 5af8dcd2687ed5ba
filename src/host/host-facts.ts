/** Operating systems of nodes; each has paths, checks and phases of its own. */
export type OperatingSystem = 'linux' | 'windows' | 'other';

/** What a machine is. */
export interface HostFacts {
  readonly platform: OperatingSystem;
  /** From /etc/os-release, on Windows from the registry; `version` has the minor number if the distribution has one. */
  readonly os: { readonly id: string; readonly name: string; readonly version: string; readonly pretty: string };
  /** `uname -r`; on Windows `10.0.17763.4444`, as the kubelet reports it. */
  readonly kernel: string;
  /** As Kubernetes spells it: `amd64`, `arm64`. */
  readonly arch: string;
  readonly hostname: string;
  readonly machineId: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Of Windows; where there is one tree of files, the check of the disk asks for what it needs. */
  readonly systemDrive?: { readonly freeBytes: number; readonly totalBytes: number };
  /** Process 1: `systemd` if systemd runs the machine; `services` on Windows. */
  readonly init: string;
  /** 0 for who may change the machine: root, on Windows an elevated administrator. */
  readonly uid: number;
}
