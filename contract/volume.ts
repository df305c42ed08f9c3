import * as z from 'zod';
import { exactlyOneOf } from './exactly-one.ts';
import { DataKey, ObjectName, VolumeName } from './kubernetes-names.ts';
import { billionths, Quantity } from './quantity.ts';
import { whenValid } from './when-valid.ts';

const path = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^(?!\/|\.\.)(?!.*\/\.\.(\/|$))/, 'expected a relative path without ".."');
/** Permissions of a file. YAML reads 0o440 as octal, JSON has decimal numbers only. */
const mode = z.int().min(0).max(0o777).optional();
const files = {
  items: z
    .array(z.strictObject({ key: DataKey, path, mode }))
    .max(64)
    .describe('The keys that become files; all if not given.')
    .optional(),
  optional: z.boolean().describe('Whether the pod starts without it.').optional(),
};

const SizeLimit = Quantity.refine((size) => billionths(size) > 0n, {
  error: 'expected more than 0, which is no limit in Kubernetes',
  ...whenValid,
});

const projection = z
  .strictObject({
    configMap: z.strictObject({ name: ObjectName, ...files }).optional(),
    secret: z.strictObject({ name: ObjectName, ...files }).optional(),
  })
  .refine(...exactlyOneOf('configMap', 'secret'));

/** Two sources with a file of the same path would overwrite each other. */
const Projected = z
  .strictObject({ sources: z.array(projection).min(1).max(16), defaultMode: mode })
  .describe('Several ConfigMaps and secrets in one folder.')
  .superRefine(({ sources }, { addIssue }) => {
    const paths = new Set<string>();
    for (const [index, source] of sources.entries()) {
      for (const kind of ['configMap', 'secret'] as const) {
        for (const [item, { path }] of (source[kind]?.items ?? []).entries()) {
          const at = ['sources', index, kind, 'items', item, 'path'];
          if (paths.has(path))
            addIssue({ code: 'custom', path: at, message: 'expected no conflicting duplicate paths' });
          paths.add(path);
        }
      }
    }
  }, whenValid);

/** A volume of a job's pod, with Kubernetes' names, meaning and nesting (core/v1). No kind of it reaches the node. */
export const Volume = z
  .strictObject({
    name: VolumeName,
    emptyDir: z.strictObject({ sizeLimit: SizeLimit }).describe('Scratch space that goes with the pod.').optional(),
    configMap: z.strictObject({ name: ObjectName, ...files, defaultMode: mode }).optional(),
    secret: z.strictObject({ secretName: ObjectName, ...files, defaultMode: mode }).optional(),
    persistentVolumeClaim: z.strictObject({ claimName: ObjectName, readOnly: z.boolean().optional() }).optional(),
    projected: Projected.optional(),
  })
  .refine(...exactlyOneOf('emptyDir', 'configMap', 'secret', 'persistentVolumeClaim', 'projected'));
export type Volume = z.infer<typeof Volume>;
