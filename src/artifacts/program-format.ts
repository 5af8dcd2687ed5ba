import { open } from 'node:fs/promises';
import type { BundleOs } from './bundle.ts';

/** What a program runs on; `arch` is `amd64`, `arm64`, or `machine N` for any other. */
export interface ProgramFormat {
  readonly os: BundleOs;
  readonly arch: string;
}

/** e_machine of the ELF header. Source: elf(5), EM_X86_64 and EM_AARCH64. */
const ELF_MACHINES: Readonly<Record<number, string>> = { 62: 'amd64', 183: 'arm64' };
/** Machine of the COFF header. Source: https://learn.microsoft.com/windows/win32/debug/pe-format */
const PE_MACHINES: Readonly<Record<number, string>> = { 34404: 'amd64', 43620: 'arm64' };
/** Where the header of DOS names the place of that of Windows. */
const PE_OFFSET = 0x3c;
const HEAD_BYTES = 4096;

/** Reads what a program runs on; undefined if it is not a 64-bit program of Linux or Windows. */
export async function programFormat(path: string): Promise<ProgramFormat | undefined> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return elfFormat(head.subarray(0, bytesRead)) ?? peFormat(head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function elfFormat(head: Buffer): ProgramFormat | undefined {
  const isElf64 = head.length >= 20 && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2;
  if (!isElf64) return undefined;
  const machine = head[5] === 1 ? head.readUInt16LE(18) : head.readUInt16BE(18);
  return { os: 'linux', arch: ELF_MACHINES[machine] ?? `machine ${machine}` };
}

function peFormat(head: Buffer): ProgramFormat | undefined {
  if (head.length < PE_OFFSET + 4 || head.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const at = head.readUInt32LE(PE_OFFSET);
  if (at + 6 > head.length || head.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined;
  const machine = head.readUInt16LE(at + 4);
  return { os: 'windows', arch: PE_MACHINES[machine] ?? `machine ${machine}` };
}
