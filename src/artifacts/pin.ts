import { EdgeadmError } from '../errors/index.ts';
import { sha256Of } from '../lib/sha256.ts';
import { MANIFEST_NAME } from './manifest.ts';

/** @throws EdgeadmError BUNDLE_INVALID if bundle.yaml is not the one that was pinned */
export function checkPin(origin: string, manifest: Buffer, pin: string): void {
  if (sha256Of(manifest) !== pin) throw pinMismatch(origin, `${MANIFEST_NAME} has ${sha256Of(manifest)}`, pin);
}

export function pinMismatch(origin: string, found: string, pin: string): EdgeadmError {
  return new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${origin} is not the requested bundle`,
    why: `SHA-256 expected ${pin}, ${found}`,
    next: 'Compare --bundle-sha256 with what `edgeadm bundle create` printed, or download the bundle again.',
  });
}
