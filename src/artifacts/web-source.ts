import { readFile } from 'node:fs/promises';
import { type DownloadOptions, download, type ExpectedFile } from './download.ts';
import { httpClient, showUrl } from './http.ts';
import { MAX_ARCHIVE_BYTES, MAX_ARTIFACT_BYTES, MAX_MANIFEST_BYTES } from './limits.ts';
import { MANIFEST_NAME } from './manifest.ts';
import { checkPin } from './pin.ts';
import { progressReporter, type Source, type SourceTools } from './source.ts';
import { tgzSource } from './tgz-source.ts';

/** A bundle on a web server: bundle.yaml below the URL, and its files beside it; each is fetched when it is needed. */
export function webSource(url: URL, tools: SourceTools): Source {
  const client = httpClient(tools.limits);
  const origin = showUrl(url);
  const copy = async (name: string, wanted: ExpectedFile, signal: AbortSignal | undefined): Promise<string> => {
    const path = await tools.scratch.newPath();
    await download(client, below(url, name), path, wanted, downloadOptions(tools, name, signal));
    return path;
  };
  return {
    origin,
    checked: true,
    manifest: async (pin, signal) => {
      const bytes = await readFile(await copy(MANIFEST_NAME, { maxBytes: MAX_MANIFEST_BYTES }, signal));
      if (pin !== undefined) checkPin(origin, bytes, pin);
      return bytes;
    },
    locate: ({ path, sha256, size }, _all, signal) =>
      copy(path, { sha256, size, maxBytes: MAX_ARTIFACT_BYTES }, signal),
    close: () => client.close(),
  };
}

/** A bundle that is one .tgz on a web server. */
export async function webTgzSource(url: URL, tools: SourceTools, signal: AbortSignal | undefined): Promise<Source> {
  const client = httpClient(tools.limits);
  try {
    const path = await tools.scratch.newPath();
    const name = url.pathname.split('/').pop() || 'bundle.tgz';
    await download(client, url, path, { maxBytes: MAX_ARCHIVE_BYTES }, downloadOptions(tools, name, signal));
    return tgzSource(path, showUrl(url), tools);
  } finally {
    client.close();
  }
}

/** The query string of the base goes with every file: it may be the key that opens the folder. */
function below(base: URL, name: string): URL {
  const url = new URL(base);
  const encoded = name.split('/').map(encodeURIComponent).join('/');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${encoded}`;
  return url;
}

function downloadOptions(tools: SourceTools, name: string, signal: AbortSignal | undefined): DownloadOptions {
  return {
    limits: tools.limits,
    signal,
    onProgress: progressReporter(tools, name),
    onRetry: (reason) => tools.log?.info(reason),
  };
}
