import { Args } from '@oclif/core';
import { requireSandbox } from '../../../sandbox/folder.ts';
import {
  KINDS,
  listObjects,
  objectsNamed,
  RESOURCE_PATHS,
  resourceNamed,
  rowNamed,
} from '../../../sandbox/list-objects.ts';
import { listSandboxNodes } from '../../../sandbox/nodes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag, namespacesFlagsFor } from '../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';
import { usageError } from '../../errors/usage.ts';
import { quote } from '../../host/quote.ts';
import { table } from '../../output/table.ts';

export default class SandboxGet extends BaseCommand {
  static override summary = 'Show objects of the cluster as `kubectl get` does, for machines without kubectl.';
  static override description =
    'With the name of an object, -o json and -o yaml show the object itself, otherwise the columns of the table. kubectl can do more: `edgeadm sandbox kubeconfig` prints the file for its --kubeconfig.';
  static override examples = [
    '<%= config.bin %> sandbox get nodes',
    '<%= config.bin %> sandbox get node edge1 -o yaml',
    '<%= config.bin %> sandbox get pods -n kube-system',
  ];
  static override args = {
    resource: Args.string({
      required: true,
      description: `${Object.keys(RESOURCE_PATHS).join(', ')}, or the names that kubectl takes: no, po, np; or KIND/NAME`,
    }),
    name: Args.string({ description: 'name of one object; default: all' }),
  };
  static override flags = { ...sandboxFlags, ...listFlag, ...namespacesFlagsFor('objects') };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(SandboxGet);
    const folder = folderOf(flags);
    const [kind = '', nameOfKind] = args.resource.split('/', 2);
    const resource = resourceNamed(kind);
    const name = nameOfKind ?? args.name;
    await requireSandbox(folder);
    const everywhere = await listObjects(folder, resource, this.wide);
    const all = everywhere.filter(
      ({ Namespace = flags.namespace }) => !flags.namespace || Namespace === flags.namespace,
    );
    if (resource === 'nodes' && name !== undefined) await refuseUnjoined(all, name, flags);
    const rows = name === undefined ? all : rowNamed(all, name, resource);
    const text = rows.length === 0 ? `No ${resource} found.\n` : table(rows);
    const asObject = name !== undefined && (flags.output === 'json' || flags.output === 'yaml');
    const objects = asObject ? await objectsNamed(folder, resource, { name, namespace: flags.namespace }) : [];
    const data = asObject ? (objects.length === 1 ? objects[0] : objects) : rows.map(keysOfJson);
    await this.show({ data, text, names: rows.map(({ Name }) => `${KINDS[resource]}/${Name}`) });
  }
}

/** A machine that was created and has not joined is not an object of the cluster. @throws EdgeadmError USAGE */
async function refuseUnjoined(
  rows: readonly { readonly Name?: string | number }[],
  name: string,
  flags: { readonly dir?: string },
): Promise<void> {
  if (rows.some(({ Name }) => Name === name)) return;
  const machines = await listSandboxNodes(folderOf(flags));
  if (!machines.some((machine) => machine.name === name)) return;
  const dir = flags.dir === undefined ? '' : ` --dir ${quote(flags.dir)}`;
  throw usageError(
    [`node "${name}" has not joined the cluster: only its machine was created`],
    `edgeadm sandbox node create ${name}${dir}   (prints a new join line)`,
  );
}

/** Columns as keys of JSON are spelt everywhere: `Internal-IP` as `internalIp`. */
function keysOfJson(row: Readonly<Record<string, string | number>>): Record<string, string | number> {
  const key = (column: string): string =>
    column
      .split(/[- ]/)
      .map((word) => word.replace(/^[A-Z]+$/, (capitals) => capitals[0] + capitals.slice(1).toLowerCase()))
      .join('')
      .replace(/^./, (letter) => letter.toLowerCase());
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [key(column), value]));
}
