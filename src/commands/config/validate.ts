import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { shownSpec } from '../../cli/join/printed-spec.ts';
import { joinRequests } from '../../cli/join/request.ts';
import { targetOptions } from '../../cli/target-options.ts';
import { targetsOf } from '../../host/targets.ts';

export default class ConfigValidate extends BaseCommand {
  static override summary = 'Show the resolved configuration from flags, environment and file, or list all errors.';
  static override examples = [
    '<%= config.bin %> config validate --config join.yaml',
    '<%= config.bin %> config validate --config join.yaml --inventory hosts.yaml',
  ];
  static override args = joinArgs;
  static override flags = joinFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ConfigValidate);
    const targets = await targetsOf(targetOptions(flags));
    const requests = await joinRequests({ flags, server: args['api-server'] }, targets);
    const shown = targets.map((target) => ({ host: target.label, ...shownSpec(requests.of(target)) }));
    const [only] = shown.length === 1 ? shown : [];
    const yaml = only?.yaml ?? shown.map((each) => `---\n# ${each.host}\n${each.yaml}`).join('');
    const data = only?.data ?? { hosts: shown.map((each) => ({ host: each.host, configuration: each.data })) };
    await this.show({ data, text: `${yaml}# valid\n`, verbatim: true });
  }
}
