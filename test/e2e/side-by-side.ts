/** Declares one test of a story. */
export type Tell = (title: string, run: () => Promise<void>) => void;

interface Test {
  readonly run: () => Promise<void>;
  readonly outcome: PromiseWithResolvers<void>;
}

/**
 * Groups of tests that run at the same time, each on nodes of its own; the tests of one group run in order. To be
 * called inside of a `describe`; `prepare` comes before all of them. After a failure the rest of the group is skipped,
 * since its node is not what the next test expects.
 */
export function sideBySide(stories: Record<string, (test: Tell) => void>, prepare: () => Promise<unknown>): void {
  const groups: Test[][] = [];
  before(async () => {
    await prepare();
    for (const tests of groups) void play(tests);
  });
  for (const [title, define] of Object.entries(stories)) {
    const tests: Test[] = [];
    groups.push(tests);
    describe(title, () => {
      define((name, run) => {
        const outcome = Promise.withResolvers<void>();
        outcome.promise.catch(() => {});
        tests.push({ run, outcome });
        it(name, () => outcome.promise);
      });
    });
  }
}

async function play(tests: readonly Test[]): Promise<void> {
  let failure: unknown;
  for (const { run, outcome } of tests) {
    if (failure) {
      outcome.reject(new Error('not run: a test before it on the same node failed'));
      continue;
    }
    await run().then(outcome.resolve, (error: unknown) => {
      failure = error;
      outcome.reject(error);
    });
  }
}
