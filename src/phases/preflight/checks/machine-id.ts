import { type Check, fail, pass } from '../check.ts';

export const machineId: Check = {
  name: 'MachineID',
  concerns: 'node',
  severity: 'warning',
  about:
    '/etc/machine-id contains an ID of 32 hexadecimal digits. An empty file, or `uninitialized`, comes from an image that was never booted. After the join, edgeadm warns if another Node has the same ID, as cloned machines have.',
  remedy: 'Make one: `rm -f /etc/machine-id; systemd-machine-id-setup`, then reboot.',
  run: async ({ host }) => {
    const { machineId: id } = await host.facts();
    if (id === '') return fail('/etc/machine-id is empty or does not exist');
    if (id === 'uninitialized')
      return fail('/etc/machine-id says uninitialized: the machine never finished its first boot');
    if (!/^[0-9a-f]{32}$/i.test(id) || /^(.)\1*$/.test(id))
      return fail(`/etc/machine-id contains ${id.slice(0, 40)}, which is not an ID`);
    return pass(id);
  },
};
