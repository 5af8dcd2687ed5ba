import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import {
  fitContainerdConfig,
  fitImportedConfig,
  hasRuntime,
  keepsCriOff,
} from '../../../../src/kubernetes/cri/containerd-config.ts';

const FIT = `# kept comment
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "pause:3.2"
  restrict_oom_score_adj = true # kept too
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
`;

function cri(text: string): Record<string, unknown> {
  return (parse(text).plugins as Record<string, Record<string, unknown>>)['io.containerd.grpc.v1.cri'] ?? {};
}

const IMPORTED = '/etc/containerd/conf.d/99-nvidia.toml';

describe("containerd's configuration", () => {
  it("containerd's configuration is left alone if it is as the join needs it", () => {
    assert.equal(fitContainerdConfig(FIT, { sandboxImage: 'pause:3.2' }), undefined);
    assert.equal(fitContainerdConfig(FIT, {}), undefined);
  });

  it('keeps comments and other settings when keys change', () => {
    const text =
      fitContainerdConfig(FIT.replace('SystemdCgroup = true', 'SystemdCgroup = false'), { sandboxImage: 'other:1' }) ??
      '';
    assert.match(text, /# kept comment/);
    assert.match(text, /restrict_oom_score_adj = true # kept too/);
    assert.equal(cri(text).sandbox_image, 'other:1');
    assert.match(text, /SystemdCgroup = true/);
    assert.equal(text.split('\n').length, FIT.split('\n').length);
  });

  for (const number of ['9223372036854775807', '-9223372036854775808', '9007199254740993'])
    it(`a number of 64 bits in containerd's configuration stays as it is: ${number} (toml.io, v1.0.0, Integer)`, () => {
      const given = `version = 2\n[grpc]\n  max_recv_message_size = ${number} # own\n`;
      const text = fitContainerdConfig(given, { sandboxImage: 'pause:3.6' }) ?? '';
      assert.ok(text.startsWith(given), text);
      assert.equal(fitContainerdConfig(text, { sandboxImage: 'pause:3.6' }), undefined);
    });

  it('gets the tables that are missing', () => {
    const text = fitContainerdConfig('version = 2\n', { sandboxImage: 'pause:3.6', root: '/data/containerd' }) ?? '';
    assert.equal(parse(text).root, '/data/containerd');
    assert.equal(cri(text).sandbox_image, 'pause:3.6');
    assert.equal(fitContainerdConfig(text, { sandboxImage: 'pause:3.6', root: '/data/containerd' }), undefined);
  });

  it("containerd's configuration has CRI switched on if Docker's package switched it off", () => {
    const text = fitContainerdConfig('version = 2\ndisabled_plugins = ["cri", "zfs"]\n', {}) ?? '';
    assert.deepEqual(parse(text).disabled_plugins, ['io.containerd.snapshotter.v1.zfs']);
    const docker = fitContainerdConfig('disabled_plugins = ["cri"]\n', {}) ?? '';
    assert.equal(parse(docker).version, 2, 'its file has no version, and is not one of version 1');
    assert.ok(cri(docker).containerd);
  });

  it("containerd's configuration is written for containerd 2 in its own sections", () => {
    const text = fitContainerdConfig('version = 3\n', { sandboxImage: 'pause:3.10' }) ?? '';
    const plugins = parse(text).plugins as Record<string, Record<string, Record<string, unknown>>>;
    assert.equal(plugins['io.containerd.cri.v1.images']?.pinned_images?.sandbox, 'pause:3.10');
    assert.ok(plugins['io.containerd.cri.v1.runtime']);
  });

  it("containerd's configuration is written in the old form if the file has no version", () => {
    const text = fitContainerdConfig('[plugins.cri]\n  stream_server_port = "0"\n', { sandboxImage: 'p:1' }) ?? '';
    const { cri: old } = parse(text).plugins as { cri: Record<string, unknown> };
    assert.equal(old.sandbox_image, 'p:1');
    assert.equal(old.stream_server_port, '0');
    assert.equal(old.systemd_cgroup, undefined, 'newer containerds refuse the plug-in over this key');
    assert.match(text, /\[plugins\.cri\.containerd\.runtimes\.runc\.options\]\n\s+SystemdCgroup = true/);
  });

  it("containerd's configuration is right even if keys are written inline", () => {
    const text =
      fitContainerdConfig('version = 2\nplugins = { "io.containerd.grpc.v1.cri" = { sandbox_image = "a:1" } }\n', {
        sandboxImage: 'b:1',
      }) ?? '';
    assert.equal(cri(text).sandbox_image, 'b:1');
  });

  it("containerd's configuration has the cgroup driver and the CNI folders of a kubelet that ran with docker", () => {
    const needs = { systemdCgroup: false, cniConfigurations: '/etc/cni/here', cniPlugins: '/opt/here' };
    const text = fitContainerdConfig('disabled_plugins = ["cri"]\n', needs) ?? '';
    assert.match(text, /disabled_plugins = \[\]/);
    assert.match(text, /SystemdCgroup = false/);
    assert.match(text, /v1\.cri"?\.cni\]\n\s+bin_dir = "\/opt\/here"\n\s+conf_dir = "\/etc\/cni\/here"/);
  });

  it("containerd's configuration that is no TOML is an error that says so, and nothing is changed", () => {
    assert.throws(
      () => fitContainerdConfig('version = = 2', {}),
      (error: EdgeadmError) => error.code === 'RUNTIME_FAILED',
    );
  });
});

describe('containerd beside others', () => {
  const CRI = 'plugins."io.containerd.grpc.v1.cri"';

  it('a node with GPUs gets the runtime nvidia beside runc, once, and keeps its default runtime', () => {
    const nvidiaRuntime = '/usr/bin/nvidia-container-runtime';
    const text = fitContainerdConfig(FIT, { nvidiaRuntime }) ?? '';
    const { containerd } = cri(text) as { containerd: Record<string, unknown> & { runtimes: Record<string, unknown> } };
    assert.deepEqual(structuredClone(containerd.runtimes.nvidia), {
      runtime_type: 'io.containerd.runc.v2',
      options: { BinaryName: nvidiaRuntime, SystemdCgroup: true },
    });
    assert.equal(containerd.default_runtime_name, undefined);
    assert.equal(fitContainerdConfig(text, { nvidiaRuntime }), undefined);
    for (const version of ['', 'version = 2\n', 'version = 3\n']) {
      const file = `${version}[plugins.cri]\n`;
      assert.ok(hasRuntime(fitContainerdConfig(file, { nvidiaRuntime }) ?? '', 'nvidia'), file);
      assert.ok(!hasRuntime(file, 'nvidia'));
    }
  });

  it('gives every runtime that uses runc the cgroup driver of the kubelet: nvidia as the default (NVIDIA/nvidia-docker#1788, k3s-io/k3s#8470)', () => {
    const text = `version = 2\n[${CRI}.containerd]\n  default_runtime_name = "nvidia"\n[${CRI}.containerd.runtimes.nvidia]\n  runtime_type = "io.containerd.runc.v2"\n[${CRI}.containerd.runtimes.nvidia.options]\n  BinaryName = "/usr/bin/nvidia-container-runtime"\n[${CRI}.containerd.runtimes.kata]\n  runtime_type = "io.containerd.kata.v2"\n`;
    const fitted = parse(fitContainerdConfig(text, {}) ?? '') as {
      plugins: Record<string, { containerd: { runtimes: Record<string, { options?: Record<string, unknown> }> } }>;
    };
    const { nvidia, runc, kata } = fitted.plugins['io.containerd.grpc.v1.cri']?.containerd.runtimes ?? {};
    assert.equal(nvidia?.options?.SystemdCgroup, true);
    assert.equal(nvidia?.options?.BinaryName, '/usr/bin/nvidia-container-runtime');
    assert.equal(runc?.options?.SystemdCgroup, true);
    assert.equal(kata?.options, undefined);
  });

  for (const [source, version, table] of [
    ['containerd/containerd#4574', 'version = 2\n', 'plugins."io.containerd.grpc.v1.cri"'],
    ['kubernetes-sigs/kubespray#5219, a file of version 1', '', 'plugins.cri'],
  ] as const)
    it(`the old key systemd_cgroup, over which containerd loads no CRI plug-in, is switched off for a join: ${source}`, () => {
      const text = `${version}[${table}]\n  systemd_cgroup = true # for kubeadm\n`;
      assert.ok(keepsCriOff(text));
      const fitted = fitContainerdConfig(text, {}) ?? '';
      assert.match(fitted, /^ {2}systemd_cgroup = false/m);
      assert.match(fitted, /SystemdCgroup = true/);
      assert.ok(!keepsCriOff(fitted));
    });

  it('makes an imported file that has the section of the CRI agree (containerd/containerd#6389, NVIDIA/gpu-operator#301)', () => {
    const text = `version = 2\n[${CRI}.containerd.runtimes.runc.options]\n  SystemdCgroup = false\n`;
    const fitted = fitImportedConfig(text, { sandboxImage: 'registry/pause:3.9', root: '/data' }, IMPORTED) ?? '';
    assert.match(fitted, /SystemdCgroup = true/);
    assert.match(fitted, /sandbox_image = "registry\/pause:3\.9"/);
    assert.doesNotMatch(fitted, /\/data/);
    assert.equal(fitImportedConfig(fitted, { sandboxImage: 'registry/pause:3.9' }, IMPORTED), undefined);
  });

  it('switches the CRI on if an imported file has it off, and leaves files that have nothing to do with it', () => {
    assert.equal(
      fitImportedConfig('version = 2\ndisabled_plugins = ["cri", "aufs"]\n', {}, IMPORTED),
      'version = 2\ndisabled_plugins = ["io.containerd.snapshotter.v1.aufs"]\n',
    );
    assert.equal(fitImportedConfig('version = 2\n[debug]\n  level = "info"\n', {}, IMPORTED), undefined);
  });
});

describe("containerd's configuration as packages ship it", () => {
  /** Source: /etc/containerd/config.toml of Debian 12's package containerd 1.6.20~ds1-1+deb12u3. */
  const DEBIAN = `version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
`;
  /** Source: `containerd config default` of containerd 2.4.2, the sections that a join changes. */
  const UPSTREAM = `version = 4
root = '/var/lib/containerd'
imports = ['/etc/containerd/conf.d/*.toml']

[plugins]
    [plugins.'io.containerd.cri.v1.images'.pinned_images]
      sandbox = 'registry.k8s.io/pause:3.10.2'
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
          runtime_type = 'io.containerd.runc.v2'
          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
            SystemdCgroup = false
    [plugins.'io.containerd.cri.v1.runtime'.cni]
      bin_dirs = ['/opt/cni/bin']
      conf_dir = '/etc/cni/net.d'
`;
  const NEEDS = { sandboxImage: 'registry/pause:3.10', cniPlugins: '/opt/cni/bin' };

  it("Debian's looks for the CNI plug-ins where the bundle installs them", () => {
    const text = fitContainerdConfig(DEBIAN, NEEDS) ?? '';
    assert.deepEqual({ ...(cri(text).cni as object) }, { bin_dir: '/opt/cni/bin', conf_dir: '/etc/cni/net.d' });
    assert.equal(fitContainerdConfig(text, NEEDS), undefined);
  });

  it("upstream's of version 4 gets the sandbox image and the cgroup driver, and nothing else changes", () => {
    assert.equal(
      fitContainerdConfig(UPSTREAM, NEEDS),
      UPSTREAM.replace("'registry.k8s.io/pause:3.10.2'", '"registry/pause:3.10"').replace(
        'Cgroup = false',
        'Cgroup = true',
      ),
    );
  });

  it('a list of CNI folders without that of the bundle gets it first, and keeps the others', () => {
    const text = fitContainerdConfig(UPSTREAM.replace('/opt/cni/bin', '/usr/lib/cni'), NEEDS) ?? '';
    const plugins = parse(text).plugins as Record<string, Record<string, Record<string, unknown>>>;
    assert.deepEqual(plugins['io.containerd.cri.v1.runtime']?.cni?.bin_dirs, ['/opt/cni/bin', '/usr/lib/cni']);
    assert.equal(fitContainerdConfig(text, NEEDS), undefined);
  });

  it("a file without plug-in folders gets that of the bundle: Debian's containerd has another default", () => {
    const text = fitContainerdConfig('version = 2\n', NEEDS) ?? '';
    assert.deepEqual({ ...(cri(text).cni as object) }, { bin_dir: '/opt/cni/bin' });
    assert.equal(fitContainerdConfig(text, NEEDS), undefined);
  });

  it('a file of version 3 without plug-in folders is left with the default, which is where the bundle installs them', () => {
    assert.doesNotMatch(fitContainerdConfig('version = 3\n', NEEDS) ?? '', /bin_dir/);
  });

  // Docker's disables the CRI alone; `containerd config dump` of 2.4.2 accepted what is made of this one.
  it('a file that disables more than the CRI becomes one that containerd accepts: whole names of plug-ins', () => {
    const text = fitContainerdConfig('disabled_plugins = ["cri", "btrfs", "introspection-service"]\n', {}) ?? '';
    assert.deepEqual(parse(text).disabled_plugins, [
      'io.containerd.snapshotter.v1.btrfs',
      'io.containerd.service.v1.introspection-service',
    ]);
  });

  it('a CRI that containerd 2 has disabled under its new names is switched on', () => {
    const names = '"io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"';
    const text = fitContainerdConfig(`version = 3\ndisabled_plugins = [${names}]\n`, {}) ?? '';
    assert.deepEqual(parse(text).disabled_plugins, []);
  });

  it('an imported file without a version is read by the names of its plug-ins, and gets none: it would count for all files (containerd/containerd#12891)', () => {
    const fitted = (section: string) =>
      fitImportedConfig(`[plugins."${section}".containerd]\n  default_runtime_name = "nvidia"\n`, {}, IMPORTED) ?? '';
    assert.match(
      fitted('io.containerd.grpc.v1.cri'),
      /\[plugins\."io\.containerd\.grpc\.v1\.cri"\.containerd\.runtimes/,
    );
    assert.match(
      fitted('io.containerd.cri.v1.runtime'),
      /\[plugins\."io\.containerd\.cri\.v1\.runtime"\.containerd\.runtimes/,
    );
    assert.doesNotMatch(fitted('io.containerd.cri.v1.runtime'), /plugins\.cri\b|version/);
    assert.doesNotMatch(fitted('io.containerd.grpc.v1.cri'), /version/);
  });
});
