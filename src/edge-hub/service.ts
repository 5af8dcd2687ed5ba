import { PATHS } from '../host/node-paths.ts';
import { readTemplate } from '../templates/index.ts';
import { fillTemplate } from '../templates/text.ts';

/** What the drop-in of a yurthub service says. */
export interface HubService {
  /** `v1.7.0`, if edgeadm wrote it. */
  readonly version?: string;
  /** Without the program. */
  readonly flags: readonly string[];
}

export function serviceUnit(): string {
  return readTemplate('edge-hub/yurthub.service');
}

export function serviceDropIn({ version, flags }: Required<HubService>): string {
  return fillTemplate('edge-hub/10-yurthub.conf', { version, flags, program: PATHS.edgeHub.program });
}

/** Reads a unit and its drop-ins; those of OpenYurt's own tools too, which keep flags in variables. */
export function readHubService(...texts: readonly (string | undefined)[]): HubService {
  const lines = texts
    .join('\n')
    .split('\n')
    .filter((line) => !/^\s*[#;]/.test(line));
  const version = lines.flatMap((line) => /^YurthubVersion=(v\S+)$/.exec(line)?.[1] ?? [])[0];
  const flags = lines.flatMap((line) => line.match(/(?<=[\s="])--[a-z][\w-]*(=[^\s"]*)?/g) ?? []);
  return { version, flags };
}
