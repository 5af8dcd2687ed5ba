import { gunzipSync } from 'node:zlib';
import type { Host } from './host.ts';

/** Where distributions keep the configuration of a kernel. Source: system-validators, kernel_validator.go. */
const PLACES = ['/boot/config-RELEASE', '/usr/lib/modules/RELEASE/config', '/usr/src/linux-headers-RELEASE/.config'];
/** A configuration has some 300 KiB. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * The configuration of the running kernel, `CONFIG_X=y` a line.
 * @param release `uname -r`
 * @returns undefined if none is published
 */
export async function kernelConfiguration(
  host: Pick<Host, 'read' | 'readBytes'>,
  release: string,
): Promise<string | undefined> {
  const packed = await host.readBytes('/proc/config.gz');
  const text = packed && unpacked(packed);
  if (text !== undefined) return text;
  for (const place of PLACES) {
    const found = await host.read(place.replace('RELEASE', release));
    if (found !== undefined) return found;
  }
  return undefined;
}

function unpacked(packed: Buffer): string | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength: LIMIT_BYTES }).toString('utf8');
  } catch {
    return undefined;
  }
}
