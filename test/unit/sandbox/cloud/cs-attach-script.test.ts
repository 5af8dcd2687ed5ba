import assert from 'node:assert/strict';
import { execa } from 'execa';
import fc from 'fast-check';
import { attachLine } from '../../../../sandbox/cloud/cs-attach-script.ts';
import { argumentsFromPowerShell } from '../../host/windows/command-line.ts';

const LINE = { region: 'cn-hangzhou', version: '1.20.2', arch: 'amd64', token: 't0k3n', windows: false };

/** Node.js 26.10 reads an object's key that is a single escaped character (`"\\n"`) as a backslash, now and then. */
const MIN_KEY = 2;

/** What a shell makes of the last command of the line. */
async function argumentsOf(line: string): Promise<string[]> {
  const join = line.split('; ./edgeadm ')[1] ?? '';
  const { stdout } = await execa('sh', ['-c', `printf '%s\\0' ${join}`], { stripFinalNewline: false });
  return stdout.split('\0').slice(0, -1);
}

describe('the line that joins a node', () => {
  it('gives a shell the node specification whole, whatever is in it', async () => {
    const unit = fc.constantFrom('"', "'", '\\', '$', '`', '!', ' ', 'a', 'ü', '(', ';', '*', '\n');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit, minLength: MIN_KEY }), fc.string({ unit }), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
        async (labels) => {
          const args = await argumentsOf(attachLine({ ...LINE, nodeSpec: JSON.stringify({ labels }) }));
          assert.equal(args.length, 4);
          assert.equal(args[1], '--openapi-token=t0k3n');
          assert.deepEqual(JSON.parse(args[2]?.replace('--node-spec=', '') ?? ''), { labels });
          assert.equal(args[3], '--region=cn-hangzhou');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives Windows PowerShell 5.1 the node specification whole, whatever is in it', () => {
    const unit = fc.constantFrom('"', "'", '\u2019', '\\', '$', '`', ' ', 'a', 'ü', '(', ';', '\n');
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit, minLength: MIN_KEY }), fc.string({ unit }), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
        (labels) => {
          const line = attachLine({ ...LINE, windows: true, nodeSpec: JSON.stringify({ labels }) });
          const args = argumentsFromPowerShell(line.split('; ./edgeadm.exe ')[1] ?? '');
          assert.deepEqual([args.length, args[1], args[3]], [4, '--openapi-token=t0k3n', '--region=cn-hangzhou']);
          assert.deepEqual(JSON.parse(args[2]?.replace('--node-spec=', '') ?? ''), { labels });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('the line that joins a node has no ! that an interactive bash would expand', () => {
    assert.ok(!attachLine({ ...LINE, nodeSpec: '{"labels":{"a":"!!"}}' }).includes('!'));
  });
});
