import assert from 'node:assert/strict';
import { startsWithJoinFiles } from '../../../../src/phases/join/packaged-unit.ts';
import { fakeHost } from '../../fake-host.ts';

/** Both as in the package kubeadm of pkgs.k8s.io, without their comments. */
const UNIT = `[Unit]
Wants=network-online.target
[Service]
ExecStart=/usr/bin/kubelet
Restart=always
`;
const DROP_IN = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

const isRight = (dropIn: string, more: Record<string, string> = {}) =>
  startsWithJoinFiles(
    fakeHost({
      files: {
        '/usr/lib/systemd/system/kubelet.service': UNIT,
        '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf': dropIn,
        ...more,
      },
    }),
    '/usr/bin/kubelet',
  );

describe('the service of the kubelet that a package brought', () => {
  it("kubeadm's own service is right for a join, with and without flags of the administrator", async () => {
    assert.equal(await isRight(DROP_IN), true);
    assert.equal(await isRight(DROP_IN, { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--v=4\n' }), true);
  });

  const rows: ReadonlyArray<readonly [why: string, dropIn: string, more?: Record<string, string>]> = [
    ['does not read the flags of the join', DROP_IN.replace(/^.*kubeadm-flags.*\n/m, '')],
    ['does not use the flags of the join', DROP_IN.replace(' $KUBELET_KUBEADM_ARGS', '')],
    ['sets the flags of the join itself', `${DROP_IN}Environment=KUBELET_KUBEADM_ARGS=--v=4\n`],
    // The preflight says that the join's drop-in takes these flags away.
    ['sets the flags of the administrator itself', `${DROP_IN}Environment=KUBELET_EXTRA_ARGS=--v=4\n`],
    ['reads yet another file', `${DROP_IN}EnvironmentFile=/etc/kubernetes/site.env\n`],
    // What the join replaces is not looked at by the preflight.
    ['needs another service', `[Unit]\nRequires=crio.service\n${DROP_IN}`],
    ['has another configuration file', DROP_IN.replace('lib/kubelet/config.yaml', 'lib/kubelet/other.yaml')],
    ['has another kubeconfig', DROP_IN.replace('kubernetes/kubelet.conf', 'kubernetes/other.conf')],
    ['starts another program', DROP_IN.replace('=/usr/bin/kubelet', '=/opt/bin/kubelet')],
    ['has flags of its own', DROP_IN.replace('$KUBELET_EXTRA_ARGS', '$KUBELET_EXTRA_ARGS --network-plugin=cni')],
    ['does not read the file of the other distributions', DROP_IN, { '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS=' }],
    [
      'has a later drop-in with another command',
      DROP_IN,
      {
        '/etc/systemd/system/kubelet.service.d/20-own.conf': '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet\n',
      },
    ],
  ];
  for (const [why, dropIn, more] of rows)
    it(`a service of the kubelet that ${why} is not right for a join`, async () => {
      assert.equal(await isRight(dropIn, more), false);
    });
});
