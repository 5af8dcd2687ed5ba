import assert from 'node:assert/strict';
import { continuationOf } from '../../../../src/cli/join/continuation.ts';
import type { JoinForm } from '../../../../src/cli/join/request.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';

const HERE = { platform: 'win32', program: 'C:\\Users\\a\\edgeadm.exe', folder: 'C:\\Users\\a' } as const;
const KUBERNETES: JoinForm = { kind: 'kubernetes' };
const TOKEN = 'abcdef.0123456789abcdef';

const mistakesOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => (error instanceof EdgeadmError ? `${error.what} ${error.why ?? ''}` : String(error)),
  );

describe('join --reboot', () => {
  it('runs the same command without its secrets, which go into files, and does not reboot a second time', async () => {
    for (const given of [['--token', TOKEN], [`--token=${TOKEN}`]]) {
      const argv = ['join', '10.0.0.1', ...given, '--reboot', '--bundle', 'D:\\bundle'];
      const found = await continuationOf({ flags: { reboot: true, token: TOKEN } }, KUBERNETES, argv, HERE);
      assert.deepEqual(found?.words, ['join', '10.0.0.1', '--bundle', 'D:\\bundle', '--yes']);
      assert.deepEqual(found?.secrets, { token: TOKEN });
      assert.equal(found?.folder, HERE.folder);
    }
  });

  it('a token in a file stays there', async () => {
    const argv = ['join', '10.0.0.1', '--token', '@token.txt', '--reboot'];
    const found = await continuationOf({ flags: { reboot: true, token: '@token.txt' } }, KUBERNETES, argv, HERE);
    assert.deepEqual([found?.words, found?.secrets], [['join', '10.0.0.1', '--token', '@token.txt', '--yes'], {}]);
  });

  it('what only the environment says is kept for the task, which has none', async () => {
    const form: JoinForm = { kind: 'exchange', token: 'secret-of-console', endpoint: 'https://x.example/v1' };
    const flags = { reboot: true, 'openapi-endpoint': 'https://x.example/v1' };
    const found = await continuationOf({ flags }, form, ['join', '--region', 'r', '--reboot'], HERE);
    assert.deepEqual(found?.secrets, { 'openapi-token': 'secret-of-console' });
    const words = ['join', '--region', 'r', '--openapi-endpoint=https://x.example/v1', '--yes'];
    assert.deepEqual(found?.words, words);
  });

  const REFUSED: readonly (readonly [string, Record<string, unknown>, JoinForm, Partial<typeof HERE>, RegExp])[] = [
    ['another machine', { host: ['a'] }, KUBERNETES, {}, /--reboot: cannot be used with --host/],
    ['scripts run by Node.js', {}, KUBERNETES, { program: undefined }, /needs edgeadm\.exe/],
    [
      'keys of an account',
      {},
      { kind: 'cloud', clusterId: 'c', region: 'r', nodePool: 'n' },
      {},
      /cannot be used with --cluster-id/,
    ],
  ];
  for (const [what, flags, form, here, expected] of REFUSED)
    it(`--reboot is refused with a reason for ${what}`, async () => {
      const asked = continuationOf({ flags: { reboot: true, ...flags } }, form, ['join'], { ...HERE, ...here });
      assert.match(await mistakesOf(asked), expected);
    });

  it('--reboot is refused on Linux, where no join needs it', async () => {
    const here = { ...HERE, platform: 'linux' as const };
    const asked = continuationOf({ flags: { reboot: true } }, KUBERNETES, ['join'], here);
    assert.match(await mistakesOf(asked), /only a join of Windows/);
  });

  it('without the flag nothing continues by itself', async () => {
    assert.equal(await continuationOf({ flags: {} }, KUBERNETES, ['join'], HERE), undefined);
  });
});
