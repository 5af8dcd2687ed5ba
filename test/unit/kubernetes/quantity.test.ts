import assert from 'node:assert/strict';
import { quantityOf } from '../../../src/kubernetes/quantity.ts';

describe('quantities of Kubernetes', () => {
  for (const [source, ...spellings] of [
    ['appc/spec#358', '129e6', '129M', '129E6', '129000k', '129000000000m', '+129000000'],
    ['Azure/eno#463', '1Ti', '1024Gi', '1048576Mi'],
    ['half a gibibyte', '0.5Gi', '.5Gi', '512Mi', '536870912'],
    ['a tenth of a processor', '100m', '0.1', '1e-1', '100000u'],
    ['an exa and an exponent without digits are one', '1E', '1e18'],
  ] as const) {
    it(`one amount is one number, however it is spelled: ${spellings.join(', ')} (${source})`, () => {
      const [first, ...others] = spellings.map((text) => quantityOf(text) ?? Number.NaN);
      for (const other of others) assert.ok(Math.abs(other - (first ?? 0)) < 1e-9, `${other} is not ${first}`);
    });
  }

  for (const text of [
    '',
    'aGi',
    '500 MB',
    '1GB',
    '1K',
    '5%',
    'memory=200Mi',
    '1.2.3',
    '1e',
    'constructor',
    '1toString',
  ])
    it(`${JSON.stringify(text)} is no quantity (kubernetes/kubernetes#114008)`, () =>
      assert.equal(quantityOf(text), undefined));
});
