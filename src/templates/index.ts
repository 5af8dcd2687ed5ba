import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Reads a text that lands on a node from the `templates/` folder of the package.
 *
 * @param name path below that folder, for example `edge-hub/ack.yaml`
 * @throws Error of `node:fs` if there is no such template: a fault of the package, not of its user
 */
export function readTemplate(name: string): string {
  return readFileSync(fileURLToPath(import.meta.resolve(`#templates/${name}`)), 'utf8');
}
