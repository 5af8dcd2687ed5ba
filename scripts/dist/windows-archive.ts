/** For Windows, in one file that it opens by itself: the program under the name that users type, and what belongs to it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completionFor } from './packages.ts';
import { ROOT } from './paths.ts';
import { zipOf } from './zip.ts';

/** Without it, PowerShell 5.1 reads a script in the code page of the system. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Writes `edgeadm-windows-amd64.zip` into `out`.
 * @param licences path of the text with the licences of Node.js and of the packages in the program
 */
export async function windowsArchive(program: string, licences: string, out: string): Promise<void> {
  const archive = await zipOf([
    { name: 'edgeadm.exe', data: await readFile(program) },
    { name: 'edgeadm-completion.ps1', data: Buffer.from(`${BYTE_ORDER_MARK}${await completionFor('powershell')}`) },
    { name: 'LICENSE.txt', data: await readFile(join(ROOT, 'LICENSE')) },
    { name: 'THIRD_PARTY_LICENSES.txt', data: await readFile(licences) },
  ]);
  await writeFile(join(out, 'edgeadm-windows-amd64.zip'), archive);
}
