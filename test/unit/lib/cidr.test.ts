import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { addressAt, covers, isCidr, isDefaultRange, overlaps } from '../../../src/lib/cidr.ts';

const range4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => `${address}/${bits}`);
const range6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, bits]) => `${address}/${bits}`);
const range = fc.oneof(range4, range6);

describe('address ranges', () => {
  it('a range covers another one exactly as Node judges it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(range4, range4), fc.tuple(range6, range6)), ([outer, inner]) => {
        const [address = '', bits = ''] = outer.split('/');
        const [other = '', otherBits = ''] = inner.split('/');
        const family = address.includes(':') ? 'ipv6' : 'ipv4';
        const list = new BlockList();
        list.addSubnet(address, Number(bits), family);
        assert.equal(covers(outer, inner), Number(bits) <= Number(otherBits) && list.check(other, family));
      }),
    );
  });

  it('ranges overlap in both directions or not at all, and each overlaps itself', () => {
    fc.assert(
      fc.property(range, range, (left, right) => {
        assert.equal(overlaps(left, right), overlaps(right, left));
        assert.ok(overlaps(left, left));
      }),
    );
  });

  it('the address at an index of a range lies in it, and index 0 is its first one', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 0, max: 300 }), (cidr, index) => {
        const address = addressAt(cidr, index);
        const first = addressAt(cidr, 0);
        assert.ok(first !== undefined && covers(cidr, first));
        assert.equal(addressAt(`${first}/${cidr.split('/')[1]}`, index), address);
        if (address !== undefined) assert.ok(covers(cidr, address));
        else assert.ok(index >= 2 ** ((first.includes(':') ? 128 : 32) - Number(cidr.split('/')[1])));
      }),
    );
  });

  for (const [cidr, index, address] of [
    ['10.96.0.0/12', 10, '10.96.0.10'],
    ['10.96.0.250/12', 10, '10.96.0.10'],
    ['10.0.0.250/24', 256, undefined],
    ['10.0.0.0/8', 256, '10.0.1.0'],
    ['2001:db8::100/120', 10, '2001:db8::10a'],
    ['fd00::/64', 65_536, 'fd00::1:0'],
  ] as const) {
    it(`the address at index ${index} of ${cidr} is ${address ?? 'outside of it'}`, () =>
      assert.equal(addressAt(cidr, index), address));
  }

  it('any text is a range or not, and never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fx.:/%]{0,24}$/)), (text) => {
        assert.equal(typeof isCidr(text), 'boolean');
        assert.equal(overlaps(text, '10.0.0.0/8') && !text.includes('.'), false);
        addressAt(text, 10);
      }),
    );
  });

  for (const text of ['010.0.0.1/8', '0x0a.0.0.1/8', '10.1/16', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8/8', '::/129']) {
    it(`"${text}" is no range`, () => assert.equal(isCidr(text), false));
  }

  it('0.0.0.0/0 and ::/0 are everything', () => {
    assert.ok(isDefaultRange('0.0.0.0/0') && isDefaultRange('::/0') && !isDefaultRange('10.0.0.0/8'));
  });
});
