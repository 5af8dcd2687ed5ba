import { BaseCommand } from '../../cli/base-command.ts';
import { joinArgs, joinFlags } from '../../cli/join/flags.ts';
import { shownSpec } from '../../cli/join/printed-spec.ts';
import { joinRequestOf } from '../../cli/join/request.ts';

export default class ConfigValidate extends BaseCommand {
  static override summary = 'Show the resolved configuration from flags, environment and file, or list all errors.';
  static override examples = ['<%= config.bin %> config validate --config join.yaml'];
  static override args = joinArgs;
  static override flags = joinFlags;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ConfigValidate);
    const { yaml, data } = shownSpec(await joinRequestOf({ flags, server: args['api-server'] }));
    await this.show({ data, text: `${yaml}# valid\n`, verbatim: true });
  }
}
