import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The same distance from `src/templates` and from `lib/templates`, and inside the npm package. */
const TEMPLATES = new URL('../../templates/', import.meta.url);

/**
 * Reads a text that lands on a node from the `templates/` folder of the package.
 *
 * @param name path below that folder, for example `edge-hub/ack.yaml`
 * @throws Error of `node:fs` where there is no such template: a fault of the package, not of its user
 */
export function readTemplate(name: string): string {
  return readFileSync(fileURLToPath(new URL(name, TEMPLATES)), 'utf8');
}
