import * as z from 'zod';
import { ObjectName, Quantity, VolumeName } from './container.ts';
import { exactlyOneOf } from './exactly-one.ts';

const path = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'expected a relative path without ".."');
/** Permissions of a file. YAML reads 0o440 as octal, JSON has decimal numbers only. */
const mode = z.int().min(0).max(0o777).optional();
const files = {
  items: z
    .array(z.strictObject({ key: z.string().min(1).max(253), path, mode }))
    .max(64)
    .describe('The keys that become files; all if not given.')
    .optional(),
  optional: z.boolean().describe('Whether the pod starts without it.').optional(),
};

const projection = z
  .strictObject({
    configMap: z.strictObject({ name: ObjectName, ...files }).optional(),
    secret: z.strictObject({ name: ObjectName, ...files }).optional(),
  })
  .refine(...exactlyOneOf('configMap', 'secret'));

/** A volume of a job's pod, with Kubernetes' names, meaning and nesting (core/v1). No kind of it reaches the node. */
export const Volume = z
  .strictObject({
    name: VolumeName,
    emptyDir: z.strictObject({ sizeLimit: Quantity }).describe('Scratch space that goes with the pod.').optional(),
    configMap: z.strictObject({ name: ObjectName, ...files, defaultMode: mode }).optional(),
    secret: z.strictObject({ secretName: ObjectName, ...files, defaultMode: mode }).optional(),
    persistentVolumeClaim: z.strictObject({ claimName: ObjectName, readOnly: z.boolean().optional() }).optional(),
    projected: z
      .strictObject({ sources: z.array(projection).min(1).max(16), defaultMode: mode })
      .describe('Several ConfigMaps and secrets in one folder.')
      .optional(),
  })
  .refine(...exactlyOneOf('emptyDir', 'configMap', 'secret', 'persistentVolumeClaim', 'projected'));
export type Volume = z.infer<typeof Volume>;
