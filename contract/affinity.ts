import * as z from 'zod';

const text = z.string().max(253);
const texts = z.array(text).max(64);
/** A label key or value, or the name of a taint. */
export const LabelKey = z.string().min(1).max(317);
export const Labels = z.record(LabelKey, z.string().max(63));

const nodeRequirement = z.strictObject({
  key: LabelKey,
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
  values: texts.optional(),
});
const nodeTerm = z.strictObject({
  matchExpressions: z.array(nodeRequirement).max(32).optional(),
  matchFields: z.array(nodeRequirement).max(32).optional(),
});

export const LabelSelector = z.strictObject({
  matchLabels: Labels.optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: LabelKey,
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: texts.optional(),
      }),
    )
    .max(32)
    .optional(),
});

/** Pods of the jobs' own namespace only: a term that names other namespaces is refused. */
const podTerm = z.strictObject({ labelSelector: LabelSelector.optional(), topologyKey: LabelKey });
const weight = z.int().min(1).max(100);
const podTerms = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(podTerm).max(16).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.strictObject({ weight, podAffinityTerm: podTerm }))
    .max(16)
    .optional(),
});

/** Which nodes a pod may or should run on, with Kubernetes' names and meaning (core/v1). */
export const Affinity = z.strictObject({
  nodeAffinity: z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .strictObject({ nodeSelectorTerms: z.array(nodeTerm).min(1).max(16) })
        .optional(),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.strictObject({ weight, preference: nodeTerm }))
        .max(16)
        .optional(),
    })
    .optional(),
  podAffinity: podTerms.optional(),
  podAntiAffinity: podTerms.optional(),
});
