import { dump } from 'js-yaml';
import { redactValue } from '../lib/redact.ts';
import { hostsForPrograms } from './json.ts';
import type { CommandResult } from './renderer.ts';

/**
 * What `-o yaml` prints: the data of the result, or, of a command that works on nodes, its hosts; as one document.
 * @returns nothing for a command that failed before there was either
 */
export function yamlDocument(result: CommandResult): string {
  const hosts = result.hosts.length > 0 ? hostsForPrograms(result.hosts) : undefined;
  const shown = result.data ?? hosts;
  if (shown === undefined) return '';
  // Undefined keys and dates, as JSON has them.
  return dump(JSON.parse(JSON.stringify(result.reveal ? shown : redactValue(shown))));
}
