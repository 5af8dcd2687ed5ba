import type { Host } from '../../host/host.ts';
import { powerShellArguments } from '../../host/windows/quote.ts';
import { readTemplate } from '../../templates/index.ts';

/** Scripts for what only PowerShell can tell or do; each reads one JSON from its input and writes one. */
type Script = 'drives' | 'licence' | 'hns-list' | 'hns-remove';

/** Starting PowerShell takes a slow machine some seconds. */
const TIMEOUT_MS = 60_000;

/**
 * Asks a script that changes nothing.
 * @returns undefined if PowerShell is missing, or does not answer in JSON
 */
export async function askScript(host: Pick<Host, 'query'>, script: Script): Promise<unknown> {
  const { exitCode, stdout } = await host.query('powershell.exe', argumentsOf(script), { timeoutMs: TIMEOUT_MS });
  return exitCode === 0 ? jsonIn(stdout) : undefined;
}

/** Runs a script that changes something. @throws EdgeadmError COMMAND_FAILED */
export async function runScript(host: Pick<Host, 'run'>, script: Script, input: unknown): Promise<void> {
  await host.run('powershell.exe', argumentsOf(script), { input: JSON.stringify(input), timeoutMs: TIMEOUT_MS });
}

function argumentsOf(script: Script): string[] {
  return powerShellArguments(readTemplate(`windows/${script}.ps1`));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch {
    return undefined;
  }
}
