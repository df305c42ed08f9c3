import type { JobConfig } from '../../../api/catalog/config.ts';

/** Definitions of jobs as in config.yaml, without `container.image`, which fits nothing but its place. */
export type Job = Omit<Partial<JobConfig>, 'container'> & { container?: object };

export const container = (fields: object): Job => ({ container: { image: 'example/report:1.0', ...fields } });
export const withEnv = (variable: object): Job => container({ env: [{ name: 'A', ...variable }] });
export const from = (source: object): Job => withEnv({ valueFrom: source });
export const resources = (limits: object, requests?: object): Job =>
  container({ resources: { limits, ...(requests && { requests }) } });
export const volume = (source: object): Job => ({
  ...container({}),
  volumes: [{ name: 'v', ...source }] as Job['volumes'],
});
export const mount = (fields: object, more: object[] = []): Job => ({
  ...container({ volumeMounts: [{ name: 'v', mountPath: '/v', ...fields }, ...more] }),
  volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }],
});
export const pod = (fields: object): Job => ({ sleep: { seconds: 1 }, pod: fields as Job['pod'] });
export const toleration = (fields: object): Job => pod({ tolerations: [{ key: 'a', ...fields }] });
export const spread = (...constraints: object[]): Job =>
  pod({
    topologySpreadConstraints: constraints.map((fields) => ({
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      ...fields,
    })),
  });
export const nodes = (expression: object, kind = 'matchExpressions'): Job =>
  pod({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ [kind]: [expression] }] },
      },
    },
  });
export const nodeTerm = 'pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.0';
export const apart = (fields: object): Job =>
  pod({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', ...fields }] },
    },
  });
export const together = (fields: object): Job =>
  pod({
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { topologyKey: 'zone', ...fields } },
        ],
      },
    },
  });
export const podTerm = 'pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0';
/** Of 253 characters, the most. */
export const LONG_DOMAIN = [63, 63, 63, 61].map((length) => 'a'.repeat(length)).join('.');
export const dns = (fields: object): Job => pod({ dnsConfig: fields });

/**
 * A definition with a mistake: the path of the problem below the job, its message, and that of the API server; none where the
 * API server takes it, and the mistake would show only in the pod.
 */
export type Mistake = [what: string, job: Job, path: string, message: RegExp, apiServer?: RegExp];
