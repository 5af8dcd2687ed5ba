import { gzipSync } from 'node:zlib';
import type { FakeNode } from '../../fake-host.ts';
import { assertFinds, assertOk, type Case } from './context.ts';

const KERNEL = '5.4.0-150-generic';
const MODULES = `/lib/modules/${KERNEL}`;

/** A node of which nothing is known but what is given. */
const knowing = (files: FakeNode['files'] = {}, more: FakeNode = {}): Case => ({
  machine: {
    ...more,
    files: { '/proc/filesystems': undefined, '/proc/modules': undefined, ...files },
    sysctls: {},
  },
});

const FEATURES = [
  { name: 'overlay', path: 'kernel/fs/overlayfs/overlay.ko', option: 'CONFIG_OVERLAY_FS' },
  { name: 'vxlan', path: 'kernel/drivers/net/vxlan/vxlan.ko', option: 'CONFIG_VXLAN' },
  { name: 'iptable_nat', path: 'kernel/net/ipv4/netfilter/iptable_nat.ko', option: 'CONFIG_IP_NF_NAT' },
];

describe('KernelFeature-*', () => {
  for (const { name, path, option } of FEATURES) {
    const check = `KernelFeature-${name}`;

    it(`${name}: built into the kernel`, () =>
      assertOk(
        check,
        knowing({ [`${MODULES}/modules.builtin`]: `${path}\n`, [`${MODULES}/modules.dep`]: '' }),
        /built in/,
      ));

    it(`${name}: a module that can be loaded, packed or not`, async () => {
      await assertOk(
        check,
        knowing({ [`${MODULES}/modules.dep`]: `${path}.xz: kernel/net/udp_tunnel.ko.xz\n` }),
        /can be loaded/,
      );
      await assertOk(check, knowing({ [`${MODULES}/modules.dep`]: `${path}:\n` }), /can be loaded/);
    });

    it(`KernelFeature-*: a module ${name} that is loaded is enough`, () =>
      assertOk(check, knowing({ [`/sys/module/${name}/refcnt`]: '1' }), /loaded/));

    it(`${name}: in a kernel without modules, by its published configuration`, () =>
      assertOk(
        check,
        knowing({ '/proc/config.gz': gzipSync(`# CONFIG_MODULES is not set\n${option}=y\n`) }),
        /built in/,
      ));

    it(`${name}: missing from the modules of the kernel`, () =>
      assertFinds(
        check,
        'error',
        new RegExp(`${KERNEL} does not have ${name}`),
        knowing({ [`${MODULES}/modules.dep`]: 'kernel/other.ko:\n' }),
      ));

    it(`${name}: missing from the configuration of a kernel without modules`, () =>
      assertFinds(check, 'error', /does not have/, knowing({ '/proc/config.gz': gzipSync('CONFIG_NET=y\n') })));

    it(`${name}: of a kernel that tells nothing: skipped, since it may well be there`, () =>
      assertFinds(check, 'skipped', /lists neither its modules nor its configuration/, knowing()));
  }

  it('KernelFeature-*: overlay that is active is enough', () =>
    assertOk('KernelFeature-overlay', knowing({ '/proc/filesystems': 'nodev\toverlay\n' }), /active/));

  it('br_netfilter: active if its kernel parameter is', () => assertOk('KernelFeature-br_netfilter', {}, /active/));

  it('br_netfilter: read from a configuration in /boot if nothing else has it', () => {
    const files = { '/proc/modules': '', [`/boot/config-${KERNEL}`]: 'CONFIG_BRIDGE_NETFILTER=y\n' };
    return assertOk('KernelFeature-br_netfilter', knowing(files), /built in/);
  });

  it("iptable_nat: nftables' own will do", () =>
    assertOk(
      'KernelFeature-iptable_nat',
      knowing({ [`${MODULES}/modules.dep`]: 'kernel/net/netfilter/nft_chain_nat.ko.zst: x\n' }),
    ));

  it('iptable_nat: active if the table is', () =>
    assertOk('KernelFeature-iptable_nat', knowing({ '/proc/net/ip_tables_names': 'nat\nfilter\n' }), /active/));
});
