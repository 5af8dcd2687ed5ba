/** Where fields are, from the beginning of what they belong to. Source: learn.microsoft.com/windows/win32/debug/pe-format */
const OFFSET = {
  signature: 0x3c,
  sections: 6,
  optionalHeaderSize: 20,
  optionalHeader: 24,
  sizeOfHeaders: 24 + 60,
  section: { rawSize: 16, rawStart: 20, size: 40 },
} as const;
const PAGE = 4096;

/**
 * The same program for Windows, whose sections begin at whole pages of the file. Wine maps such a file; any other it
 * reads into memory as a whole with each start, and copies that memory for each program that is started: a quarter of a
 * join. Once it is loaded nothing tells the two apart.
 */
export function onWholePages(program: Buffer): Buffer {
  const header = program.readUInt32LE(OFFSET.signature);
  const table = header + OFFSET.optionalHeader + program.readUInt16LE(header + OFFSET.optionalHeaderSize);
  const moved: Buffer = Buffer.from(program.subarray(0, program.readUInt32LE(header + OFFSET.sizeOfHeaders)));
  const parts: Uint8Array[] = [moved];
  let end = moved.length;
  for (let index = 0; index < program.readUInt16LE(header + OFFSET.sections); index += 1) {
    const section = table + index * OFFSET.section.size;
    const start = program.readUInt32LE(section + OFFSET.section.rawStart);
    const content = program.subarray(start, start + program.readUInt32LE(section + OFFSET.section.rawSize));
    const gap = Buffer.alloc(-end & (PAGE - 1));
    moved.writeUInt32LE(end + gap.length, section + OFFSET.section.rawStart);
    parts.push(gap, content);
    end += gap.length + content.length;
  }
  return Buffer.concat(parts);
}
