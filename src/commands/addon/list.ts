import { addonFacts } from '../../cli/addon/changes.ts';
import { addonTable, shownAddons } from '../../cli/addon/show.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { listFlag } from '../../cli/flags.ts';
import { ramActions, requireClusterId, serviceFlags, withService } from '../../cli/service-change.ts';

export default class AddonList extends BaseCommand {
  static override summary = 'List the add-ons of a cluster: installed and available versions, and which are outdated.';
  static override description =
    `Notes come from the release notes of the vendor's guide. ${ramActions('DescribeClusterDetail', 'ListAddons', 'ListClusterAddonInstances')}`;
  static override examples = ['<%= config.bin %> addon list --cluster-id c1 --region cn-hangzhou'];
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(AddonList);
    const id = requireClusterId(flags);
    this.openOutput({ looksOnly: true });
    const { addons, version } = await withService(flags, async (service) => {
      const [facts, cluster] = await Promise.all([addonFacts(service, id), service.cluster(id)]);
      const version = cluster.currentVersion || cluster.initVersion || '';
      return { version, addons: shownAddons(facts, version) };
    });
    await this.show({
      data: addons,
      text: addonTable(addons, version),
      wide: addonTable(addons, version, true),
      names: addons.filter(({ installed }) => installed).map(({ name }) => `addon/${name}`),
    });
  }
}
