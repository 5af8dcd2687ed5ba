/** The part with the sandbox and its commands: no other command loads it. */
export { commands } from 'packed:sandbox';
