import type { ContainerService } from './cs.ts';

/** How a command sends an order to the container service and follows it. */
export interface OrderRun {
  readonly service: ContainerService;
  /** False: the order is sent, its end is not waited for. */
  readonly wait: boolean;
  readonly timeoutMs?: number;
  /** How long an order that was not answered may take to show, milliseconds. */
  readonly listDelayMs?: number;
  /** First and longest pause between two looks, milliseconds. */
  readonly paceMs?: readonly [number, number];
  readonly signal?: AbortSignal;
  /** Tells a line that stays on the screen. */
  readonly tell: (line: string) => void;
}
