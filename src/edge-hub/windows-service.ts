import { WINDOWS_PATHS } from '../host/windows/paths.ts';
import { splitCommandLine, windowsCommandLine } from '../host/windows/quote.ts';
import type { ServiceDefinition } from '../host/windows/service-definition.ts';
import { commonFiles, type EdgeHubFiles, type EdgeHubOptions, hubServiceFlags } from './edge-hub.ts';
import { edgeHubRelease } from './releases.ts';
import type { HubService } from './service.ts';

/** The service of Windows that is a yurthub. */
export const WINDOWS_HUB = 'yurthub';

/** Flags of yurthub whose value is a path. */
const PATH_FLAG = /^(--bootstrap-file=)(.*)$/;
/** Behind the words that describe the service: it has no other place for its version. */
const VERSION = /, yurthub (v\d\S*)$/;

/** What a hub needs that is a service of Windows, and its definition. */
export interface WindowsHub extends EdgeHubFiles {
  readonly service: string;
}

/**
 * The same hub as on Linux, without what only Linux has: a dummy interface and iptables rules. The paths that it has by
 * default begin at the current drive: it is given full ones.
 * Source of the flags: openyurt, cmd/yurthub/app/options/options.go (root-dir, disk-cache-path)
 * @throws EdgeadmError USAGE as edgeHubFiles
 */
export function windowsHubService(options: EdgeHubOptions, nativePath: (path: string) => string): WindowsHub {
  const files = commonFiles(options, nativePath);
  const ofLinux = { enableDummyInterface: false, enableIptables: false };
  const flags = hubServiceFlags(edgeHubRelease(options), { ...options, ...ofLinux }).map((word) =>
    word.replace(PATH_FLAG, (_, flag: string, path: string) => `${flag}${nativePath(path)}`),
  );
  const folders = [
    `--root-dir=${nativePath(files.rootDirectory)}`,
    `--disk-cache-path=${nativePath(files.cacheDirectory)}`,
  ];
  const program = nativePath(WINDOWS_PATHS.edgeHub.program);
  const definition: ServiceDefinition = {
    command: windowsCommandLine([program, ...flags, ...folders]),
    start: 'auto',
    needs: [],
    displayName: 'OpenYurt yurthub',
    description: `Proxy between the kubelet and the API server, yurthub ${options.hubVersion}`,
  };
  return { ...files, service: JSON.stringify(definition) };
}

/** Reads the definition of a service that {@link windowsHubService} made. */
export function readWindowsHub(definition: string | undefined): HubService {
  if (definition === undefined) return { flags: [] };
  const { command, description } = JSON.parse(definition) as ServiceDefinition;
  return { version: VERSION.exec(description)?.[1], flags: splitCommandLine(command).slice(1) };
}
