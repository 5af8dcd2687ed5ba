import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, it } from 'mocha';
import { powershellGrammar } from '../unit/templates/powershell-grammar.ts';
import { edgeadm, PROGRAM } from './program.ts';

const INVENTORY = `hosts:
  - {address: 10.0.0.11, user: root}
  - {address: 10.0.0.12, user: root, port: 2222, nodeName: shop-12}
  - {address: 10.0.0.13, nodeName: "*"}
`;

/** What a shell does at a TAB: the words of the line as bash cuts them, then the function of the script. */
const BASH = `
source "$DIR/script"
COMP_LINE=$LINE COMP_WORDS=() rest=$LINE
while [[ -n $rest ]]; do
  [[ $rest =~ ^[[:space:]]*([=:@]+|[^=:@[:space:]]+) ]] || break
  COMP_WORDS+=("\${BASH_REMATCH[1]}") rest=\${rest#"\${BASH_REMATCH[0]}"}
done
[[ -n $rest ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
__edgeadm
printf '%s\\n' "\${COMPREPLY[@]}"
`;
const FISH = 'source "$DIR/script"; complete -C "$LINE"';
/** Types the line and a TAB in an interactive zsh on a terminal of its own, whose `compadd` prints what it is given. */
const ZSH = `
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'source "$DIR/setup"'
zpty -r -m inner shown '*READY*'
zpty -n -w inner "$LINE"$'\\t'
while zpty -r inner shown; do
  shown=\${shown%%[$'\\r\\n']*}
  [[ $shown == *MATCH:* ]] && print -r -- "\${shown##*MATCH:}"
done
zpty -d inner
exit 0
`;
const ZSH_SETUP = `
PS1=
autoload -U compinit; compinit -u -D
source $DIR/script
compadd() {
  # With these three it only fills arrays.
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a matches
  builtin compadd -A matches "$@"
  (( $#matches )) && print -l -- '' "MATCH:"$^matches
  builtin compadd "$@"
}
leave() { exit }
comppostfuncs=(leave)
bindkey '^I' complete-word
print READY
`;
const POWERSHELL = `
. "$env:DIR/script.ps1"
(TabExpansion2 $env:LINE $env:LINE.Length).CompletionMatches.CompletionText
`;

/** The program of a shell, and what it is started with to complete a line. */
const SHELLS = {
  bash: { program: 'bash', options: ['--norc', '-c', BASH] },
  zsh: { program: 'zsh', options: ['-f', '-c', ZSH] },
  fish: { program: 'fish', options: ['--no-config', '-c', FISH] },
  powershell: { program: 'pwsh', options: ['-NoProfile', '-Command', POWERSHELL] },
};
type Shell = keyof typeof SHELLS;

type Complete = (line: string) => Promise<string[]>;

describe('completion in a shell', function () {
  this.timeout(400_000);
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeadm-completion-'));
    await writeFile(join(dir, 'hosts.yaml'), INVENTORY);
    const calls = join(dir, 'calls');
    const start = `#!/bin/sh\necho "$@" >> ${calls}\nexec ${PROGRAM.join(' ')} "$@"\n`;
    await writeFile(join(dir, 'edgeadm'), start, { mode: 0o755 });
  });
  afterEach(() => rm(join(dir, 'calls'), { force: true }));
  after(() => rm(dir, { recursive: true, force: true }));

  /** How a shell completes a line; skips the test if the machine lacks the shell. */
  async function shell(context: Mocha.Context, name: Shell): Promise<Complete> {
    const { program, options } = SHELLS[name];
    const there = await execa(program, ['--version'], { reject: false });
    if (there.failed) {
      process.stdout.write(`      skipped: ${program} is not installed\n`);
      context.skip();
    }
    const { stdout } = await edgeadm(['completion', name]);
    await writeFile(join(dir, name === 'powershell' ? 'script.ps1' : 'script'), stdout);
    await writeFile(join(dir, 'setup'), ZSH_SETUP);
    return async (line) => {
      const env = { DIR: dir, HOME: dir, LINE: line, KUBECONFIG: '/nonexistent', PATH: `${dir}:${process.env.PATH}` };
      const { stdout: words } = await execa(program, options, { cwd: dir, extendEnv: false, env });
      return words.split('\n').map((word) => word.split('\t')[0] ?? '');
    };
  }

  for (const name of Object.keys(SHELLS) as Shell[]) {
    it(`${name} offers commands, flags and values without a start of edgeadm`, async function () {
      const complete = await shell(this, name);
      assert.deepEqual((await complete('edgeadm cluster upgrade st')).sort(), ['start', 'status']);
      assert.deepEqual(await complete('edgeadm join --rollb'), ['--rollback-on-failure']);
      assert.deepEqual((await complete('edgeadm join 10.0.0.1:6443 -o ')).sort(), ['json', 'text', 'yaml']);
      assert.deepEqual((await complete('edgeadm help cluster upgrade st')).sort(), ['start', 'status']);
      assert.deepEqual(await complete('edgeadm help nodep'), ['nodepool']);
      assert.ok((await complete('edgeadm join phase prep')).includes('prepare-node/sysctls'));
      // zsh completes the part behind the comma.
      const checks = await complete('edgeadm preflight --ignore-preflight-errors Swap,NumC');
      assert.deepEqual(checks, [name === 'zsh' ? 'NumCPU' : 'Swap,NumCPU']);
      assert.deepEqual(await complete('edgeadm explain TOKEN_INV'), ['TOKEN_INVALID']);
      await assert.rejects(readFile(join(dir, 'calls')), { code: 'ENOENT' });
    });

    it(`${name} offers the hosts of the inventory that the line names`, async function () {
      const complete = await shell(this, name);
      const hosts = await complete('edgeadm join --inventory hosts.yaml --host root@10.0.0.12');
      // bash replaces what begins with the @ alone.
      assert.deepEqual(hosts, [name === 'bash' ? '@10.0.0.12:2222' : 'root@10.0.0.12:2222']);
      assert.deepEqual(await complete('edgeadm join --inventory hosts.yaml --host sh'), ['shop-12']);
      const bare = await complete('edgeadm reset --inventory hosts.yaml --host 10.0');
      assert.deepEqual(bare, ['10.0.0.11', '10.0.0.12:2222', '10.0.0.13']);
    });

    it(`${name} offers nothing if a cluster cannot be asked`, async function () {
      // Without a match PowerShell offers the files of the folder.
      if (name === 'powershell') this.skip();
      const complete = await shell(this, name);
      assert.deepEqual(await complete('edgeadm nodepool get '), ['']);
    });
  }

  it('the script for PowerShell holds the same tables, and is well formed', async () => {
    const { stdout } = await edgeadm(['completion', 'powershell']);
    assert.match(stdout, /'join --output' = @\('words', 'text', 'json', 'yaml'\)/);
    assert.doesNotMatch(stdout, /\*\*\*/);
    assert.match(stdout, /^ {8}'token' = @\(@\('create', /m);
    const isWellFormed = await powershellGrammar();
    assert.ok(isWellFormed(stdout));
  });

  it('says which shells there are', async () => {
    const { exitCode, stderr } = await edgeadm(['completion']);
    assert.equal(exitCode, 2);
    assert.match(stderr, /bash, zsh, fish, powershell/);
  });
});
