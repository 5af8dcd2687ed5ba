import { assertFinds, assertOk, type Case } from './context.ts';

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

/** A cluster of today that keeps this configuration, and the kubelet that is to read it. */
const given = (kubelet: string, configuration: string): Case => ({
  cluster: { version: 'v1.37.2', configMaps: { 'kubelet-config': { kubelet: configuration } } },
  node: { kubeletVersion: async () => kubelet },
});

describe('KubeletConfigurationFields', () => {
  it('passes what kubeadm writes', () =>
    assertOk(
      'KubeletConfigurationFields',
      given('v1.34.4', `${HEAD}clusterDNS: [10.96.0.10]\ncontainerRuntimeEndpoint: ""\ncrashLoopBackOff: {}\n`),
    ));

  it('names a field that is newer than this kubelet, with the version that knows it', () =>
    assertFinds(
      'KubeletConfigurationFields',
      'warning',
      /kubelet 1\.34 ignores 1 .*memoryReservationPolicy is known from 1\.36 on/,
      given('v1.34.4', `${HEAD}memoryReservationPolicy: TieredReservation\n`),
    ));

  it('names a field that no kubelet knows, with the one that was meant', () =>
    assertFinds(
      'KubeletConfigurationFields',
      'warning',
      /maxPod is known to no kubelet up to 1\.37 \(did you mean maxPods\?\)/,
      given('v1.37.2', `${HEAD}maxPod: 50\n`),
    ));

  it('does not judge the fields of a kubelet that is newer than the table', () =>
    assertOk('KubeletConfigurationFields', given('v1.38.0', `${HEAD}newInOneThirtyEight: true\n`)));

  it('refuses another API version before the kubelet exits over it', () =>
    assertFinds(
      'KubeletConfigurationFields',
      'error',
      /KubeletConfiguration of kubelet\.config\.k8s\.io\/v1;/,
      given('v1.37.2', 'apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\n'),
    ));

  for (const [source, line, says] of [
    [
      'kubernetes/kubernetes#99650, as people write sizes',
      'containerLogMaxSize: 10MB',
      /"10MB" is not a quantity such as 10Mi/,
    ],
    ['kubernetes/kubernetes#114008, with a space', 'containerLogMaxSize: 10 Mi', /"10 Mi" is not a quantity/],
    ['a fraction of a pod', 'podsPerCore: 0.5', /podsPerCore: 0\.5 is not a whole number/],
    ['a negative number', 'podsPerCore: -1', /podsPerCore: -1 is less than 0/],
  ] as const)
    it(`refuses ${line} before the kubelet exits over it: ${source}`, () =>
      assertFinds('KubeletConfigurationFields', 'error', says, given('v1.34.4', `${HEAD}${line}\n`)));

  it('lets the sizes of log files pass that a kubelet reads', async () => {
    for (const size of ['10Mi', '1e7', '10M', '""'])
      await assertOk('KubeletConfigurationFields', given('v1.34.4', `${HEAD}containerLogMaxSize: ${size}\n`));
  });
});
