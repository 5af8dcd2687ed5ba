import { AsyncLocalStorage } from 'node:async_hooks';

/** The path of the phase that does the work at hand, such as `install-runtime/images`; two may be at work at once. */
export const runningPhase = new AsyncLocalStorage<string>();
