import { installPackages } from '../testbed/apt.ts';

const PACKAGES = ['busybox-static', 'debootstrap', 'gcc', 'libc6-dev', 'qemu-user-static', 'rpm'];

/** What building and trying a release needs of the machine, as packages of Debian 12. */
export const prepareMachine = (): Promise<void> =>
  installPackages(PACKAGES, (line) => process.stderr.write(`${line}\n`));
