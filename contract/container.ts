import * as z from 'zod';
import { exactlyOneOf } from './exactly-one.ts';

// Kubernetes' names, meaning and nesting (core/v1). A field that is not here is refused.

/** Name of an object in the namespace of the jobs, such as a ConfigMap (RFC 1123 subdomain). */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected the name of a Kubernetes object, such as db-credentials');

export const Quantity = z
  .string()
  .max(32)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, 'a Kubernetes quantity such as 500m or 64Mi');

export const ResourceName = z
  .string()
  .max(253)
  .regex(
    /^(cpu|memory|ephemeral-storage|[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)$/,
    'expected cpu, memory, ephemeral-storage or an extended resource such as nvidia.com/gpu',
  );
const Amounts = z.record(ResourceName, Quantity);
export const Resources = z.strictObject({ requests: Amounts.optional(), limits: Amounts.optional() });
export type Resources = z.infer<typeof Resources>;

const optional = z.boolean().describe('Whether the container starts without it.').optional();
const KeyRef = z.strictObject({ name: ObjectName, key: z.string().min(1).max(253), optional });
const ObjectRef = z.strictObject({ name: ObjectName, optional });

/** What the downward API gives of a pod. */
const FieldRef = z.strictObject({
  fieldPath: z
    .string()
    .max(400)
    .regex(
      /^(metadata\.(name|namespace|uid|labels\['[^']+'\]|annotations\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/,
      'expected a field of the pod, such as metadata.name',
    ),
});
const ResourceFieldRef = z.strictObject({
  resource: z
    .string()
    .max(253)
    .regex(
      /^(limits|requests)\.(cpu|memory|ephemeral-storage)$/,
      'expected an amount of the container, such as limits.cpu',
    ),
  divisor: Quantity.optional(),
});

const ValueFrom = z
  .strictObject({
    configMapKeyRef: KeyRef.optional(),
    secretKeyRef: KeyRef.optional(),
    fieldRef: FieldRef.optional(),
    resourceFieldRef: ResourceFieldRef.optional(),
  })
  .refine(...exactlyOneOf('configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef'));

const VariableName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and "_", not beginning with a digit');

const EnvVar = z
  .strictObject({ name: VariableName, value: z.string().max(4096).optional(), valueFrom: ValueFrom.optional() })
  .refine(...exactlyOneOf('value', 'valueFrom'));

const EnvFrom = z
  .strictObject({
    prefix: VariableName.optional(),
    configMapRef: ObjectRef.optional(),
    secretRef: ObjectRef.optional(),
  })
  .refine(...exactlyOneOf('configMapRef', 'secretRef'));

/** A DNS label: the name of a volume within its pod. */
export const VolumeName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'expected lower-case letters, digits and "-", at most 63');

const VolumeMount = z.strictObject({
  name: VolumeName,
  mountPath: z
    .string()
    .max(4096)
    .regex(/^\/[^:]*$/, 'expected an absolute path without ":"'),
  subPath: z
    .string()
    .max(4096)
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'expected a relative path without ".."')
    .optional(),
  readOnly: z.boolean().optional(),
});

const Texts = z.array(z.string().max(4096)).max(64);

export const Container = z
  .strictObject({
    image: z.string().min(1).max(512).describe('The image of simulated work, which has Node, if not given.').optional(),
    imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('IfNotPresent if not given.').optional(),
    command: Texts.optional(),
    args: Texts.optional(),
    workingDir: z.string().min(1).max(4096).optional(),
    env: z.array(EnvVar).max(64).optional(),
    envFrom: z.array(EnvFrom).max(16).optional(),
    resources: Resources.optional(),
    volumeMounts: z.array(VolumeMount).max(32).optional(),
  })
  .describe('A container of your own.');
export type Container = z.infer<typeof Container>;
