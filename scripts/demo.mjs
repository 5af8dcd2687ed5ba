/** `npm run demo`: a real node joins a real cluster and leaves it again, on this machine, from a fresh clone. */
import { dependenciesAreCurrent, run } from './setup.mjs';

async function need(file, args) {
  const { code } = await run(file, args);
  if (code !== 0) process.exit(code);
}

if (!dependenciesAreCurrent()) await need('npm', ['ci', '--no-audit', '--no-fund']);
await need('npm', ['run', '--silent', 'build']);
await need('node', ['test/testbed/demo.ts']);
