import { readFile, rm } from 'node:fs/promises';
import { execa } from 'execa';

/** Mount points at and below a folder, deepest first. */
async function mountsBelow(dir: string): Promise<string[]> {
  const points = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point === dir || point.startsWith(`${dir}/`)).reverse();
}

/** Unmounts all at and below a folder, loop devices included, and only then deletes it. */
export async function unmountAndDelete(dir: string): Promise<void> {
  for (const point of await mountsBelow(dir)) await execa('umount', ['-l', point]);
  if ((await mountsBelow(dir)).length > 0) throw new Error(`still mounted below ${dir}`);
  await rm(dir, { recursive: true, force: true });
}
