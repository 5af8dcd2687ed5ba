import { EdgeadmError } from '../../../errors/index.ts';
import type { Host } from '../../../host/host.ts';
import type { PhaseLog } from '../../../workflow/events.ts';

const NOT_INSTALLED = 127;

/**
 * What a program lists; an empty text if it is not installed, since then it has made nothing that could be left.
 * @throws EdgeadmError COMMAND_FAILED if it fails: what it did not list must not pass for removed
 */
export async function outputOfList(host: Host, file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr, timedOut } = await host.query(file, args);
  if (exitCode === 0) return stdout;
  if (exitCode === NOT_INSTALLED) return '';
  throw new EdgeadmError({
    code: 'COMMAND_FAILED',
    what: `${file} ${args.join(' ')} failed`,
    why: timedOut ? 'it timed out' : stderr.trim() || `exit code ${exitCode}`,
  });
}

/** As {@link outputOfList}, for what does no harm if it stays: a failure is a warning. */
export function outputOfListIfAny(host: Host, log: PhaseLog, file: string, args: readonly string[]): Promise<string> {
  return outputOfList(host, file, args).catch((error: Error) => {
    log.warning(`${error.message}. Anything that it would have listed stays on the machine.`);
    return '';
  });
}
