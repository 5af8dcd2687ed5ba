import { EdgeadmError, toEdgeadmError } from '../errors/index.ts';
import { runningPhase } from '../lib/running-phase.ts';
import { Stopwatch } from '../lib/stopwatch.ts';
import { waitFor } from '../lib/wait-for.ts';
import { type EventBody, type EventSink, now, type Outcome, phaseLog } from './events.ts';
import type { Phase, PhaseTools } from './phase.ts';

export interface PipelineOptions<C> {
  readonly host: string;
  readonly context: C;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  readonly wet: boolean;
  /** Names (`prepare-node`, `prepare-node/sysctl`) that are left out. */
  readonly skip?: readonly string[];
  /** Only this phase, with its sub-phases. */
  readonly only?: string;
  /** Called before a phase begins, so that the journal knows which phase made a change. */
  readonly onPhase?: (name: string) => void;
}

type End = (outcome: Outcome, detail?: string) => void;

/** Runs phases in order; one that says by which it is needed runs beside those before that. */
export class Pipeline<C extends object> {
  readonly #phases: readonly Phase<C>[];
  readonly #options: PipelineOptions<C>;
  readonly #done: string[] = [];
  /** Phases that run beside others, by the phase that waits for them. */
  readonly #beside = new Map<string, Promise<void>>();
  /** Ends what runs beside a phase that failed; the reason is the failure. */
  readonly #failure = new AbortController();

  constructor(phases: readonly Phase<C>[], options: PipelineOptions<C>) {
    this.#phases = phases;
    this.#options = options;
  }

  /** Phases that were carried out, in order. */
  get done(): readonly string[] {
    return this.#done;
  }

  /**
   * @throws EdgeadmError of the phase that failed, or INTERRUPTED, which names what is done.
   */
  async run(): Promise<void> {
    await this.#runAll(this.#phases, '').catch((error: unknown) => this.#failure.abort(toEdgeadmError(error)));
    // All must be over before the caller rolls back what was done.
    await Promise.allSettled(this.#beside.values());
    this.#failure.signal.throwIfAborted();
  }

  /** Calls every `rollBack`, last phase first; a failure becomes a warning and does not stop the others. */
  async rollBack(): Promise<void> {
    for (const phase of this.#phases.toReversed()) {
      if (!phase.rollBack) continue;
      const tools = this.#tools(phase.name);
      const end = this.#begin(phase.name, `Roll back: ${phase.title}`);
      try {
        await phase.rollBack({ ...this.#options.context, ...tools });
        end('rolled-back');
      } catch (error) {
        tools.log.warning(toEdgeadmError(error).message);
        end('failed');
      }
    }
  }

  async #runAll(phases: readonly Phase<C>[], parent: string): Promise<void> {
    for (const phase of phases) {
      const name = `${parent}${phase.name}`;
      const only = this.#options.only;
      const above = only?.startsWith(`${name}/`);
      if (only !== undefined && !above && name !== only && !name.startsWith(`${only}/`)) continue;
      await this.#beside.get(name);
      this.#failure.signal.throwIfAborted();
      this.#refuseWhenInterrupted(name);
      const neededBy = await this.#neededBy(phase);
      const running = this.#runOne(phase, name, above ?? false);
      if (neededBy === undefined) await running;
      else this.#runBeside(neededBy, running);
      // Where the phase that needs it was skipped with its parent.
      for (const [needing, beside] of this.#beside) if (needing.startsWith(`${name}/`)) await beside;
    }
  }

  async #neededBy({ neededBy }: Phase<C>): Promise<string | undefined> {
    // Of a single phase, the one that needs it may not be among those that run.
    if (!this.#options.wet || this.#options.only !== undefined) return undefined;
    return typeof neededBy === 'function' ? neededBy(this.#options.context) : neededBy;
  }

  /** Its failure is that of the phase that waits for it. */
  #runBeside(neededBy: string, running: Promise<void>): void {
    running.catch(() => {});
    this.#beside.set(neededBy, running);
  }

  async #runOne(phase: Phase<C>, name: string, onlyBelow: boolean): Promise<void> {
    const watch = new Stopwatch();
    const end = this.#begin(name, phase.title, watch);
    await watch.measure(() => runningPhase.run(name, () => this.#doOne(phase, name, onlyBelow, end)));
  }

  async #doOne(phase: Phase<C>, name: string, onlyBelow: boolean, end: End): Promise<void> {
    const context = { ...this.#options.context, ...this.#tools(name) };
    try {
      const reason = this.#reasonToSkip(phase, name);
      if (reason !== undefined) return end('skipped', reason);
      this.#options.onPhase?.(name);
      if (!onlyBelow && (await phase.check?.(context))) return end('unchanged');
      if (!onlyBelow) await phase.run?.(context);
      await this.#runAll(phase.phases ?? [], `${name}/`);
    } catch (error) {
      end('failed');
      const failure = this.#options.signal.aborted ? this.#interrupted(name, error) : toEdgeadmError(error);
      this.#failure.abort(failure);
      throw failure;
    }
    this.#done.push(name);
    end('done');
  }

  /** Tells that a phase begins; the answer is called when it ends. */
  #begin(name: string, title: string, watch = new Stopwatch()): End {
    const emit = this.#emitter(name);
    emit({ type: 'phase-start', title });
    return (outcome, detail) => emit({ type: 'phase-end', outcome, durationMs: watch.ms, detail });
  }

  #reasonToSkip(phase: Phase<C>, name: string): string | undefined {
    if (this.#options.skip?.includes(name)) return 'skipped by --skip-phases';
    const wanted = phase.when?.(this.#options.context) ?? true;
    if (wanted === true) return undefined;
    return wanted === false ? 'not needed' : wanted;
  }

  #refuseWhenInterrupted(name: string): void {
    if (!this.#options.signal.aborted) return;
    this.#failure.abort(this.#interrupted(name, undefined));
    this.#failure.signal.throwIfAborted();
  }

  #interrupted(name: string, cause: unknown): EdgeadmError {
    const { reason } = this.#options.signal as { reason: unknown };
    // A wait that was cut short by it tells more than the reason; a step that was, less than the phases that were
    // completed.
    if (cause instanceof EdgeadmError && cause.cause === reason && cause.code !== 'INTERRUPTED') return cause;
    if (reason instanceof EdgeadmError) return reason;
    const done = this.#done.filter((phase) => !phase.includes('/'));
    return new EdgeadmError({
      code: 'INTERRUPTED',
      what: `interrupted in phase ${name}`,
      why: done.length > 0 ? `completed: ${done.join(', ')}` : 'no phase was completed',
      cause,
    });
  }

  #emitter(phase: string): (body: EventBody) => void {
    return (body) => this.#options.emit({ ...body, host: this.#options.host, phase, time: now() });
  }

  #tools(phase: string): PhaseTools {
    const { wet } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#failure.signal]);
    const emit = this.#emitter(phase);
    return {
      log: phaseLog(emit),
      signal,
      interrupted: this.#options.signal,
      wet,
      waitFor: async (wait) => {
        if (wet) return waitFor({ ...wait, signal });
        emit({ type: 'plan', action: `wait for ${wait.what}` });
        return undefined;
      },
    };
  }
}
