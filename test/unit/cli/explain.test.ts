import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { findTopics, TOPICS } from '../../../src/cli/explain/topics.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { RULE_TEXTS } from '../../../src/phases/diagnose/rule-texts.ts';

describe('edgeadm explain', () => {
  for (const [typed, kind, name] of [
    ['TOKEN_INVALID', 'code', 'TOKEN_INVALID'],
    ['token-invalid', 'code', 'TOKEN_INVALID'],
    ['KernelSupported', 'check', 'KernelSupported'],
    ['kernelsupported', 'check', 'KernelSupported'],
    ['systemverification(cgroups)', 'check', 'SystemVerification(cgroups)'],
    ['Firewall(8472/udp)', 'check', 'Firewall(8472/udp)'],
    ['Port-10250', 'check', 'Port-10250'],
    ['post-check', 'phase', 'post-check'],
    ['prepare-node/sysctls', 'phase', 'prepare-node/sysctls'],
    ['sysctls', 'phase', 'prepare-node/sysctls'],
    ['check-node', 'phase', 'check-node'],
    ['PodDisruptionBudgets', 'check', 'PodDisruptionBudgets'],
    ['JoinFailed', 'check', 'JoinFailed'],
    ['diskfull', 'check', 'DiskFull'],
  ] as const)
    it(`edgeadm explain knows ${typed}`, () => {
      const [topic = assert.fail()] = findTopics(typed);
      assert.deepEqual([topic.kind, topic.name], [kind, name]);
      for (const [title, text] of Object.entries(topic.facts)) assert.ok(text.trim(), title);
    });

  for (const [typed, meant] of [
    ['kernelsuported', 'KernelSupported'],
    ['TOKEN_INVALD', 'TOKEN_INVALID'],
    ['post-chek', 'post-check'],
    ['xyzzy-frobnicate', undefined],
    ['node', undefined],
  ] as const)
    it(`answers ${typed} with ${meant ?? 'where the names are listed'}`, () => {
      const check = (error: unknown): true => {
        assert.ok(error instanceof EdgeadmError && error.code === 'USAGE');
        assert.equal(error.why, meant && `did you mean ${meant}?`);
        assert.match(error.next, meant ? new RegExp(`edgeadm explain '?${meant}`) : /edgeadm explain checks/);
        return true;
      };
      assert.throws(() => findTopics(typed), check);
    });

  it('shows both meanings of a name that preflight and diagnose share', () => {
    assert.deepEqual(
      findTopics('Swap').map(({ data }) => data.of),
      ['preflight', 'diagnose'],
    );
  });

  it('says of the findings of diagnose what their page says', async () => {
    const page = await readFile(new URL('../../../docs/diagnose.md', import.meta.url), 'utf8');
    for (const [rule, text] of Object.entries(RULE_TEXTS)) assert.ok(page.includes(`| \`${rule}\` | ${text} |`), rule);
  });

  it('says of each check which command uses it', () => {
    for (const { row } of TOPICS.checks?.() ?? []) assert.ok(row['used by'], String(row.check));
  });

  it('finds everything that it lists', () => {
    for (const list of Object.values(TOPICS))
      for (const { name, kind } of list?.() ?? []) assert.equal(findTopics(name)[0]?.kind, kind, name);
  });
});
