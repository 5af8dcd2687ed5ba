import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where programs of a user keep what outlives them; undefined if the user has no home.
 * See the XDG base directory specification; relative paths there are invalid. cloud-init starts us without HOME.
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME)) return env.XDG_STATE_HOME;
  try {
    return join(env.HOME || homedir(), '.local', 'state');
  } catch {
    return undefined;
  }
}
