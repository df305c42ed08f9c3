import * as z from 'zod';
import { LabelKey, ObjectName } from '../../contract/kubernetes-names.ts';
import { ResourceName } from '../../contract/resources.ts';
import { errorMessage } from '../../process/log.ts';
import { CatalogError } from './catalog-error.ts';
import { describeIssue } from './describe-issue.ts';
import { formatPath, formatProblem } from './problem.ts';
import { listFirst, readYaml, YamlError } from './yaml-file.ts';
import { lineOf } from './yaml-node.ts';

/** Of one kind: the admission policy looks each name of a Job up in the list, and CEL has a cost limit. */
export const MAX_NAMES = 1000;

const ImagePrefix = z
  .string()
  .max(512)
  .regex(
    /^(?!.*\/\/)[A-Za-z0-9]([A-Za-z0-9._:@/-]*[A-Za-z0-9])?\/?$/,
    'expected the beginning of an image name, such as registry.example/team, without https:// and *',
  )
  .transform((prefix) => prefix.replace(/\/$/, ''));

/** What separates names in manifests/core/job-policy.yaml. */
const SEPARATORS = /[ \t\r\n]+/;

const namesOf = (name: z.ZodType<string, string>) =>
  z
    .string()
    .prefault('')
    .transform((text) => text.split(SEPARATORS).filter(Boolean))
    .pipe(z.array(name).max(MAX_NAMES))
    .transform((names): ReadonlySet<string> => new Set(names));

/** The names that jobs may refer to, by kind. No imagePrefixes: every image. */
const Bounds = z.strictObject({
  secrets: namesOf(ObjectName),
  configMaps: namesOf(ObjectName),
  persistentVolumeClaims: namesOf(ObjectName),
  serviceAccounts: namesOf(ObjectName),
  priorityClasses: namesOf(ObjectName),
  runtimeClasses: namesOf(ObjectName),
  schedulers: namesOf(ObjectName),
  tolerations: namesOf(LabelKey),
  imagePrefixes: namesOf(ImagePrefix),
  extendedResources: namesOf(ResourceName),
});
export type Bounds = z.infer<typeof Bounds>;
export const KINDS_OF_BOUNDS = Object.keys(Bounds.shape);

/** Of the annotations of a namespace, by the kind behind it. */
export const BOUNDS_PREFIX = 'bounds.async-api.dev/';

const annotations = Object.fromEntries(
  Object.entries(Bounds.shape).map(([kind, names]) => [`${BOUNDS_PREFIX}${kind}`, names]),
);
const Manifest = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Namespace'),
  metadata: z.strictObject({ name: z.literal('async-api'), annotations: z.strictObject(annotations).prefault({}) }),
});

/** Nothing but every image. */
export const NO_BOUNDS: Bounds = Bounds.parse({});

/** Reads the text of bounds.yaml, a patch of a Namespace. Throws a CatalogError that lists its problems. */
export function parseBounds(text: string): Bounds {
  const { root, problems } = read(text);
  const { data, error } = Manifest.safeParse(root.value, { reportInput: true });
  const issues = (error?.issues ?? [])
    .flatMap(describeIssue)
    .map(({ path, message }) => ({ path, message, line: lineOf(root, path) }));
  const all = [...problems, ...issues];
  if (data && all.length === 0) {
    const names = Object.entries(data.metadata.annotations);
    return Object.fromEntries(names.map(([key, value]) => [key.slice(BOUNDS_PREFIX.length), value])) as Bounds;
  }
  const lines = all.map(({ path, ...rest }) => formatProblem({ ...rest, path: formatPath(path) }));
  throw new CatalogError(listFirst(lines), all[0]?.line, 'bounds');
}

function read(text: string): ReturnType<typeof readYaml> {
  try {
    return readYaml(text);
  } catch (error) {
    throw new CatalogError(errorMessage(error), error instanceof YamlError ? error.line : undefined, 'bounds');
  }
}
