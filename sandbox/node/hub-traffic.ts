import type { IncomingMessage } from 'node:http';

/** What has passed a pretended hub, as a real one counts it: bytes of answers, by program, verb and resource. */
export class HubTraffic {
  readonly #metric: string;
  readonly #bytes = new Map<string, number>();

  /** @param program `edge-hub`, `yurthub` */
  constructor(program: string) {
    this.#metric = `node_${program.replaceAll('-', '_')}_proxy_traffic_collector`;
  }

  /** Called with each part of an answer; requests that are for no resource do not count. */
  count({ url = '', method, headers }: IncomingMessage, bytes: number): void {
    const [, resource, name, sub = ''] = RESOURCE.exec(url) ?? [];
    if (resource === undefined) return;
    const client = headers['user-agent']?.split(/[/ ]/)[0] ?? '';
    const labels = `client="${client}",resource="${resource}",subresources="${sub}",verb="${verbOf(method, url, name)}"`;
    this.#bytes.set(labels, (this.#bytes.get(labels) ?? 0) + bytes);
  }

  /** Lines in the format of Prometheus. */
  metrics(): string {
    const series = [...this.#bytes].map(([labels, bytes]) => `${this.#metric}{${labels}} ${bytes}\n`);
    return `# TYPE ${this.#metric} counter\n${series.join('')}`;
  }
}

const RESOURCE =
  /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/?]+(?=\/))?\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/;

function verbOf(method: string | undefined, url: string, name: string | undefined): string {
  if (method !== 'GET') return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method ?? ''] ?? '';
  if (/[?&]watch=(?:true|1)/.test(url)) return 'watch';
  return name === undefined ? 'list' : 'get';
}
