import { open } from 'node:fs/promises';

/** e_machine of the ELF header. Source: elf(5), EM_X86_64 and EM_AARCH64. */
const MACHINES: Readonly<Record<number, string>> = { 62: 'amd64', 183: 'arm64' };

/**
 * The architecture of a Linux program.
 * @returns `amd64`, `arm64`, `machine N` for any other, or undefined if the file is not a 64-bit ELF program
 */
export async function programArch(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(20);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const isElf64 = bytesRead === head.length && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2;
    if (!isElf64) return undefined;
    const machine = head[5] === 1 ? head.readUInt16LE(18) : head.readUInt16BE(18);
    return MACHINES[machine] ?? `machine ${machine}`;
  } finally {
    await file.close();
  }
}
