import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a release is built with besides Node.js, and the Debian package that has it. */
const PACKAGES: Record<string, string> = { 'apt-get': 'apt', 'dpkg-deb': 'dpkg', rpmbuild: 'rpm' };

/**
 * @param path where programs are looked for, as in PATH
 * @returns a sentence that says what is missing and how to install it; undefined if nothing is missing
 */
export function missingPrograms(path: string): string | undefined {
  const missing = Object.keys(PACKAGES).filter((name) => !path.split(delimiter).some((dir) => isProgram(dir, name)));
  if (missing.length === 0) return undefined;
  const packages = missing.map((name) => PACKAGES[name]).join(' ');
  return `${missing.join(', ')} not found. On Debian 12: apt-get install ${packages}. For the Linux file alone: npm run dist -- --only amd64`;
}

function isProgram(dir: string, name: string): boolean {
  try {
    accessSync(join(dir, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
