import type { Definition, Schema } from './schema.ts';

const TEXT: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'integer' };
const TEXTS: Schema = { type: 'array', items: TEXT };
const MAP: Schema = { type: 'object', additionalProperties: TEXT };

const ENDPOINT: Schema = {
  type: 'object',
  required: ['nodeName', 'type'],
  properties: {
    config: MAP,
    natType: TEXT,
    nodeName: TEXT,
    port: NUMBER,
    publicIP: TEXT,
    publicPort: NUMBER,
    type: { type: 'string', description: 'proxy or tunnel.' },
    underNAT: { type: 'boolean' },
  },
};

/** Source: OpenYurt v1.7.0, charts/yurt-manager/crds/raven.openyurt.io_gateways.yaml, version v1beta1. */
export const GATEWAY: Definition = {
  description: 'Connects the nodes of one network with those of others.',
  type: 'object',
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    spec: {
      type: 'object',
      properties: {
        endpoints: { type: 'array', items: ENDPOINT, description: 'Nodes that may connect the others.' },
        exposeType: { type: 'string', description: 'PublicIP, LoadBalancer, or empty: not exposed.' },
        nodeSelector: {
          type: 'object',
          properties: {
            matchExpressions: {
              type: 'array',
              items: {
                type: 'object',
                required: ['key', 'operator'],
                properties: { key: TEXT, operator: TEXT, values: TEXTS },
              },
            },
            matchLabels: MAP,
          },
        },
        proxyConfig: {
          type: 'object',
          description: 'The proxy: ports of edge nodes that it forwards.',
          required: ['Replicas'],
          properties: { Replicas: NUMBER, proxyHTTPPort: TEXT, proxyHTTPSPort: TEXT },
        },
        tunnelConfig: {
          type: 'object',
          description: 'The VPN.',
          required: ['Replicas'],
          properties: { Replicas: NUMBER },
        },
      },
    },
    status: {
      type: 'object',
      properties: {
        activeEndpoints: { type: 'array', items: ENDPOINT },
        nodes: {
          type: 'array',
          items: {
            type: 'object',
            required: ['nodeName', 'privateIP', 'subnets'],
            properties: { nodeName: TEXT, privateIP: TEXT, subnets: TEXTS },
          },
        },
      },
    },
  },
};
