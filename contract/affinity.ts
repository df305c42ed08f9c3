import * as z from 'zod';
import { LabelKey, Labels, LabelValue, ObjectName } from './kubernetes-names.ts';
import { whenValid } from './when-valid.ts';

const requirement = { key: LabelKey, values: z.array(LabelValue).max(64).optional() };

/** How many values an operator takes. */
function checkValues(
  { operator, values = [] }: { operator: string; values?: string[] | undefined },
  { addIssue }: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  const issue = (message: string) => addIssue({ code: 'custom', path: ['values'], message });
  if (/^(Not)?In$/.test(operator) && values.length === 0) issue(`expected values with operator ${operator}`);
  if (/Exist/.test(operator) && values.length > 0) issue(`expected no values with operator ${operator}`);
  if (/^[GL]t$/.test(operator) && values.length !== 1) issue(`expected a single value with operator ${operator}`);
}

const nodeRequirement = z
  .strictObject({ ...requirement, operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']) })
  .superRefine(checkValues, whenValid);
const nodeTerm = z.strictObject({
  matchExpressions: z.array(nodeRequirement).max(32).optional(),
  matchFields: z
    .array(
      z.strictObject({
        key: z.literal('metadata.name'),
        operator: z.enum(['In', 'NotIn']),
        values: z.array(ObjectName).length(1),
      }),
    )
    .max(32)
    .optional(),
});

export const LabelSelector = z.strictObject({
  matchLabels: Labels.optional(),
  matchExpressions: z
    .array(
      z
        .strictObject({ ...requirement, operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']) })
        .superRefine(checkValues, whenValid),
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
