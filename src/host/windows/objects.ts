import type { MachineObjects, ObjectKind } from '../machine.ts';
import { firewallRules } from './firewall.ts';
import type { ObjectStore } from './object-store.ts';
import { scheduledTasks, type TaskParts } from './scheduled-tasks.ts';
import { serviceDefinitions } from './service-definition.ts';

/** What of Windows is neither a file nor the state of a service. */
export function windowsObjects(parts: TaskParts): MachineObjects {
  const stores: Readonly<Record<ObjectKind, ObjectStore<string>>> = {
    service: inJson(serviceDefinitions(parts.exec)),
    'firewall-rule': inJson(firewallRules(parts.exec)),
    'scheduled-task': inJson(scheduledTasks(parts)),
  };
  return {
    read: (kind, name) => stores[kind].read(name),
    write: (kind, name, definition) => stores[kind].write(name, definition),
    remove: (kind, name) => stores[kind].remove(name),
  };
}

/** Equal definitions are equal texts, as long as their keys come in one order. */
function inJson<T>({ read, write, remove }: ObjectStore<T>): ObjectStore<string> {
  return {
    read: async (name) => {
      const found = await read(name);
      return found === undefined ? undefined : JSON.stringify(found);
    },
    write: (name, definition) => write(name, JSON.parse(definition) as T),
    remove,
  };
}
