/** How long what a test has closed may take to be gone. */
const GRACE_MS = 5_000;

/**
 * Ends a run that something keeps alive after its last test, such as the socket of a test that failed, and names it.
 * Without failures that is one: a command would not end either.
 */
export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    process.stderr.write(`still open after the last test: ${process.getActiveResourcesInfo().join(', ')}\n`);
    // After mocha's own listener, which sets the code to the number of failures.
    process.once('exit', () => {
      process.exitCode ||= 1;
    });
    process.exit();
  }, GRACE_MS).unref();
}
