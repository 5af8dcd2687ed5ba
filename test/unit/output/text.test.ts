import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { factLines } from '../../../src/output/columns.ts';
import { formatError } from '../../../src/output/error.ts';
import { styleFor } from '../../../src/output/style.ts';
import { summary } from '../../../src/output/summary.ts';
import { table } from '../../../src/output/table.ts';
import { truncateText } from '../../../src/output/width.ts';

describe('a table', () => {
  it('looks as kubectl prints it', () => {
    const rows = [
      { name: 'preflight', title: 'Check the machine', ready: true },
      { name: 'join', title: 'Join' },
    ];
    assert.equal(
      table(rows),
      'NAME        TITLE               READY\npreflight   Check the machine   true\njoin        Join\n',
    );
  });

  it('keeps a row on one line', () => {
    assert.equal(table([{ a: 'one\n  two', b: 1 }]), 'A         B\none two   1\n');
  });

  it('keeps its columns with Chinese letters, emoji and accents', () => {
    const rows = ['边缘节点', 'edge-1', 'cafe\u0301', '✅ ok'].map((name) => ({ name, ready: true }));
    assert.equal(
      table(rows),
      'NAME       READY\n边缘节点   true\nedge-1     true\ncafe\u0301       true\n✅ ok      true\n',
    );
  });

  it('a table on a terminal that is too narrow keeps its columns, and goes on below', () => {
    const rows = [
      { check: 'Swap', result: 'error', found: 'swap is on: /dev/sda2, /swapfile' },
      { check: 'FileAvailable--etc-kubernetes-kubelet.conf', result: 'ok' },
      { check: '边缘节点', result: 'ok', found: 'make a token: `edgeadm token create`' },
    ];
    assert.equal(
      table(rows, 42),
      [
        'CHECK      RESULT   FOUND',
        'Swap       error    swap is on: /dev/sda2,',
        '                    /swapfile',
        'FileAvailable--etc-kubernetes-kubelet.conf',
        '           ok',
        '边缘节点   ok       make a token:',
        '                    `edgeadm token create`',
        '',
      ].join('\n'),
    );
  });

  it('a table that no breaking of lines makes narrow enough becomes a paragraph a row', () => {
    const [address, zone] = ['b'.repeat(30), '上海'.repeat(8)];
    const rows = [
      { id: 'edge-1', state: 'ready', address, zone },
      { id: 'edge-2', address, zone },
    ];
    const end = `ADDRESS   ${address}\nZONE      ${zone}\n`;
    assert.equal(table(rows, 60), `ID        edge-1\nSTATE     ready\n${end}\nID        edge-2\n${end}`);
  });

  it('a table whose last column has a word that fits only below its heading becomes a paragraph a row', () => {
    const group = 'system:bootstrappers:kubeadm:default-node-token';
    const rows = [
      { id: 'abcdef', groups: group, description: 'a token' },
      { id: 'ghijkl', description: `for ${'x'.repeat(40)}` },
    ];
    const lines = table(rows, 60).split('\n');
    assert.deepEqual(lines.slice(0, 4), ['ID            abcdef', 'GROUPS', `  ${group}`, 'DESCRIPTION   a token']);
    assert.deepEqual(
      lines.filter((line) => line.length > 60),
      [],
    );
  });

  for (const columns of [40, 60, 80, 120]) {
    it(`no line of a table is longer than a terminal of ${columns} columns if all words fit`, () => {
      const rows = Array.from({ length: 12 }, (_, index) => ({
        name: 'n'.repeat(3 + index * 3),
        state: 'ready',
        next: `run \`edgeadm ${'y'.repeat(index * 2)}\` on the node`,
      }));
      for (const line of table(rows, columns).split('\n')) assert.ok(line.length <= columns, line);
    });
  }

  it('a word of the last column that has room beside the others stays in its column', () => {
    const rows = [
      ...Array.from({ length: 11 }, (_, i) => ({
        name: `addon-${i}`,
        state: 'not installed yet',
        note: 'a note of many short words',
      })),
      { name: 'flannel', state: 'not installed yet', note: 'has v0.13.1.3-6838863' },
    ];
    assert.match(table(rows, 44), /^flannel +not installed +has$/m);
  });

  it('one long word among many rows does not make paragraphs of all of them', () => {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      check: 'c'.repeat(index === 0 ? 8 : 30),
      result: 'ok',
      found: index === 0 ? 'x'.repeat(70) : 'yes',
    }));
    const lines = table(rows, 80).split('\n');
    assert.deepEqual(lines.slice(1, 4), [
      `${'c'.repeat(8)}${' '.repeat(25)}ok`,
      `  ${'x'.repeat(70)}`,
      `${'c'.repeat(30)}   ok       yes`,
    ]);
  });

  it('a table of nothing is nothing', () => {
    assert.equal(table([]), '');
  });
});

describe('an error shown to a person', () => {
  const error = new EdgeadmError({
    code: 'NODE_EXISTS',
    what: 'a Ready node edge-1 exists',
    why: 'here: a\nthere: b\n',
    next: 'choose a name\nor delete it',
  });

  it('says what failed, why, and what comes next', () => {
    assert.equal(
      formatError(error, styleFor({}, false)),
      'error: a Ready node edge-1 exists\n  here: a\n  there: b\nnext: choose a name\n      or delete it\n(NODE_EXISTS)\n',
    );
  });

  it('names host and log if they are of use', () => {
    const text = formatError(error, styleFor({}, false), { host: '10.0.0.5', log: '/var/log/edgeadm.log' });
    assert.match(text, /^error: 10\.0\.0\.5: a Ready/);
    assert.match(text, /\(NODE_EXISTS, log: \/var\/log\/edgeadm\.log\)\n$/);
  });

  it('an error shown to a person is coloured on a terminal alone', () => {
    assert.ok(formatError(error, styleFor({ TERM: 'xterm' }, true)).startsWith('\u001b[31merror:'));
    for (const [env, isTTY] of [
      [{}, false],
      [{ NO_COLOR: '1' }, true],
      [{ TERM: 'dumb' }, true],
    ] as const) {
      assert.ok(formatError(error, styleFor(env, isTTY)).startsWith('error:'));
    }
  });
});

describe('a text that does not fit', () => {
  it('a text that does not fit is cut between letters, by the columns that they take', () => {
    assert.equal(truncateText('边缘节点', 8, '…'), '边缘节点');
    assert.equal(truncateText('边缘节点', 7, '…'), '边缘节…');
    assert.equal(truncateText('边缘节点', 6, '…'), '边缘…');
  });
});

describe('the style of a terminal', () => {
  it('goes beyond ASCII if the locale is UTF-8, as the C library decides', () => {
    const unicode = (env: Record<string, string | undefined>): boolean => styleFor(env, true).unicode;
    assert.deepEqual(
      [
        {},
        { LANG: 'C' },
        { LANG: 'en_US.UTF-8' },
        { LANG: 'en_US.UTF-8', LC_ALL: 'C' },
        { LC_CTYPE: 'C.utf8', LANG: 'C' },
      ].map(unicode),
      [false, false, true, false, true],
    );
  });
});

describe('an error for people', () => {
  const words =
    'the secret does not fit the token id abcdef which signed cluster-info of this cluster, a command follows';
  const next = 'Make a new token on the control plane, then join: `edgeadm token create --print-join-command`.';
  const error = new EdgeadmError({ code: 'TOKEN_INVALID', what: words, why: `${words}\n${words}`, next });
  for (const columns of [60, 80, 120]) {
    it(`an error wraps between words in ${columns} columns, and never inside a command`, () => {
      const text = formatError(error, styleFor({}, false), {}, columns);
      for (const line of text.split('\n')) assert.ok(line.length <= columns, line);
      assert.ok(text.includes('`edgeadm token create --print-join-command`'), text);
      assert.equal(text.replace(/\s+/g, ' ').split(words).length, 4);
    });
  }

  it('an error has its lines whole on a terminal that does not know its width', () => {
    assert.equal(formatError(error, styleFor({}, false), {}, 0), formatError(error, styleFor({}, false)));
  });
});

describe('the summary of several hosts', () => {
  it('the summary of several hosts has no column for failures if none failed', () => {
    const hosts = ['a', 'b'].map((host) => ({ host, ok: true, outcome: 'joined', durationMs: 61_000 }));
    assert.equal(summary(hosts), 'HOST   RESULT   TIME\na      joined   1m1s\nb      joined   1m1s\n');
  });

  it('a table of several hosts that were diagnosed names the cause for each', () => {
    const found = (host: string, cause: string) => ({ host, ok: true, outcome: 'diagnosed', durationMs: 900, cause });
    const text = summary([found('a', 'Kubelet: the kubelet does not run'), found('b', 'no problem found')]);
    assert.match(
      text,
      /^HOST +RESULT +TIME +CAUSE\na +diagnosed +900ms +Kubelet: the kubelet does not run\nb .* no problem found\n$/,
    );
  });
});

describe('facts with their titles', () => {
  it('wrap at words beside their title within the terminal, and leave out what is empty', () => {
    const facts = { Cluster: 'c1234567890, control plane at 1.20.11-aliyunedge.1', Error: undefined, Task: '' };
    assert.equal(factLines(facts, 200), `Cluster:    ${facts.Cluster}\n`);
    const narrow = factLines(facts, 40);
    assert.deepEqual(narrow.split('\n'), [
      'Cluster:    c1234567890, control plane',
      `${' '.repeat(12)}at 1.20.11-aliyunedge.1`,
      '',
    ]);
  });
});
