import { userInfo } from 'node:os';

// oclif starts PowerShell twice to learn which shell a Windows has, which only help needs to know.
const helps = process.argv.some((word) => ['help', '--help', '-h'].includes(word));
if (process.platform === 'win32' && !helps) process.env.SHELL ??= process.env.COMSPEC ?? 'cmd.exe';

// Libraries ask the list of users for these two as soon as they are loaded; a container may have a user who is not on it.
try {
  if (process.env.HOME === undefined || process.env.SHELL === undefined) userInfo();
} catch {
  process.env.HOME ??= '/';
  process.env.SHELL ??= '/bin/sh';
}
