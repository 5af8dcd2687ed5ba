import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { remainder } from '../../../../src/host/ssh/program-files.ts';
import { PYTHON_RELAY } from '../../../../src/host/ssh/relay.ts';
import { describeTarget } from '../../../../src/host/ssh/target.ts';

describe('appending again after the connection was lost', () => {
  const missing = (content: string, text: string): string =>
    remainder(Buffer.from(content), Buffer.from(text)).toString();

  it('appends all if nothing had arrived, and nothing if all had', () => {
    assert.equal(missing('', 'line two\n'), 'line two\n');
    assert.equal(missing('line one\n', 'line two\n'), 'line two\n');
    assert.equal(missing('line one\nline two\n', 'line two\n'), '');
  });

  it('appends the rest if a part had arrived, even half a character', () => {
    assert.equal(missing('line one\nline t', 'line two\n'), 'wo\n');
    const text = Buffer.from('naïve\n');
    for (let arrived = 0; arrived <= text.length; arrived++) {
      const content = Buffer.concat([Buffer.from('one\n'), text.subarray(0, arrived)]);
      assert.deepEqual(Buffer.concat([content, remainder(content, text)]), Buffer.from('one\nnaïve\n'));
    }
  });
});

describe('the name of a host', () => {
  it('shows user, address and an unusual port', () => {
    assert.equal(describeTarget({ address: '10.0.0.5' }), '10.0.0.5');
    assert.equal(describeTarget({ address: '10.0.0.5', user: 'root', port: 22 }), 'root@10.0.0.5');
    assert.equal(describeTarget({ address: 'fd00::5', user: 'root', port: 2222 }), 'root@[fd00::5]:2222');
  });
});

describe('the relay for nodes without socat', () => {
  it('carries bytes both ways and the end of one way alone', async function () {
    this.timeout(20_000);
    const python = await execa('python3', ['--version'], { reject: false });
    if (python.exitCode !== 0) this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-relay-'));
    const path = join(folder, 'echo.sock');
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const input = 'x'.repeat(1_000_000);
      const { stdout, stderr } = await execa('python3', ['-c', PYTHON_RELAY, path], { input });
      assert.equal(stdout, input);
      assert.equal(stderr, 'connected');
      const refused = await execa('python3', ['-c', PYTHON_RELAY, '127.0.0.1', '9'], { reject: false });
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.stderr, /refused/);
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
