import { z } from 'zod';
import { EdgeadmError } from '../../../errors/index.ts';
import { readTemplate } from '../../../templates/index.ts';
import type { Machine, Network } from '../../machine.ts';
import type { Hardware } from '../../windows/facts.ts';
import { powerShellArguments } from '../../windows/quote.ts';

/** Starting PowerShell takes a slow machine some seconds. */
const TIMEOUT_MS = 60_000;

const HARDWARE = z.object({ cpus: z.number(), memoryBytes: z.number(), freeBytes: z.number(), totalBytes: z.number() });
const NETWORK = z.object({
  interfaces: z.array(z.object({ name: z.string(), up: z.boolean(), addresses: z.array(z.string()) })),
  routes: z.array(
    z.object({ destination: z.string(), interface: z.string(), gateway: z.string(), metric: z.number() }),
  ),
});

/** Processors, memory and the system drive, which on the machine itself Node.js tells. @throws EdgeadmError COMMAND_FAILED */
export async function askHardware(powershell: Machine['exec']): Promise<Hardware> {
  const { cpus, memoryBytes, ...systemDrive } = await ask(powershell, 'hardware', HARDWARE);
  return { cpus, memoryBytes, systemDrive };
}

/** @throws EdgeadmError COMMAND_FAILED */
export async function askNetwork(powershell: Machine['exec']): Promise<Network> {
  const { interfaces, routes } = await ask(powershell, 'network', NETWORK);
  return { interfaces, routes };
}

async function ask<T>(exec: Machine['exec'], script: 'hardware' | 'network', shape: z.ZodType<T>): Promise<T> {
  const args = powerShellArguments(readTemplate(`windows/${script}.ps1`));
  const { exitCode, stdout, stderr } = await exec('powershell.exe', args, { repeatable: true, timeoutMs: TIMEOUT_MS });
  const answer = shape.safeParse(jsonIn(stdout));
  if (exitCode === 0 && answer.success) return answer.data;
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `PowerShell does not report the ${script} of the node`,
    why: stderr.trim() || stdout.trim().slice(0, 500) || `exit code ${exitCode}`,
  });
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch {
    return undefined;
  }
}
