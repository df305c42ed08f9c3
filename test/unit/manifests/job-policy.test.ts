import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  V1Container,
  V1EmptyDirVolumeSource,
  V1EnvFromSource,
  V1EnvVar,
  V1EnvVarSource,
  V1JobSpec,
  V1ObjectMeta,
  V1PodAffinityTerm,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ResourceRequirements,
  V1SecurityContext,
  V1TopologySpreadConstraint,
  V1Volume,
  V1VolumeMount,
  V1VolumeProjection,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { DENIED_FIELDS } from '../../support/denied-job-fields.ts';

const FILE = join(import.meta.dirname, '../../../manifests/core/job-policy.yaml');
const { spec } = parseAllDocuments(await readFile(FILE, 'utf8'))[0]!.toJS() as {
  spec: { validations: { expression: string }[] };
};
/** The allowed fields, by the expression of the object that they belong to: `OBJECT.all(field, field in [LIST])`. */
const lists = spec.validations.flatMap(({ expression }) =>
  [...expression.matchAll(/([\w.?({})]+)\.all\(field, field in (\[[^\]]+\])\)/g)].map(([, object, list]) => ({
    object: object!,
    allowed: JSON.parse(list!.replaceAll("'", '"')) as string[],
  })),
);

const MODELS = {
  jobFields: ['job', V1JobSpec],
  templateFields: ['job.template', V1PodTemplateSpec],
  templateMetadataFields: ['job.template.?metadata.orValue({})', V1ObjectMeta],
  podFields: ['pod', V1PodSpec],
  podSecurityFields: ['pod.?securityContext.orValue({})', V1PodSecurityContext],
  containerFields: ['container', V1Container],
  containerSecurityFields: ['container.?securityContext.orValue({})', V1SecurityContext],
  resourcesFields: ['container.?resources.orValue({})', V1ResourceRequirements],
  envFields: ['variable', V1EnvVar],
  valueFromFields: ['variable.?valueFrom.orValue({})', V1EnvVarSource],
  envFromFields: ['source', V1EnvFromSource],
  volumeMountFields: ['mount', V1VolumeMount],
  volumeFields: ['volume', V1Volume],
  emptyDirFields: ['volume.?emptyDir.orValue({})', V1EmptyDirVolumeSource],
  projectionFields: ['projection', V1VolumeProjection],
  topologySpreadFields: ['constraint', V1TopologySpreadConstraint],
  podAffinityTermFields: ['term', V1PodAffinityTerm],
} as const;

/** The policy denies a new field, and test/integration/job-policy.test.ts has to show it. */
test.each(Object.entries(MODELS))(
  'each field of %s is either allowed or in the table of denied fields',
  (kind, [object, model]) => {
    const denied = Object.keys(DENIED_FIELDS[kind as keyof typeof DENIED_FIELDS]);
    const fields = model.getAttributeTypeMap().map(({ baseName }) => baseName);
    const { allowed } = lists.find((list) => list.object === object)!;
    expect([...allowed, ...denied].sort()).toEqual(fields.sort());
  },
);

test('every list of allowed fields has its model here', () => {
  expect(lists.map(({ object }) => object).sort()).toEqual(
    Object.values(MODELS)
      .map(([object]) => object)
      .sort(),
  );
});
