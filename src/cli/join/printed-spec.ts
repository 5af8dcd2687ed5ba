import { API_VERSION } from '../../config/config-file.ts';
import { joinKeys } from '../../config/join-schema.ts';
import { count } from '../../lib/count.ts';
import { formatDuration } from '../../lib/duration.ts';
import { MASK } from '../../lib/redact.ts';
import { terminalColumns } from '../../output/columns.ts';
import { fold, wordsOf } from '../../output/width.ts';
import { toYaml } from '../../templates/yaml.ts';
import type { JoinRequest } from './request.ts';

interface Shown {
  readonly yaml: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A request, resolved as far as possible offline, as a JoinConfiguration; secrets are masked. */
export function shownSpec({ draft, form, warnings }: Pick<JoinRequest, 'draft' | 'form' | 'warnings'>): Shown {
  const { yes, timeoutMs, compatMatrix, token, ...keys } = draft;
  const data = configuration({ ...keys, token: token && `${token.split('.')[0]}.${MASK}` });
  const notes = [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(form.kind === 'exchange' ? [`${form.endpoint} provides the other settings of the cluster`] : []),
    ...(form.kind === 'cloud'
      ? [`the container service provides the other settings of cluster ${form.clusterId}`]
      : []),
    `timeout: ${formatDuration(timeoutMs)}`,
    ...(yes ? ['yes to every question'] : []),
    ...(compatMatrix.length > 0 ? [`${count('row', compatMatrix.length)} added to the compatibility matrix`] : []),
  ];
  return { yaml: `${toYaml(data)}${notes.map((note) => comment(note)).join('')}`, data };
}

/** A JoinConfiguration with placeholders for what must be given; the keys that have no default are named below it. */
export function shownDefaults(): Shown {
  const given = {
    apiServers: ['10.0.0.1:6443'],
    token: 'abcdef.0123456789abcdef',
    caCertHashes: [`sha256:${'0'.repeat(64)}`],
  };
  const data = configuration(joinKeys.parse(given));
  const others = Object.keys(joinKeys.shape).filter((key) => !(key in data));
  return { yaml: `${toYaml(data)}${comment(`Keys without a default: ${others.join(', ')}`, 80)}`, data };
}

/** Lines of a YAML comment, within the terminal's width. */
function comment(text: string, widest = Infinity): string {
  return fold(wordsOf(text), Math.min(terminalColumns(), widest) - 2)
    .map((line) => `# ${line}\n`)
    .join('');
}

function configuration(keys: object): Readonly<Record<string, unknown>> {
  return {
    apiVersion: API_VERSION,
    kind: 'JoinConfiguration',
    ...Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)),
  };
}
