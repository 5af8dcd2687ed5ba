import { posix } from 'node:path';
import { PATHS } from '../../host/node-paths.ts';
import { wholeLines } from '../../host/unit-text.ts';
import type { ReadOnlyHost } from './read-only-host.ts';

/** What keeps a module from being loaded. */
export interface ModuleRule {
  /** `never`: not even by name; `at boot`: systemd-modules-load passes it over, modprobe loads it. */
  readonly effect: 'never' | 'at boot';
  /** The line and where it stands: `install br_netfilter /bin/false in /etc/modprobe.d/cis.conf`. */
  readonly found: string;
}

/** The rule of modprobe.d or of the kernel's command line that keeps a module out; undefined if none does. */
export async function blockingRule(host: ReadOnlyHost, module: string): Promise<ModuleRule | undefined> {
  const rules = [...ofCommandLine((await host.read('/proc/cmdline')) ?? ''), ...(await ofFiles(host))];
  const own = rules.filter((rule) => rule.module === normal(module));
  return own.find(({ effect }) => effect === 'never') ?? own[0];
}

type Rule = ModuleRule & { readonly module: string };

async function ofFiles(host: ReadOnlyHost): Promise<Rule[]> {
  const { modprobeFolders } = PATHS.system;
  const listings = await Promise.all(modprobeFolders.map((folder) => host.list(folder)));
  const files = new Map<string, string>();
  listings.forEach((names, i) => {
    for (const name of names)
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, posix.join(modprobeFolders[i] ?? '', name));
  });
  const texts = await Promise.all(
    [...files.values()].map(async (path) => ({ path, text: (await host.read(path)) ?? '' })),
  );
  return texts.flatMap(({ path, text }) =>
    wholeLines(text)
      .split('\n')
      .flatMap((line) => ruleIn(line.trim(), path)),
  );
}

/** Commands in the place of a module that only keep it out. */
const LOADS_NOTHING =
  /^(\S*\/)?((false|true|nologin|echo|logger|exit|:)\b|:$|(ba|da)?sh -c ["']?(exit \d+|true|false|:)["']?)/;

function ruleIn(line: string, path: string): Rule[] {
  const [verb, module = '', ...command] = line.split(/\s+/);
  const found = `${line} in ${path}`;
  if (verb === 'blacklist') return [{ module: normal(module), effect: 'at boot', found }];
  const off = verb === 'alias' && command[0] === 'off';
  const refuses = verb === 'install' && LOADS_NOTHING.test(command.join(' '));
  return off || refuses ? [{ module: normal(module), effect: 'never', found }] : [];
}

/** `module_blacklist` is the kernel's own, `modprobe.blacklist` is read by modprobe and systemd. */
function ofCommandLine(text: string): Rule[] {
  return text.split(/\s+/).flatMap((word) => {
    const [, key, value = ''] = /^(module_blacklist|modprobe\.blacklist)=(.*)$/.exec(word) ?? [];
    if (!key) return [];
    const effect = key === 'module_blacklist' ? ('never' as const) : ('at boot' as const);
    return value
      .split(',')
      .map((module) => ({ module: normal(module), effect, found: `${word} on the kernel command line` }));
  });
}

/** To modprobe a dash and an underscore are the same. */
function normal(module: string): string {
  return module.replaceAll('-', '_');
}

/**
 * The versions of the kernels whose modules are installed, if those of the running one are not: it was updated and
 * the machine not booted since. undefined if that is not so.
 */
export async function otherKernels(host: ReadOnlyHost, kernel: string): Promise<readonly string[] | undefined> {
  const installed = (await host.list('/lib/modules')).filter((name) => /^\d+\.\d+/.test(name));
  return installed.length > 0 && !installed.includes(kernel) ? installed : undefined;
}
