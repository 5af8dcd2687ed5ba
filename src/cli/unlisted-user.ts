import { userInfo } from 'node:os';

// Libraries ask the list of users for these two as soon as they are loaded; a container may have a user who is not on it.
try {
  if (process.env.HOME === undefined || process.env.SHELL === undefined) userInfo();
} catch {
  process.env.HOME ??= '/';
  process.env.SHELL ??= '/bin/sh';
}
