import { isDeepStrictEqual } from 'node:util';
import { parse, stringify, type TomlTable } from 'smol-toml';
import { EdgeadmError } from '../../errors/index.ts';
import { PATHS } from '../../host/node-paths.ts';
import { editArray } from './toml-array.ts';
import { editToml, type Setting } from './toml-edit.ts';

/** What a join needs of containerd's configuration; absent keys are left unchanged. */
export interface ContainerdNeeds {
  readonly sandboxImage?: string;
  /** containerd's root folder. */
  readonly root?: string;
  /** Whether systemd makes the cgroups, as it must for a kubelet that has it so; default true. */
  readonly systemdCgroup?: boolean;
  /** Folders of CNI configurations and plug-ins, if they are not containerd's own. */
  readonly cniConfigurations?: string;
  readonly cniPlugins?: string;
  /** Program of the runtime `nvidia`, on a node with GPUs. */
  readonly nvidiaRuntime?: string;
}

const V1_CRI = ['plugins', 'cri'];
const V2_CRI = ['plugins', 'io.containerd.grpc.v1.cri'];
const V3_IMAGES = ['plugins', 'io.containerd.cri.v1.images'];
const V3_RUNTIME = ['plugins', 'io.containerd.cri.v1.runtime'];
const CRI_BY_VERSION: Readonly<Record<number, readonly string[]>> = { 1: V1_CRI, 2: V2_CRI };
const RUNC = ['containerd', 'runtimes', 'runc'];

/**
 * The settings by version of the file: 1 until containerd 1.2, 2 from 1.3 on, 3 for containerd 2.
 * @see https://github.com/containerd/containerd/blob/main/docs/cri/config.md
 */
function settingsFor(version: number, root: TomlTable, needs: ContainerdNeeds): Setting[] {
  const settings: Setting[] = [];
  const systemd = needs.systemdCgroup ?? true;
  const cni = [...(CRI_BY_VERSION[version] ?? V3_RUNTIME), 'cni'];
  if (needs.cniConfigurations) settings.push({ table: cni, key: 'conf_dir', value: needs.cniConfigurations });
  if (needs.cniPlugins) settings.push(...pluginFolder(version, cni, root, needs.cniPlugins));
  if (needs.root) settings.push({ table: [], key: 'root', value: needs.root });
  settings.push(...withoutOldCgroupKey(version, root));
  if (version === 1) {
    settings.push({ table: [...V1_CRI, ...RUNC], key: 'runtime_type', value: 'io.containerd.runc.v2' });
    settings.push({ table: [...V1_CRI, ...RUNC, 'options'], key: 'SystemdCgroup', value: systemd });
    if (needs.sandboxImage) settings.push({ table: V1_CRI, key: 'sandbox_image', value: needs.sandboxImage });
    if (needs.nvidiaRuntime) settings.push(...nvidiaSettings([...V1_CRI, ...RUNC], needs.nvidiaRuntime, systemd));
    return settings;
  }
  const runtime = [...(version === 2 ? V2_CRI : V3_RUNTIME), ...RUNC];
  if (needs.sandboxImage) {
    settings.push(
      version === 2
        ? { table: V2_CRI, key: 'sandbox_image', value: needs.sandboxImage }
        : { table: [...V3_IMAGES, 'pinned_images'], key: 'sandbox', value: needs.sandboxImage },
    );
  }
  settings.push({ table: runtime, key: 'runtime_type', value: 'io.containerd.runc.v2' });
  settings.push({ table: [...runtime, 'options'], key: 'SystemdCgroup', value: systemd });
  if (needs.nvidiaRuntime) settings.push(...nvidiaSettings(runtime, needs.nvidiaRuntime, systemd));
  return settings;
}

/** As `nvidia-ctk runtime configure` writes it; it does not become the default runtime: pods name its RuntimeClass. */
function nvidiaSettings(runc: readonly string[], program: string, systemd: boolean): Setting[] {
  const table = [...runc.slice(0, -1), 'nvidia'];
  return [
    { table, key: 'runtime_type', value: 'io.containerd.runc.v2' },
    { table: [...table, 'options'], key: 'BinaryName', value: program },
    { table: [...table, 'options'], key: 'SystemdCgroup', value: systemd },
  ];
}

/**
 * The key `systemd_cgroup` of the CRI plug-in is of containerd before 1.3; newer ones load no CRI plug-in where it is
 * true, as after the `sed` of many guides. Sources: containerd/containerd#4574, #4587.
 */
function withoutOldCgroupKey(version: number, root: TomlTable): Setting[] {
  const table = CRI_BY_VERSION[version];
  if (table === undefined || tableAt(root, table).systemd_cgroup !== true) return [];
  return [{ table, key: 'systemd_cgroup', value: false }];
}

/** True for a file with which containerd loads no CRI plug-in, and which a join changes so that it does. */
export function keepsCriOff(text: string): boolean {
  const root = parseToml(text);
  return disablesCri(root) || withoutOldCgroupKey(versionOf(root), root).length > 0;
}

/**
 * containerd looks for CNI plug-ins in `bin_dir`, from 2.1 on in the list `bin_dirs`, and refuses a file with both.
 * Source: containerd v2.2.0, internal/cri/config/config.go; v2.4.2 has no `bin_dir` in files of version 3 and 4, and
 * takes that of version 2. Up to there the folder is always written: packages have defaults of their own.
 */
function pluginFolder(version: number, table: readonly string[], root: TomlTable, folder: string): Setting[] {
  const given = foldersIn(root, table);
  if (given.includes(folder) && (namesFolders(root, table) || version > 2)) return [];
  return Array.isArray(tableAt(root, table).bin_dirs) || version >= 4
    ? [{ table, key: 'bin_dirs', value: [folder, ...given] }]
    : [{ table, key: 'bin_dir', value: folder }];
}

function foldersIn(root: TomlTable, table: readonly string[]): string[] {
  const { bin_dir: one, bin_dirs: list } = tableAt(root, table);
  return Array.isArray(list) ? list.map(String) : [typeof one === 'string' && one ? one : PATHS.cni.plugins];
}

function namesFolders(root: TomlTable, table: readonly string[]): boolean {
  const { bin_dir: one, bin_dirs: list } = tableAt(root, table);
  return Array.isArray(list) || (typeof one === 'string' && one !== '');
}

/**
 * The folders in which a containerd with this configuration looks for CNI plug-ins.
 * @returns undefined if it does not name them: the default is upstream's, or that of the package
 */
export function cniPluginFoldersIn(text: string): string[] | undefined {
  const root = parseToml(text);
  const table = [...(CRI_BY_VERSION[versionOf(root)] ?? V3_RUNTIME), 'cni'];
  return namesFolders(root, table) ? foldersIn(root, table) : undefined;
}

/**
 * Changes only what a join needs in containerd's configuration; comments and everything else stay, except in a file
 * that nothing but a TOML parser understands.
 * @returns the new text, or undefined if the file already is as needed
 * @throws EdgeadmError RUNTIME_FAILED if the file is not TOML
 */
export function fitContainerdConfig(text: string, needs: ContainerdNeeds): string | undefined {
  const version = versionOf(parseToml(text));
  return fitText(text, needs, version > 1 ? [{ table: [], key: 'version', value: version }] : []);
}

function fitText(text: string, needs: ContainerdNeeds, more: readonly Setting[]): string | undefined {
  const before = parseToml(text);
  const version = versionOf(before);
  const after = parseToml(text);
  const settings = [...settingsFor(version, before, needs), ...otherRuntimes(version, before, needs), ...more];
  const missing = settings.filter((setting) => apply(after, setting));
  const pluginsChanged = enableCri(after);
  if (missing.length === 0 && !pluginsChanged) return undefined;
  const enabled = pluginsChanged ? editArray(text, 'disabled_plugins', pluginNames(before)) : text;
  const edited = edit(enabled, missing);
  return edited !== undefined && sameTable(edited, after) ? edited : stringify(after);
}

/** False for a file that {@link fitContainerdConfig} could not edit line by line, and has rewritten. */
export function keepsComments(before: string, after: string): boolean {
  const own = before.split('\n').filter((line) => /^\s*#/.test(line));
  return own.every((line) => after.includes(line));
}

function edit(text: string, settings: readonly Setting[]): string | undefined {
  try {
    return settings.reduce(editToml, text);
  } catch {
    return undefined;
  }
}

/**
 * Every runtime that starts containers with runc makes their cgroups by itself: nvidia's, which may be the default one.
 * Sources: k3s-io/k3s#8470, NVIDIA/nvidia-docker#1788.
 */
function otherRuntimes(version: number, root: TomlTable, { systemdCgroup = true }: ContainerdNeeds): Setting[] {
  const table = [...(CRI_BY_VERSION[version] ?? V3_RUNTIME), 'containerd', 'runtimes'];
  const runtimes = tableAt(root, table);
  return Object.entries(runtimes).flatMap(([name, runtime]) => {
    const { runtime_type: type } = (runtime ?? {}) as TomlTable;
    if (name === 'runc' || !/^io\.containerd\.runc\.v[12]$/.test(String(type))) return [];
    return [{ table: [...table, name, 'options'], key: 'SystemdCgroup', value: systemdCgroup }];
  });
}

/** True for a file in which containerd's CRI plug-in finds a runtime, such as `nvidia`. */
export function hasRuntime(text: string, name: string, file?: string): boolean {
  const root = parseToml(text, file);
  return isTable(tableAt(root, [...(CRI_BY_VERSION[versionOf(root)] ?? V3_RUNTIME), 'containerd', 'runtimes'])[name]);
}

function tableAt(root: TomlTable, path: readonly string[]): TomlTable {
  let at: unknown = root;
  for (const name of path) at = typeof at === 'object' && at !== null ? (at as TomlTable)[name] : undefined;
  return typeof at === 'object' && at !== null ? (at as TomlTable) : {};
}

/** The version that a file names; 0 if it names none, as containerd has it. */
export function configVersion(text: string, file?: string): number {
  const { version } = parseToml(text, file);
  return typeof version === 'number' ? version : 0;
}

/** The patterns of files that a configuration imports; what they set counts before its own. */
export function importsOf(text: string, file?: string): string[] {
  const { imports } = parseToml(text, file);
  return Array.isArray(imports) ? imports.map(String) : [];
}

/**
 * Like {@link fitContainerdConfig}, for a file that is imported: containerd 1 takes the whole section of a plug-in from
 * the last file that has one, so a file that has the CRI's must have all that a join needs of it. A file without a
 * version stays so: containerd reads it by the version of the file that imports it, while containerd up to 2.2 reads all
 * files by the version of the last one that has it (LoadConfig in cmd/containerd/server/config, containerd/containerd#12891).
 * @returns the new text, or undefined if the file has nothing to do with it
 */
export function fitImportedConfig(text: string, needs: ContainerdNeeds, file: string): string | undefined {
  const root = parseToml(text, file);
  const plugins = Object.keys((root.plugins ?? {}) as TomlTable);
  const isCri = plugins.some(
    (name) => name === 'cri' || /^io\.containerd\.(grpc\.v1\.cri|cri\.v1\.(images|runtime))$/.test(name),
  );
  if (!isCri) return disablesCri(root) ? withCri(text) : undefined;
  return fitText(text, { ...needs, root: root.root === undefined ? undefined : needs.root }, []);
}

const CRI_NAMES = ['cri', 'io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime'];

function disablesCri({ disabled_plugins: disabled }: TomlTable): boolean {
  return Array.isArray(disabled) && disabled.some((name) => CRI_NAMES.includes(String(name)));
}

function withCri(text: string): string {
  return editArray(text, 'disabled_plugins', pluginNames(parseToml(text)));
}

function parseToml(text: string, file: string = PATHS.containerd.configuration): TomlTable {
  try {
    return parseBig(text);
  } catch (error) {
    throw new EdgeadmError({
      code: 'RUNTIME_FAILED',
      what: `${file} is damaged`,
      why: tomlFault(error),
      next: `repair ${file}, then run the same command again`,
    });
  }
}

/** Numbers of 64 bits, as containerd takes them, stay whole. */
function parseBig(text: string): TomlTable {
  return parse(text, { integersAsBigInt: 'asNeeded' });
}

/** smol-toml tells the place beside the message, and quotes the lines around it in the message. */
function tomlFault(error: unknown): string {
  const { line, message } = error as { readonly line?: number; readonly message: string };
  const [what = ''] = message.split('\n');
  return line === undefined ? what : `line ${line}: ${what.replace(/^Invalid TOML document: /, 'it is not TOML: ')}`;
}

/**
 * Without a version, the names of the plug-ins tell it: files that others import often have none. One without plug-ins
 * (Docker's package) is of version 2.
 */
function versionOf({ version, plugins }: TomlTable): number {
  if (typeof version === 'number') return version;
  const names = Object.keys((plugins ?? {}) as TomlTable);
  if (names.some((name) => name.startsWith('io.containerd.cri.v1.'))) return 3;
  return names.length === 0 || names.some((name) => name.startsWith('io.containerd.')) ? 2 : 1;
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Sets a value. @returns true if it was another */
function apply(root: TomlTable, { table, key, value }: Setting): boolean {
  let at = root;
  for (const name of table) {
    if (!isTable(at[name])) at[name] = {};
    at = at[name] as TomlTable;
  }
  if (isDeepStrictEqual(at[key], value)) return false;
  at[key] = Array.isArray(value) ? [...value] : (value as string | boolean | number);
  return true;
}

/**
 * Docker's package of containerd ships with the CRI plug-in switched off. From version 2 of the file on, containerd
 * exits over a plug-in without its whole name (ValidateVersion in cmd/containerd/server/config).
 * @returns what a plug-in that is switched off has to be called; undefined for the CRI's
 */
function pluginNames(root: TomlTable): (plugin: string) => string | undefined {
  const isOld = versionOf(root) === 1;
  return (plugin) => {
    if (CRI_NAMES.includes(plugin)) return undefined;
    return isOld || plugin.includes('.') ? plugin : wholeName(plugin);
  };
}

/** @returns true if the list was another */
function enableCri(root: TomlTable): boolean {
  const disabled = root.disabled_plugins;
  if (!Array.isArray(disabled)) return false;
  const nameOf = pluginNames(root);
  root.disabled_plugins = disabled.flatMap((plugin) => nameOf(String(plugin)) ?? []);
  return !isDeepStrictEqual(root.disabled_plugins, disabled);
}

/** The plug-ins that a file of version 1 calls by a short name. Source: v1MigratePluginName of containerd. */
const KINDS: Readonly<Record<string, string>> = {
  cgroups: 'monitor.v1',
  linux: 'runtime.v1',
  scheduler: 'gc.v1',
  bolt: 'metadata.v1',
  task: 'runtime.v2',
  opt: 'internal.v1',
  restart: 'internal.v1',
  tracing: 'internal.v1',
  otlp: 'tracing.processor.v1',
  aufs: 'snapshotter.v1',
  btrfs: 'snapshotter.v1',
  devmapper: 'snapshotter.v1',
  native: 'snapshotter.v1',
  overlayfs: 'snapshotter.v1',
  zfs: 'snapshotter.v1',
};

function wholeName(plugin: string): string {
  const kind = plugin.endsWith('-service') ? 'service.v1' : (KINDS[plugin] ?? 'grpc.v1');
  return `io.containerd.${kind}.${plugin}`;
}

function sameTable(text: string, expected: TomlTable): boolean {
  try {
    return isDeepStrictEqual(plain(parseBig(text)), plain(expected));
  } catch {
    return false;
  }
}

/** Tables of the parser have no prototype, copies of them have one. */
function plain(table: TomlTable): unknown {
  return JSON.parse(JSON.stringify(table, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
}
