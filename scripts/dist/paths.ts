import { homedir } from 'node:os';
import { join } from 'node:path';

/** The checkout. */
export const ROOT = join(import.meta.dirname, '../..');
/** Where `npm run dist` puts what it makes. */
export const OUT = join(ROOT, 'dist');
/** Downloads and steps that are the same every time; `EDGEADM_CACHE` moves it. */
export const CACHE = join(process.env.EDGEADM_CACHE ?? join(homedir(), '.cache/edgeadm'), 'dist');
