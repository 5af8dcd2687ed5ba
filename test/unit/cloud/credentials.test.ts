import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCredentials, SECRET_ON_COMMAND_LINE, tried } from '../../../src/cloud/credentials.ts';
import type { EdgeadmError } from '../../../src/errors/index.ts';
import { redact } from '../../../src/lib/redact.ts';

const ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'from-env', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret-of-the-environment' };

describe('credentials for the cloud', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-credentials-'));
  });
  after(() => rm(folder, { recursive: true }));

  const profile = async (text: string) => {
    const file = join(folder, 'profile.json');
    await writeFile(file, text);
    return file;
  };

  it('credentials for the cloud come from the flags first, then from the profile of the original tool, then from the environment', async () => {
    const file = await profile('{"AccessKey": "from-profile", "SecretKey": "secret-of-the-profile"}');
    const flags = { accessKeyId: 'from-flags', accessKeySecret: 'secret-of-the-flags', profile: file };
    assert.equal((await (await openCredentials(flags, ENV))()).accessKeyId, 'from-flags');
    assert.equal((await (await openCredentials({ profile: file }, ENV))()).accessKeyId, 'from-profile');
    const fromEnv = await openCredentials({}, { ...ENV, ALIBABA_CLOUD_SECURITY_TOKEN: 'token-of-a-role' });
    assert.deepEqual(await fromEnv(), {
      accessKeyId: 'from-env',
      accessKeySecret: 'secret-of-the-environment',
      securityToken: 'token-of-a-role',
    });
  });

  it('credentials for the cloud are kept out of everything that is shown', async () => {
    await openCredentials({ accessKeyId: 'a', accessKeySecret: 'Zsecret-never-shown' });
    assert.ok(!redact('x Zsecret-never-shown y').includes('never-shown'));
  });

  it('says how a profile looks in words that no mask garbles', async () => {
    const noPair = await openCredentials({ accessKeyId: 'a' }, ENV).catch((error: EdgeadmError) => error);
    const noProfile = await openCredentials({ profile: await profile('{}') }).catch((error: EdgeadmError) => error);
    for (const text of [(noPair as EdgeadmError).next, (noProfile as EdgeadmError).why ?? '', SECRET_ON_COMMAND_LINE]) {
      assert.match(text, /AccessKey and SecretKey/);
      assert.equal(redact(text), text);
    }
  });

  it('refuses half a pair and names the other half', async () => {
    await assert.rejects(openCredentials({ accessKeyId: 'a' }, ENV), {
      code: 'USAGE',
      message: /--secret-key is missing/,
    });
    await assert.rejects(openCredentials({ accessKeySecret: 's' }, ENV), { message: /--access-key is missing/ });
  });

  it('refuses a profile that is none, without quoting it', async () => {
    for (const text of ['{"AccessKey": "a"}', 'null', '{"SecretKey": "hidden-secret", ']) {
      const file = await profile(text);
      await assert.rejects(openCredentials({ profile: file }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'USAGE');
        assert.ok(!error.message.includes('hidden-secret'));
        return true;
      });
    }
    await assert.rejects(openCredentials({ profile: join(folder, 'none.json') }), {
      message: /none\.json.*file not found/,
    });
  });

  it('credentials that were not found are explained by what each source lacks, without an address that was never configured', () => {
    const lacks =
      "Access key secret must be specified via environment variable (ALIBABA_CLOUD_ACCESS_KEY_SECRET), reading aliyun cli config from '/root/.aliyun/config.json' failed.";
    const chain = 'unable to get credentials from any of the providers in the chain';
    const uri = 'getaddrinfo ENOTFOUND undefinedGET https://undefined/ failed.';
    const file = "ENOENT: no such file or directory, access '/root/.alibabacloud/credentials'";
    const role = 'get role name failed: GET http://100.100.100.200/latest/meta-data/ram/security-credentials/ 404';
    const variables = 'unable to get credentials from enviroment variables';
    assert.deepEqual(tried(`${chain}: ${variables}, ${lacks}, ${file}, ${role}, ${uri}`).split('\n'), [
      'environment: ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set',
      'aliyun CLI: no configuration in /root/.aliyun/config.json',
      'shared credentials: /root/.alibabacloud/credentials does not exist',
      'instance role: none (HTTP 404 from http://100.100.100.200/latest/meta-data/ram/security-credentials/)',
    ]);
    assert.equal(tried('refresh of the role failed: 403'), 'refresh of the role failed: 403');
  });
});
