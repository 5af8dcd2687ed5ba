import { BaseCommand } from '../../cli/base-command.ts';
import { shownDefaults } from '../../cli/join/printed-spec.ts';

export default class ConfigPrintDefaults extends BaseCommand {
  static override summary = 'Print a configuration file with all defaults, as a starting point.';
  static override examples = ['<%= config.bin %> config print-defaults > join.yaml'];

  async run(): Promise<void> {
    await this.parse(ConfigPrintDefaults);
    const { yaml, data } = shownDefaults();
    // A placeholder, not a secret; masked, the file would not be valid.
    await this.show({ data, text: yaml, reveal: true });
  }
}
