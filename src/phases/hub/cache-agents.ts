import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import { configMapChange } from '../../kubernetes/api/config-maps.ts';
import type { EdgeProject } from '../../kubernetes/edge-names.ts';
import type { HubConfig } from './hub-config.ts';

const KEY = 'cache_agents';

/** A hub of OpenYurt caches for all programs if this is in the list. */
const ALL = '*';

/** What a hub caches without being told. Source: OpenYurt v1.7.0, pkg/yurthub/configuration/manager.go. */
const BUILT_IN: Readonly<Record<EdgeProject, readonly string[]>> = {
  ack: [],
  openyurt: ['kubelet', 'kube-proxy', 'flanneld', 'coredns', 'raven-agent-ds', 'yurthub'],
};

/** A program whose answers from the API server are kept on the node. */
export interface CacheAgent {
  readonly agent: string;
  readonly setting: string;
}

/** Programs in the list, and those that are cached anyway. */
export function cacheAgents({ names, config }: HubConfig): CacheAgent[] {
  return [
    ...BUILT_IN[names.project].map((agent) => ({ agent, setting: 'built in' })),
    ...agentsIn(config?.data?.[KEY]).map((agent) => ({ agent, setting: KEY })),
  ];
}

function agentsIn(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((agent) => agent.trim())
    .filter(Boolean);
}

/** Why words cannot be cached programs, one line a word. */
export function refuseAgents(words: readonly string[], { names }: HubConfig): string[] {
  return words.flatMap((word) => {
    if (word === ALL && names.project === 'openyurt') return [];
    if (word === ALL) return ['AGENT: "*" is for OpenYurt only'];
    const program = word.split('/')[0] ?? '';
    if (program !== word) return [`AGENT: "${word}": leave out the version; the hub compares ${program} only`];
    return /^[\w.-]+$/.test(word) ? [] : [`AGENT: "${word}" is not the name of a program`];
  });
}

/** Adds programs to the list; those that are cached already change nothing. */
export function addAgents(hub: HubConfig, agents: readonly string[]): ChangeRequest {
  const { names, config } = hub;
  const known = cacheAgents(hub).map(({ agent }) => agent);
  const more = agents.filter((agent) => !known.includes(agent));
  const text = more.length === 0 ? config?.data?.[KEY] : [...agentsIn(config?.data?.[KEY]), ...more].join(',');
  return configMapChange(names.hubConfig, config, text === undefined ? {} : { [KEY]: text });
}

/** Removes programs from the list. The key stays: an empty list is one. */
export function removeAgents({ names, config }: HubConfig, agents: readonly string[]): ChangeRequest {
  const before = agentsIn(config?.data?.[KEY]);
  const left = before.filter((agent) => !agents.includes(agent));
  const isSame = left.length === before.length;
  return configMapChange(names.hubConfig, config, isSame ? {} : { [KEY]: left.join(',') });
}
