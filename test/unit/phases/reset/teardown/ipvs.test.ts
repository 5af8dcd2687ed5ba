import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kubeProxyServices } from '../../../../../src/phases/reset/teardown/ipvs.ts';

/** As `ipvsadm --save --numeric` prints it (ipvsadm 1.31), on a node of a dual-stack cluster with keepalived beside it. */
const SAVED = `-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.168.1.2:6443 -m -w 1
-A -u 10.96.0.10:53 -s rr
-A --sctp-service 10.96.7.7:7 -s rr
-A -t [fd00:96::1]:443 -s rr
-a -t [fd00:96::1]:443 -r [fd00:10::3]:6443 -m -w 1
-A -t 10.96.3.3:80 -s rr
-a -t 10.96.3.3:80 -r 10.244.1.7:8080 -m -w 1
-A -t 192.168.1.11:31080 -s rr
-a -t 192.168.1.11:31080 -r 10.244.1.7:8080 -m -w 1
-A -t 192.168.1.100:80 -s wrr -p 50
-a -t 192.168.1.100:80 -r 192.168.1.12:80 -g -w 3
-a -t 192.168.1.100:80 -r 10.244.1.7:8080 -m -w 1
-A -t 192.168.1.101:80 -s wrr
-A -f 1 -s rr
-a -f 1 -r 192.168.1.13:0 -g -w 1
`;
const ADDRESSES = new Set(['10.96.0.1', '10.96.0.10', '10.96.7.7', 'fd00:96::1', '10.96.3.3']);

describe('the virtual services of kube-proxy', () => {
  it("the virtual services of kube-proxy are those on kube-proxy's link and those of NodePorts, and none of keepalived's", () => {
    assert.deepEqual(kubeProxyServices(SAVED, ADDRESSES), [
      '-t 192.168.1.11:31080',
      '-t 10.96.0.1:443',
      '-u 10.96.0.10:53',
      '--sctp-service 10.96.7.7:7',
      '-t [fd00:96::1]:443',
      '-t 10.96.3.3:80',
    ]);
  });

  it('the virtual services of kube-proxy: a removal that is killed after any of them finds the rest when it is run again', () => {
    const services = kubeProxyServices(SAVED, ADDRESSES);
    for (const [i] of services.entries()) {
      const gone = services.slice(0, i);
      const left = SAVED.split('\n').filter((line) => !gone.some((service) => line.includes(` ${service} `)));
      assert.deepEqual(kubeProxyServices(left.join('\n'), ADDRESSES), services.slice(i));
    }
  });

  it("the virtual services of kube-proxy are none if kube-proxy's link has no addresses", () => {
    assert.deepEqual(kubeProxyServices(SAVED, new Set()), []);
  });

  it('the virtual services of kube-proxy do not include a balancer of API servers, which has the endpoints of the Service kubernetes (kubernetes/kubernetes#76267, cloudnativelabs/kube-router#829)', () => {
    const lvscare = '-A -t 10.103.97.1:6443 -s rr\n-a -t 10.103.97.1:6443 -r 192.168.1.2:6443 -m -w 1\n';
    assert.deepEqual(kubeProxyServices(lvscare + SAVED, ADDRESSES), kubeProxyServices(SAVED, ADDRESSES));
  });

  it('the virtual services of kube-proxy are told from those of others, whatever either has', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const nodePort = fc.integer({ min: 30_000, max: 32_767 });
    const endpoint = fc.tuple(fc.integer({ min: 1, max: 9 }), port).map(([host, on]) => `10.244.0.${host}:${on}`);
    const verb = (service: string, endpoints: readonly string[]): string =>
      [`-A -t ${service} -s rr`, ...endpoints.map((each) => `-a -t ${service} -r ${each} -m -w 1`)].join('\n');
    const ours = fc.uniqueArray(fc.record({ port, nodePort, endpoints: fc.array(endpoint, { minLength: 1 }) }), {
      selector: (each) => each.nodePort,
      maxLength: 5,
    });
    const others = fc.uniqueArray(
      fc.record({ port: port.filter((on) => on < 30_000 || on > 32_767), endpoints: fc.array(endpoint) }),
      { selector: (each) => each.port, maxLength: 5 },
    );
    fc.assert(
      fc.property(ours, others, (services, foreign) => {
        const saved = [
          ...services.flatMap((each, i) => [
            verb(`10.96.0.${i + 1}:${each.port}`, each.endpoints),
            verb(`192.168.1.11:${each.nodePort}`, each.endpoints),
          ]),
          ...foreign.map((each) => verb(`192.168.1.100:${each.port}`, each.endpoints)),
        ];
        const addresses = new Set(services.map((_, i) => `10.96.0.${i + 1}`));
        const expected = services.flatMap((each, i) => [
          `-t 10.96.0.${i + 1}:${each.port}`,
          `-t 192.168.1.11:${each.nodePort}`,
        ]);
        assert.deepEqual(kubeProxyServices(saved.join('\n'), addresses).sort(), expected.sort());
      }),
    );
  });
});
