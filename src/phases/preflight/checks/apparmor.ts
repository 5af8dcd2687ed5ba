import { PATHS } from '../../../host/node-paths.ts';
import { type Check, fail, pass } from '../check.ts';

export const appArmor: Check = {
  name: 'AppArmor',
  concerns: 'node',
  severity: 'error',
  about:
    'If the kernel has AppArmor enabled, apparmor_parser is installed: the runtime needs it to load the profile of each container, and starts none without it.',
  remedy:
    "Install the package apparmor (openSUSE: apparmor-parser), or boot with `apparmor=0`, or set `disable_apparmor = true` for containerd's CRI plug-in.",
  run: async ({ host }) => {
    const enabled = (await host.read('/sys/module/apparmor/parameters/enabled'))?.trim();
    if (enabled !== 'Y') return pass('not enabled');
    // Runtimes look for its folder in securityfs, which a container may not have.
    if (host.runsPrograms && !(await host.stat('/sys/kernel/security/apparmor'))) return pass('not mounted');
    for (const parser of PATHS.system.apparmorParsers) if (await host.stat(parser)) return pass(parser);
    const configuration = (await host.read(PATHS.containerd.configuration)) ?? '';
    if (/^\s*disable_apparmor\s*=\s*true/m.test(configuration)) return pass('containerd does not use it');
    return fail('AppArmor is enabled in the kernel, and apparmor_parser is not installed: no container would start');
  },
};
