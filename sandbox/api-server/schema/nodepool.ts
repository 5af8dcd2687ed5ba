import type { Definition, Schema } from './schema.ts';

const TEXT: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'integer', format: 'int32' };
const MAP: Schema = { type: 'object', additionalProperties: TEXT };

/** The part of OpenYurt's NodePool that edgeadm reads and writes: openyurt v1.4, charts/yurt-manager/crds. */
export const NODE_POOL: Definition = {
  description: 'A pool of edge nodes: what labels, annotations and taints its nodes get.',
  type: 'object',
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    spec: {
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['Edge', 'Cloud'], description: 'Where the nodes of the pool are.' },
        annotations: { ...MAP, description: 'Annotations of its nodes.' },
        labels: { ...MAP, description: 'Labels of its nodes.' },
        selector: { type: 'object', properties: { matchLabels: MAP }, description: 'Which nodes belong to it.' },
        taints: {
          type: 'array',
          description: 'Taints of its nodes.',
          items: {
            type: 'object',
            required: ['effect', 'key'],
            properties: { effect: TEXT, key: TEXT, value: TEXT, timeAdded: { type: 'string', format: 'date-time' } },
          },
        },
      },
    },
    status: {
      type: 'object',
      properties: { readyNodeNum: NUMBER, unreadyNodeNum: NUMBER, nodes: { type: 'array', items: TEXT } },
    },
  },
};
