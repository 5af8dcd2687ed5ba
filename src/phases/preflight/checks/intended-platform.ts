import { type Check, fail, pass } from '../check.ts';

const NAMES = { linux: 'Linux', windows: 'Windows', other: 'another system' } as const;

export const intendedPlatform: Check = {
  name: 'Platform',
  concerns: 'node',
  severity: 'error',
  about:
    "The machine runs the operating system that the console's join command names (key `platform`), if it names one.",
  remedy: 'Copy the join command for this operating system from the console; its key `platform` names the system.',
  run: async ({ host, spec }) => {
    const { platform } = await host.facts();
    if (spec.platform === undefined || spec.platform === platform) return pass(NAMES[platform]);
    return fail(`the line is for ${NAMES[spec.platform]}, this machine runs ${NAMES[platform]}`, { code: 'USAGE' });
  },
};
