import { Flags } from '@oclif/core';
import { refuseLabelValue } from '../../config/grammar.ts';
import { usageError } from '../../errors/usage.ts';
import type { ConversionSpec } from '../../phases/convert/context.ts';
import { BUNDLE_SHA256 } from '../flags.ts';
import { type HubFlags, hubRequest } from '../upgrade/flags.ts';

/** What `edgeadm convert` takes beside the flags of every command that works on a node. */
export const conversionFlags = {
  nodepool: Flags.string({
    helpValue: 'NAME',
    description: 'node pool; default: the one in the label of the node (yurthub 1.7 and newer need one)',
  }),
  bundle: Flags.string({ helpValue: 'DIR|TGZ|URL', description: 'bundle with the yurthub program or image' }),
  'bundle-sha256': Flags.string({ helpValue: 'HEX', description: BUNDLE_SHA256 }),
  'edge-hub-as': Flags.option({
    options: ['service', 'pod'] as const,
    description:
      'run yurthub as a systemd service (1.6 and newer) or as a static pod; default: the service if a program is given, otherwise the pod',
  })(),
  'edge-hub-program': Flags.string({ helpValue: 'FILE', description: 'yurthub program, for the service' }),
  'edge-hub-image': Flags.string({ helpValue: 'IMAGE', description: 'yurthub image, for the static pod' }),
  'edge-hub-version': Flags.string({
    helpValue: 'V',
    description: 'version of the yurthub program; default: from the bundle, or as the program reports it',
  }),
};

interface ParsedFlags extends HubFlags {
  readonly nodepool?: string;
  readonly bundle?: string;
  readonly 'bundle-sha256'?: string;
}

/** @throws EdgeadmError USAGE with every mistake */
export function conversionSpec(flags: ParsedFlags): ConversionSpec {
  const mistakes: string[] = [];
  const refusal = flags.nodepool === undefined ? undefined : refuseLabelValue(flags.nodepool);
  if (refusal) mistakes.push(`--nodepool: ${refusal}`);
  const hub = hubRequest(flags, (mistake) => mistakes.push(mistake));
  if (mistakes.length > 0) throw usageError(mistakes);
  return { hub, nodePool: flags.nodepool, bundle: flags.bundle, bundleSha256: flags['bundle-sha256'] };
}
