import type { IncomingMessage } from 'node:http';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SandboxPki } from '../pki.ts';
import type { Store } from '../store.ts';
import { startControllers } from './controllers.ts';
import { ServedResources } from './custom/served.ts';
import { Registry } from './registry.ts';
import { seed } from './seed.ts';
import { serve } from './serve.ts';
import { WatchCache } from './watch.ts';

export { adminKubeconfig } from '../pki.ts';

/** The sandbox is for this machine alone. */
const ADDRESS = '127.0.0.1';

export interface ApiServerOptions {
  readonly store: Store;
  readonly pki: SandboxPki;
  /** 0 for any that is free. */
  readonly port: number;
  /** Of Kubernetes, `v1.34.4`. */
  readonly version: string;
  /** Milliseconds since 1970; tests wind it forward. */
  readonly now?: () => number;
  /** Asked before each request; true if a test answers it in its own way. */
  readonly takes?: (request: IncomingMessage) => boolean;
}

/** How long kube-apiserver keeps an idle connection. Source: kubernetes/apiserver, secure_serving.go. Milliseconds. */
const IDLE_MS = 90_000;

export interface RunningApiServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Ends watches too. The store stays open. */
  close(): Promise<void>;
}

/**
 * Starts the sandbox's Kubernetes API server on 127.0.0.1: the part of Kubernetes 1.20 that edgeadm and `kubectl get`
 * need, see docs/sandbox-api.md. All its state is in the store.
 * @throws the error of `listen` if the port is taken
 */
export async function startApiServer(options: ApiServerOptions): Promise<RunningApiServer> {
  const { store, pki, now = Date.now, version, takes } = options;
  const registry = new Registry(store, now);
  const watches = new WatchCache(registry);
  const served = new ServedResources(registry);
  const server = createServer(
    {
      cert: pki.servingCert,
      key: pki.servingKey,
      ca: pki.caPem,
      requestCert: true,
      // A client with no certificate, or a foreign one, gets an HTTP answer, not a failed handshake.
      rejectUnauthorized: false,
      keepAliveTimeout: IDLE_MS,
    },
    (request, response) => {
      if (!takes?.(request)) void serve({ registry, watches, served, pki, now, version }, request, response);
    },
  );
  const port = await listen(server, options.port);
  const url = `https://${ADDRESS}:${port}`;
  seed(registry, { url, caPem: pki.caPem, version });
  const stopControllers = startControllers({ registry, pki, now, version });
  return {
    url,
    port,
    close: async () => {
      stopControllers();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: HttpsServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
