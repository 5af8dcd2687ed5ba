import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { listFlag } from '../cli/flags.ts';
import { comparisonTable, matrixTable } from '../compat/describe.ts';
import { judgePlatform, judgeVersion, OLDER_CLUSTER } from '../compat/judge.ts';
import { MATRIX } from '../compat/matrix.ts';
import { readMatrixFile } from '../compat/matrix-file.ts';
import { parseOs } from '../compat/os-argument.ts';
import { nearestRows, type Platform, rowsThatFit } from '../compat/supports.ts';
import type { MatrixRow } from '../config/spec.ts';
import { EdgeadmError } from '../errors/index.ts';
import { architectureOf } from '../lib/architecture.ts';
import { terminalColumns } from '../output/columns.ts';

export default class Compat extends BaseCommand {
  static override summary = 'Show the supported combinations of operating system, kernel and cluster version.';
  static override description = [
    'Without flags it prints the whole matrix; with some, the rows that match.',
    'With all four it checks one combination: exit code 0 if a node can join; otherwise 3 or 4, with the reason.',
    `Rows for older clusters are the vendor's: ${OLDER_CLUSTER}.`,
    "The matrix is binding for the vendor's clusters, whose versions end in -aliyun or -aliyunedge. On any other cluster the requirements of Kubernetes decide; preflight checks them on the machine.",
  ].join('\n');
  static override examples = [
    '<%= config.bin %> compat',
    '<%= config.bin %> compat --os Ubuntu --arch arm64',
    "<%= config.bin %> compat --os 'CentOS 7.6' --kernel 3.10.0-1160 --arch amd64 --cluster-version 1.20.11-aliyunedge.1",
  ];
  static override flags = {
    ...listFlag,
    os: Flags.string({ description: 'name and version of the operating system', helpValue: "'CentOS 7.6'" }),
    kernel: Flags.string({ description: 'kernel, as printed by uname -r', helpValue: '3.10.0-1160' }),
    arch: Flags.string({ description: 'architecture', helpValue: 'amd64|x86_64|arm64|aarch64' }),
    'cluster-version': Flags.string({ description: 'version of the cluster', helpValue: '1.20.11-aliyunedge.1' }),
    'compat-matrix': Flags.string({
      description: 'file with additional rows for the compatibility matrix',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Compat);
    const { arch, kernel, 'cluster-version': clusterVersion, 'compat-matrix': file } = flags;
    const rows = [...MATRIX, ...(file === undefined ? [] : await readMatrixFile(file))];
    const known: Partial<Platform> = {
      arch: arch === undefined ? undefined : architectureOf(arch),
      kernel,
      clusterVersion,
      ...(flags.os === undefined ? {} : parseOs(flags.os)),
    };
    if (isComplete(known)) return this.#judge(known, rows);
    requireKnownVersion(clusterVersion);
    const fitting = rowsThatFit(known, rows);
    const nearest = fitting.length > 0 ? [] : nearestRows(known, rows);
    const tableOf = (columns?: number): string =>
      fitting.length > 0
        ? `${matrixTable(fitting, columns)}\n`
        : `No rows of the matrix match. The nearest rows:\n\n${comparisonTable(known, nearest, columns)}\n`;
    await this.show({
      data: { rows: fitting, nearest },
      text: tableOf(terminalColumns()),
      wide: tableOf(),
      names: namesOf(fitting),
    });
  }

  async #judge(platform: Platform, all: readonly MatrixRow[]): Promise<void> {
    const { supported, rows, nearest, notes, refusal } = judgePlatform(platform, all);
    const head = supported ? ['Supported.'] : nearest.length > 0 ? ['The nearest rows of the matrix:'] : [];
    const textOf = (columns?: number): string =>
      [
        ...head,
        ...notes.map((note) => `Note: ${note}.`),
        '',
        comparisonTable(platform, [...rows, ...nearest], columns),
        '',
      ].join('\n');
    const error = refusal && new EdgeadmError({ code: refusal.code, what: `not supported: ${refusal.reason}` });
    const data = { supported, rows, nearest, notes };
    await this.show({ data, text: textOf(terminalColumns()), wide: textOf(), names: namesOf(rows) }, error);
  }
}

/** The guide has rows for clusters that edgeadm joins no nodes to. @throws EdgeadmError CLUSTER_UNSUPPORTED, USAGE */
function requireKnownVersion(version: string | undefined): void {
  if (version === undefined || judgeVersion(version) !== 'unsupported') return;
  throw new EdgeadmError({
    code: 'CLUSTER_UNSUPPORTED',
    what: `not supported: ${OLDER_CLUSTER}`,
    why: `found ${version}`,
  });
}

function isComplete(known: Partial<Platform>): known is Platform {
  return [known.arch, known.os, known.version, known.kernel, known.clusterVersion].every(
    (value) => value !== undefined,
  );
}

/** `platform/CentOS-7.6-amd64` for each system of these rows, once. */
function namesOf(rows: readonly MatrixRow[]): string[] {
  const names = rows.flatMap(({ arch, os, versions }) =>
    versions.map((version) => `platform/${os.replaceAll(' ', '-')}-${version}-${arch}`),
  );
  return [...new Set(names)];
}
