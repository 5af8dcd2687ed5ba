/**
 * `npm run demo`: everything that edgeadm does, in a sandbox, from a fresh clone and without root. Every command is
 * shown as one would type it, and is run by a shell that way, on the terminal if there is one. With `--readme` the
 * transcript goes into README.md.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureDependencies, env, root } from './setup.mjs';

const MARKS = ['<!-- demo -->', '<!-- /demo -->'];
const REGION = 'cn-hangzhou';
const forReadme = process.argv.includes('--readme');
const onTerminal = Boolean(process.stdout.isTTY && process.stderr.isTTY) && !forReadme;
let transcript = '';

function show(text) {
  transcript += text;
  process.stdout.write(text);
}

/** A shell that stays, so that what a command sets holds for the next one. What it prints is shown as it comes. */
class Shell {
  #mark = randomUUID();
  #text = '';
  #waiting = () => {};

  constructor() {
    const own = { XDG_STATE_HOME: folder, PATH: `${join(folder, 'bin')}:${env.PATH}` };
    const plain = onTerminal ? {} : { LC_ALL: 'C', NO_COLOR: '1' };
    this.child = spawn('sh', [], { env: { ...env, ...own, ...plain }, stdio: ['pipe', 'pipe', 'inherit', 1] });
    if (!onTerminal) this.child.stdin.write('exec 2>&1\n');
    this.child.stdout.setEncoding('utf8').on('data', (chunk) => {
      this.#text += chunk;
      this.#waiting();
    });
    this.child.on('exit', () => this.#waiting());
  }

  /**
   * @param options `direct`: the command prints on the terminal itself, so that it shows a tree and fits tables
   * @returns what the command printed, unless directly @throws Error if it fails
   */
  run(command, { quiet = false, direct = false } = {}) {
    let shown = 0;
    const showUntil = (end) => {
      if (!quiet && end > shown) show(this.#text.slice(shown, end));
      shown = Math.max(shown, end);
    };
    // The line before the mark may not be ended: the mark brings a line end of its own.
    this.child.stdin.write(`${direct ? `{ ${command}; } >&3` : command}\nprintf '\\n%s %d\\n' ${this.#mark} $?\n`);
    return new Promise((resolve, reject) => {
      this.#waiting = () => {
        const end = this.#text.indexOf(`\n${this.#mark}`);
        const code = new RegExp(`${this.#mark} (\\d+)\\n$`).exec(this.#text)?.[1];
        showUntil(end === -1 ? this.#text.lastIndexOf('\n') : end);
        if (code === undefined && this.child.exitCode === null) return;
        const text = this.#text.slice(0, end);
        this.#text = '';
        if (code === '0') resolve(text);
        else reject(new Error(`exit code ${code ?? 'of a shell that died'} of: ${command}`));
      };
    });
  }

  end() {
    this.child.stdin.end();
  }
}

/** Two neighbouring free ports. */
async function freePort() {
  for (let port = 7443; port < 7543; port += 2) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no two ports between 7443 and 7543 are free');
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function demo(shell) {
  const step = (what, command, { read = false } = {}) => {
    show(`\n# ${what}\n$ ${command}\n`);
    return shell.run(command, { direct: onTerminal && !read });
  };
  const up = await step(
    'Start a cluster and a cloud on this machine',
    `edgeadm sandbox up --background --port ${await freePort()}`,
    { read: true },
  );
  const cluster = /^Cluster +(\S+)/m.exec(up)[1];
  const inCluster = `--cluster-id ${cluster} --region ${REGION}`;
  await step('Point edgeadm and kubectl at them', 'eval "$(edgeadm sandbox env)"');
  const made = await step(
    'Create a machine with a bare Ubuntu',
    "edgeadm sandbox node create edge1 --os 'Ubuntu 20.04'",
    { read: true },
  );
  const node = /: (\/.*edge1)$/m.exec(made)[1];
  const line = await step(
    'Print the join command, as the console does',
    `edgeadm nodepool attach-script default-nodepool ${inCluster}`,
    { read: true },
  );
  const join = line.trim().slice(line.indexOf('./edgeadm ') + 2);
  await step('Run it on the machine (without the download: edgeadm is here already)', `${join} --root ${node}`);
  await step('See the node and its pods', 'edgeadm sandbox get nodes && edgeadm sandbox get pods');
  await step(
    'Create a node pool',
    `edgeadm nodepool create shops ${inCluster} --mode private --max-nodes 10 --labels zone=north`,
  );
  await step('List the node pools', `edgeadm nodepool list ${inCluster}`);
  await step(
    'Attach two ENIs to an instance, for 50 pods',
    'edgeadm eni bind --instance i-sandbox --eni-number 2 --yes',
  );
  await step('List its ENIs', 'edgeadm eni list --instance i-sandbox');
  await step('Reset the machine: every change is rolled back', `edgeadm reset --yes --root ${node}`);
  await step('The cluster has noticed', 'edgeadm sandbox get nodes');
  await step('Stop the sandbox', 'edgeadm sandbox down');
}

await ensureDependencies();
await ensureBuilt();
const folder = mkdtempSync(join(tmpdir(), 'edgeadm-demo-'));
mkdirSync(join(folder, 'bin'));
writeFileSync(join(folder, 'bin/edgeadm'), `#!/bin/sh\nexec node '${join(root, 'bin/run.js')}' "$@"\n`, {
  mode: 0o755,
});
const started = performance.now();
const shell = new Shell();
try {
  await demo(shell);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  show(
    `\nDone in ${seconds} s. The demo has removed its temporary folder; the data of your own sandbox stays until \`edgeadm sandbox reset\`.\nNext: get edgeadm and join a node yourself, see README.md.\n`,
  );
  if (forReadme) {
    const path = join(root, 'README.md');
    const [before, after] = MARKS.map((mark, i) => readFileSync(path, 'utf8').split(mark)[i]);
    writeFileSync(path, `${before}${MARKS[0]}\n\`\`\`\n${transcript.trim()}\n\`\`\`\n${MARKS[1]}${after}`);
  }
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
  await shell.run('edgeadm sandbox down', { quiet: true }).catch(() => {});
} finally {
  shell.end();
  rmSync(folder, { recursive: true, force: true });
}
