import assert from 'node:assert/strict';
import { serviceCauses, withServiceDefaults } from '../../../../sandbox/api-server/services.ts';

const metadata = { name: 'a', namespace: 'default' };
const ports = [{ port: 80 }];
const ADDRESS = '10.96.1.1';
const GIVEN = { clusterIP: ADDRESS, clusterIPs: [ADDRESS] };
const FAMILIES = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
const UNSET = 'Invalid value: []string(nil): primary clusterIP can not be unset';

/** Source: kubernetes, pkg/registry/core/service: patchAllocatedValues, NormalizeClusterIPs and dropTypeDependentFields. */
const UPDATES: [what: string, minor: number, asked: object, clusterIPs: string[] | undefined, refusal?: string][] = [
  ['an empty address keeps what it was', 34, { clusterIP: '' }, [ADDRESS]],
  ['an empty list keeps what it was', 34, { clusterIP: ADDRESS, clusterIPs: [] }, [ADDRESS]],
  ['no address keeps what it was', 34, {}, [ADDRESS]],
  ['no address is refused in 1.20', 20, {}, undefined, UNSET],
  ['an empty address is refused in 1.20', 20, { clusterIP: '' }, undefined, UNSET],
  ['the same address without the list gets the list in 1.20', 20, { clusterIP: ADDRESS }, [ADDRESS]],
  ['an ExternalName has no address', 34, { type: 'ExternalName', ...GIVEN, ...FAMILIES }, undefined],
];

describe('the address of a Service', () => {
  for (const [what, minor, asked, clusterIPs, refusal] of UPDATES)
    it(`the address of a Service that changes: ${what}`, () => {
      const before = { metadata, spec: { type: 'ClusterIP', ports, ...GIVEN, ...FAMILIES } };
      const after = withServiceDefaults({ metadata, spec: { ports, ...asked } }, minor, before);
      assert.deepEqual(after.spec?.clusterIPs, clusterIPs);
      assert.deepEqual(
        serviceCauses(after, before).map(({ message }) => message),
        refusal ? [refusal] : [],
      );
      if (after.spec?.type !== 'ExternalName') return assert.equal(after.spec?.clusterIP, ADDRESS);
      for (const field of ['clusterIP', 'ipFamilies', 'ipFamilyPolicy']) assert.ok(!(field in after.spec), field);
    });

  for (const minor of [20, 34])
    it(`the address of a new Service, and of one that was an ExternalName, is in its list (1.${minor})`, () => {
      const asked = { metadata, spec: { clusterIP: '', ports } };
      for (const before of [undefined, { metadata, spec: { type: 'ExternalName', externalName: 'a.example.com' } }]) {
        const { spec } = withServiceDefaults(asked, minor, before);
        assert.match(String(spec?.clusterIP), /^10\./);
        assert.deepEqual(spec?.clusterIPs, [spec?.clusterIP]);
      }
    });
});
