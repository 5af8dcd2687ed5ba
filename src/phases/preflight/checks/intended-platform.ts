import { type Check, fail, pass } from '../check.ts';

const NAMES = { linux: 'Linux', windows: 'Windows', other: 'another system' } as const;

export const intendedPlatform: Check = {
  name: 'Platform',
  concerns: 'node',
  severity: 'error',
  about: "The machine runs the system that `platform` of the console's line names, if it names one.",
  remedy: 'Copy the line for this system from the console: the key `platform` of its specifications chooses.',
  run: async ({ host, spec }) => {
    const { platform } = await host.facts();
    if (spec.platform === undefined || spec.platform === platform) return pass(NAMES[platform]);
    return fail(`the line is for ${NAMES[spec.platform]}, this machine runs ${NAMES[platform]}`, { code: 'USAGE' });
  },
};
