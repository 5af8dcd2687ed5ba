import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { executable } from '../dist/release.ts';
import type { Moment } from '../e2e/interrupt.ts';
import { MATRIX, MATRIX_TEXT, testBed } from '../e2e/support.ts';
import { installCni, type Photograph, type Result, stateDir, world } from '../testbed/index.ts';
import { MEDIUM_SIZE, PROGRAM, prepareMachine, VirtualMachine } from './machine.ts';
import { photographOf } from './photograph.ts';

/** The program under test, a bundle to join with, and perhaps the one of a newer kubelet in the folder `next`. */
async function makeMedium(bundle: string, next?: string): Promise<string> {
  const image = join(stateDir, 'medium.img');
  const folder = join(stateDir, 'medium');
  await rm(folder, { recursive: true, force: true });
  await execa('cp', ['-al', bundle, folder]);
  if (next) await execa('cp', ['-al', next, join(folder, 'next')]);
  await execa('cp', [await executable(), join(folder, 'edgeadm')]);
  await rm(image, { force: true });
  await execa('truncate', ['-s', MEDIUM_SIZE, image]);
  await execa('mkfs.ext4', ['-q', '-m', '0', '-d', folder, image]);
  return image;
}

export interface Subject {
  readonly machine: VirtualMachine;
  /** Before anything was done to it. */
  readonly before: Photograph;
}

export interface Bundles {
  /** A folder on this machine; that of the run unless given. */
  readonly bundle?: string;
  readonly next?: string;
}

/** A machine that has a network for pods and everything a join needs. */
export async function freshMachine(name: string, bundles: Bundles = {}): Promise<Subject> {
  const bundle = bundles.bundle ?? (await testBed()).bundle;
  const [medium] = await Promise.all([makeMedium(bundle, bundles.next), prepareMachine(world)]);
  const machine = await VirtualMachine.up(name, world, medium);
  await machine.write(MATRIX, MATRIX_TEXT);
  await installCni(machine, '10.244.0.0/24');
  // It unpacks itself when it is first run.
  await succeed(machine, ['version']);
  return { machine, before: await photographOf(machine) };
}

export async function succeed(machine: VirtualMachine, args: string[]): Promise<Result> {
  const result = await machine.edgeadm(args);
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${machine.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}

/**
 * Cuts the power at a moment of a run of edgeadm, and boots again.
 * @param mayBeDone whether an earlier cut may have come so late that this run has nothing left to do
 */
export async function cutPowerDuring(
  machine: VirtualMachine,
  args: string[],
  moment: Moment,
  mayBeDone = false,
): Promise<void> {
  const run = machine.spawn([PROGRAM, ...args, '--output', 'json']);
  if (!(await reached(createInterface({ input: run.stdout }), moment))) {
    const { exitCode, stdout, stderr } = await run;
    const told = `edgeadm ended before the power was cut ${nameOf(moment)}:\n${stderr}\n${stdout}`;
    assert.ok(mayBeDone && exitCode === 0, told);
  }
  await delay(1000 * (moment.after ?? 0));
  await machine.cutPower();
  await run;
  await machine.boot();
}

/** Waits until a run of edgeadm in JSON mode tells that a phase begins (or ends); false if it ends before. */
export function reached(lines: Interface, moment: Moment): Promise<boolean> {
  const event = moment.event ?? 'phase-start';
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      if (line.includes(`"type":"${event}"`) && line.includes(`"phase":"${moment.phase}"`)) resolve(true);
    });
    lines.on('close', () => resolve(false));
  });
}

/** A moment of its own for every run: after one of these phases has begun, before most of them have ended. */
export function randomMoment(phases: readonly string[], seconds = 3): Moment {
  const phase = phases[randomInt(phases.length)] ?? assert.fail('no phase');
  return { phase, after: randomInt(seconds * 10) / 10 };
}

export function nameOf({ phase, event, after = 0 }: Moment): string {
  return `${after} s after ${phase} ${event ? 'ends' : 'begins'}`;
}
