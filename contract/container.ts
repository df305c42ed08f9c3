import * as z from 'zod';
import { exactlyOneOf } from './exactly-one.ts';
import { DataKey, ObjectName, QUALIFIED_NAME, VariableName, VolumeName, whole } from './kubernetes-names.ts';
import { Resources } from './resources.ts';
import { whenValid } from './when-valid.ts';

// Kubernetes' names, meaning and nesting (core/v1). A field that is not here is refused.

const optional = z.boolean().describe('Whether the container starts without it.').optional();
const KeyRef = z.strictObject({ name: ObjectName, key: DataKey, optional });
const ObjectRef = z.strictObject({ name: ObjectName, optional });

/** What the downward API gives of a pod. */
const FieldRef = z.strictObject({
  fieldPath: z
    .string()
    .max(400)
    .regex(
      whole(
        `metadata\\.(name|namespace|uid|(labels|annotations)\\['${QUALIFIED_NAME}'\\])|spec\\.(nodeName|serviceAccountName)|status\\.(hostIPs?|podIPs?)`,
      ),
      'expected a field of the pod, such as metadata.name',
    ),
});

const OF_BYTES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix) => `1${suffix}`);
const ResourceFieldRef = z
  .strictObject({
    resource: z
      .string()
      .max(253)
      .regex(
        /^(limits|requests)\.(cpu|memory|ephemeral-storage)$/,
        'expected an amount of the container, such as limits.cpu',
      ),
    divisor: z.string().max(32).optional(),
  })
  .superRefine(({ resource, divisor = '1' }, { addIssue }) => {
    const divisors = resource.endsWith('.cpu') ? ['1m', '1'] : OF_BYTES;
    if (divisors.includes(divisor)) return;
    addIssue({ code: 'custom', path: ['divisor'], message: `expected one of ${divisors.join(', ')}` });
  }, whenValid);

const ValueFrom = z
  .strictObject({
    configMapKeyRef: KeyRef.optional(),
    secretKeyRef: KeyRef.optional(),
    fieldRef: FieldRef.optional(),
    resourceFieldRef: ResourceFieldRef.optional(),
  })
  .refine(...exactlyOneOf('configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef'));

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
    image: z
      .string()
      .max(512)
      .regex(/^\S+$/, 'expected the name of an image, without white space')
      .describe('The image of simulated work, which has Node, if not given.')
      .optional(),
    imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('IfNotPresent if not given.').optional(),
    command: Texts.optional(),
    args: Texts.optional(),
    workingDir: z.string().max(4096).regex(/^\//, 'expected an absolute path').optional(),
    env: z.array(EnvVar).max(64).optional(),
    envFrom: z.array(EnvFrom).max(16).optional(),
    resources: Resources.optional(),
    volumeMounts: z.array(VolumeMount).max(32).optional(),
  })
  .refine(({ image, command }) => image !== undefined || (command?.length ?? 0) > 0, {
    error: 'expected an image, a command for the image of simulated work, or both',
    ...whenValid,
  })
  .describe('A container of your own.');
export type Container = z.infer<typeof Container>;
