import { Args } from '@oclif/core';
import { addonFacts } from '../../cli/addon/changes.ts';
import { shownAddon } from '../../cli/addon/show.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, requireClusterId, serviceFlags, withService } from '../../cli/service-change.ts';
import { factLines } from '../../output/columns.ts';
import { parametersOf } from '../../phases/addon/run.ts';
import { offerOf } from '../../phases/addon/steps.ts';

export default class AddonShow extends BaseCommand {
  static override summary = 'Show an add-on: its versions, its state and its parameters.';
  static override description = ramActions(
    'DescribeClusterDetail',
    'ListAddons',
    'DescribeAddon',
    'ListClusterAddonInstances',
    'GetClusterAddonInstance',
  );
  static override examples = ['<%= config.bin %> addon show coredns --cluster-id c1 --region cn-hangzhou'];
  static override args = { name: Args.string({ required: true, description: 'name of the add-on' }) };
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AddonShow);
    const id = requireClusterId(flags);
    this.openOutput({ looksOnly: true });
    const shown = await withService(flags, async (service) => {
      const [facts, cluster] = await Promise.all([addonFacts(service, id), service.cluster(id)]);
      const addon = shownAddon(args.name, facts, cluster.currentVersion || cluster.initVersion || '');
      if (!addon.installed) offerOf(args.name, facts);
      const [offer, detail] = await Promise.all([
        service.offeredAddon(id, args.name, addon.installed),
        addon.installed ? service.installedAddon(id, args.name) : undefined,
      ]);
      const newer = offer?.newerVersions ?? [];
      return {
        ...addon,
        newer: newer.map(({ version, upgradable, minimumClusterVersion }) => ({
          version,
          upgradable: upgradable ?? false,
          minimumClusterVersion,
        })),
        parameters: parametersOf(detail?.config),
        schema: parametersOf(offer?.configSchema),
      };
    });
    const newer = shown.newer.map(({ version, upgradable, minimumClusterVersion }) =>
      upgradable ? version : `${version} (needs Kubernetes ${minimumClusterVersion ?? 'of a later version'})`,
    );
    const { properties } = shown.schema as { properties?: object };
    const text = factLines({
      Name: shown.name,
      Installed: shown.installed ? `${shown.installed}, ${shown.state ?? 'active'}` : 'no',
      Available: shown.available,
      Newer: newer.join(', '),
      Category: [shown.category, shown.managed && 'part of the control plane'].filter(Boolean).join(', '),
      Parameters: Object.keys(shown.parameters).length > 0 ? JSON.stringify(shown.parameters) : undefined,
      'Can be set': Object.keys(properties ?? {}).join(', '),
      Note: shown.notes.join('; '),
    });
    await this.show({ data: shown, text, names: [`addon/${shown.name}`] });
  }
}
