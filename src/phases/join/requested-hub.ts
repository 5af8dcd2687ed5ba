import { type BundleManifest, filesOf } from '../../artifacts/bundle.ts';
import { readYurthubProgram } from '../../artifacts/yurthub-program.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { type EdgeHubForm, hubFormOf, type InstalledHub } from '../../edge-hub/releases.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';

/** What a request says of the hub, a join's or an upgrade's. */
export type HubRequest = Partial<
  Pick<JoinSpec, 'edgeHubAs' | 'edgeHubImage' | 'edgeHubProgram' | 'edgeHubVersion' | 'edgeHubFlavor' | 'edgeHubMode'>
>;

export interface HubSources {
  readonly spec: HubRequest;
  readonly host: Pick<Host, 'query' | 'runsPrograms'>;
  readonly bundle?: BundleManifest;
  /** The hub that the node has already. */
  readonly installed?: InstalledHub;
}

/**
 * The hub that a node is to have: what the request says comes before the hub of the node, and that before the bundle's
 * form.
 * @throws EdgeadmError USAGE if it names a form without the image or program for it
 */
export async function requestedHub(sources: HubSources): Promise<InstalledHub | undefined> {
  const form = requestedForm(sources);
  if (form === undefined) return undefined;
  const mode = sources.spec.edgeHubMode ?? sources.installed?.mode;
  const hub = form === 'pod' ? podOf(sources) : await serviceOf(sources);
  return mode === undefined ? hub : { ...hub, mode };
}

export function hasYurthub(bundle: BundleManifest | undefined): boolean {
  return bundle !== undefined && filesOf(bundle, 'yurthub').length > 0;
}

function requestedForm({ spec, bundle, installed }: HubSources): EdgeHubForm | undefined {
  if (spec.edgeHubAs) return spec.edgeHubAs;
  if (spec.edgeHubProgram) return 'service';
  if (spec.edgeHubImage) return 'pod';
  if (installed) return hubFormOf(installed);
  if (bundle?.edgeHubImage) return 'pod';
  return hasYurthub(bundle) ? 'service' : undefined;
}

function podOf({ spec, bundle, installed }: HubSources): InstalledHub {
  const image = spec.edgeHubImage ?? bundle?.edgeHubImage;
  if (image) return { image, flavor: spec.edgeHubFlavor ?? bundle?.edgeHubFlavor ?? installed?.flavor ?? 'ack' };
  if (installed?.image) return installed;
  throw new EdgeadmError({
    code: 'USAGE',
    what: 'no image of the edge-hub is named',
    why: 'as a static pod it needs one: neither the command line nor the bundle names it',
    next: '--edge-hub-image IMAGE, or --bundle with an edge-hub image',
  });
}

async function serviceOf(sources: HubSources): Promise<InstalledHub> {
  const hubVersion = await versionOf(sources);
  if (hubVersion) return { flavor: 'openyurt', hubVersion };
  const { spec } = sources;
  const file = spec.edgeHubProgram;
  throw new EdgeadmError({
    code: 'USAGE',
    what: file ? `the version of yurthub in ${file} is not known` : 'no program of yurthub is named',
    why: file
      ? "the program does not contain the version that OpenYurt's build sets"
      : `as a service it needs one: neither the command line nor the bundle has it, and ${PATHS.edgeHub.program} is not on the node`,
    next: file ? '--edge-hub-version v1.7.0' : '--edge-hub-program FILE, or --bundle with a program of kind yurthub',
  });
}

async function versionOf({ spec, host, bundle, installed }: HubSources): Promise<string | undefined> {
  if (spec.edgeHubVersion) return spec.edgeHubVersion;
  if (spec.edgeHubProgram) return (await readYurthubProgram(spec.edgeHubProgram, '--edge-hub-program')).version;
  if (hasYurthub(bundle)) return bundle?.edgeHubVersion;
  return installed?.hubVersion ?? versionOnNode(host);
}

/** A yurthub that its owner has installed. Source: openyurt, cmd/yurthub/app/start.go and pkg/projectinfo. */
export async function versionOnNode(host: Pick<Host, 'query' | 'runsPrograms'>): Promise<string | undefined> {
  if (!host.runsPrograms) return undefined;
  const { exitCode, stdout } = await host.query(PATHS.edgeHub.program, ['--version']);
  return exitCode === 0 ? /GitVersion:"(v\d+\.\d+\.\d+[^"]*)"/.exec(stdout)?.[1] : undefined;
}
