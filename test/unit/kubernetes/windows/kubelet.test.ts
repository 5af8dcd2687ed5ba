import assert from 'node:assert/strict';
import { windowsKubeletFlags } from '../../../../src/kubernetes/windows/kubelet.ts';

/** Sources: pkg/kubelet/apis/config/v1beta1/defaults.go of 1.20 to 1.29, KEP-2845, `kubelet --help`. */
const ROWS = [
  ['v1.19.16', { resolver: true, logs: true, priority: false }],
  ['v1.20.2', { resolver: true, logs: true, priority: true }],
  ['v1.22.17', { resolver: true, logs: true, priority: true }],
  ['v1.23.17', { resolver: false, logs: true, priority: true }],
  ['v1.25.16', { resolver: false, logs: true, priority: true }],
  ['v1.26.15', { resolver: false, logs: false, priority: true }],
  ['v1.37.2', { resolver: false, logs: false, priority: true }],
] as const;

describe('the flags of a kubelet on Windows', () => {
  for (const [version, { resolver, logs, priority }] of ROWS)
    it(`a kubelet ${version} on Windows gets those alone that it knows and needs`, () => {
      const flags = windowsKubeletFlags(version, 'containerd', (path) => `C:${path.replaceAll('/', '\\')}`);
      assert.equal(flags.includes('--resolv-conf='), resolver);
      assert.equal(flags.includes('--logtostderr=false'), logs);
      assert.equal(flags.includes('--windows-priorityclass=ABOVE_NORMAL_PRIORITY_CLASS'), priority);
      assert.ok(flags.includes('--config=C:\\var\\lib\\kubelet\\config.yaml'));
    });
});
