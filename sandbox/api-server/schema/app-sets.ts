import type { Definition, Schema } from './schema.ts';

const TEXT: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'integer', format: 'int32' };
const TEXTS: Schema = { type: 'array', items: TEXT };
/** `x-kubernetes-preserve-unknown-fields`. */
const ANYTHING: Schema = { type: 'object' };
const META: Schema = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };

const EXPRESSIONS: Schema = {
  type: 'array',
  items: { type: 'object', required: ['key', 'operator'], properties: { key: TEXT, operator: TEXT, values: TEXTS } },
};
const SELECTOR: Schema = {
  type: 'object',
  properties: { matchExpressions: EXPRESSIONS, matchLabels: { type: 'object', additionalProperties: TEXT } },
};

const template = (kind: string): Schema => ({
  type: 'object',
  description: `What each pool's ${kind} is made of.`,
  required: ['spec'],
  properties: { metadata: ANYTHING, spec: ANYTHING },
});
const WORKLOAD_TEMPLATE: Schema = {
  type: 'object',
  description: 'One of the two.',
  properties: { deploymentTemplate: template('Deployment'), statefulSetTemplate: template('StatefulSet') },
};

const CONDITIONS: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      type: TEXT,
      status: TEXT,
      reason: TEXT,
      message: TEXT,
      lastTransitionTime: { type: 'string', format: 'date-time' },
    },
  },
};
const OBSERVED = {
  observedGeneration: { type: 'integer', format: 'int64' },
  collisionCount: NUMBER,
  currentRevision: TEXT,
  conditions: CONDITIONS,
} satisfies Record<string, Schema>;

const TOLERATION: Schema = {
  type: 'object',
  properties: {
    effect: TEXT,
    key: TEXT,
    operator: TEXT,
    value: TEXT,
    tolerationSeconds: { type: 'integer', format: 'int64' },
  },
};

/** Source: yurt-app-manager v0.5.0, config/yurt-app-manager/crd/bases. */
export const UNITED_DEPLOYMENT: Definition = {
  description: 'One Deployment or StatefulSet for each of several node pools.',
  type: 'object',
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    metadata: META,
    spec: {
      type: 'object',
      required: ['selector'],
      properties: {
        revisionHistoryLimit: NUMBER,
        selector: SELECTOR,
        workloadTemplate: WORKLOAD_TEMPLATE,
        topology: {
          type: 'object',
          properties: {
            pools: {
              type: 'array',
              description: 'The node pools, each with its number of pods.',
              items: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: TEXT,
                  nodeSelectorTerm: {
                    type: 'object',
                    properties: { matchExpressions: EXPRESSIONS, matchFields: EXPRESSIONS },
                  },
                  tolerations: { type: 'array', items: TOLERATION },
                  replicas: NUMBER,
                  patch: { ...ANYTHING, description: 'A strategic merge patch of the workload of this pool.' },
                },
              },
            },
          },
        },
      },
    },
    status: {
      type: 'object',
      required: ['currentRevision', 'replicas', 'templateType'],
      properties: {
        ...OBSERVED,
        poolReplicas: { type: 'object', additionalProperties: NUMBER },
        readyReplicas: NUMBER,
        replicas: NUMBER,
        templateType: TEXT,
      },
    },
  },
};

/** Source: OpenYurt v1.7.0, charts/yurt-manager/crds, version v1beta1. */
export const YURT_APP_SET: Definition = {
  description: 'One Deployment or StatefulSet for each node pool that is named or selected.',
  type: 'object',
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    metadata: META,
    spec: {
      type: 'object',
      required: ['workload'],
      properties: {
        nodepoolSelector: SELECTOR,
        pools: TEXTS,
        revisionHistoryLimit: NUMBER,
        workload: {
          type: 'object',
          required: ['workloadTemplate'],
          properties: { workloadTemplate: WORKLOAD_TEMPLATE, workloadTweaks: { type: 'array', items: tweak() } },
        },
      },
    },
    status: {
      type: 'object',
      required: ['currentRevision', 'readyWorkloads', 'totalWorkloads'],
      properties: { ...OBSERVED, readyWorkloads: NUMBER, totalWorkloads: NUMBER, updatedWorkloads: NUMBER },
    },
  },
};

/** What differs in some pools. */
function tweak(): Schema {
  const image: Schema = {
    type: 'object',
    required: ['name', 'targetImage'],
    properties: { name: TEXT, targetImage: TEXT },
  };
  const patch: Schema = {
    type: 'object',
    required: ['operation', 'path'],
    properties: { operation: { type: 'string', enum: ['add', 'remove', 'replace'] }, path: TEXT, value: {} },
  };
  const tweaks: Schema = {
    type: 'object',
    properties: {
      replicas: NUMBER,
      containerImages: { type: 'array', items: image },
      patches: { type: 'array', items: patch },
    },
  };
  return {
    type: 'object',
    required: ['tweaks'],
    properties: { nodepoolSelector: SELECTOR, pools: TEXTS, tweaks },
  };
}
