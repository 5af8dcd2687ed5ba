import { COLLECTOR_LIMIT_MS } from '../collect.ts';
import type { CollectContext, Collector } from '../collector.ts';

const LOGS = '/var/log/pods';
const LINES = '500';
/** A node runs at most 110 pods; a crash loop leaves a log for each start, of which the last is taken. */
const MOST_LOGS = 120;

/** The end of each container's newest log. */
export const podLogs: Collector = {
  name: 'cri/logs',
  run: async (context) => {
    const paths = (await newestLogs(context)).slice(0, MOST_LOGS);
    const files = [];
    for (const path of paths)
      files.push({ path: `cri/logs${path.slice(LOGS.length)}`, text: await endOf(context, path) });
    return { files };
  },
};

async function newestLogs({ host, signal }: CollectContext): Promise<string[]> {
  const paths: string[] = [];
  for (const pod of await host.list(LOGS)) {
    for (const container of await host.list(`${LOGS}/${pod}`)) {
      signal.throwIfAborted();
      const logs = (await host.list(`${LOGS}/${pod}/${container}`)).filter((name) => /^\d+\.log$/.test(name));
      const newest = logs.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1);
      if (newest) paths.push(`${LOGS}/${pod}/${container}/${newest}`);
    }
  }
  return paths;
}

async function endOf({ host, signal }: CollectContext, path: string): Promise<string> {
  signal.throwIfAborted();
  if (!host.runsPrograms) return (await host.read(path))?.split('\n').slice(-Number(LINES)).join('\n') ?? '';
  const { stdout, stderr } = await host.query('tail', ['-n', LINES, path], { timeoutMs: COLLECTOR_LIMIT_MS, signal });
  return stdout || stderr;
}
