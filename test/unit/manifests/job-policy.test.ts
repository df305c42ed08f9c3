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

const CORE = join(import.meta.dirname, '../../../manifests/core');
/** The variables of a policy. */
async function variablesOf(file: string): Promise<{ name: string; expression: string }[]> {
  const [policy] = parseAllDocuments(await readFile(join(CORE, file), 'utf8'));
  return policy!.toJS().spec.variables;
}
const variables = (await Promise.all(['job-policy.yaml', 'job-template-policy.yaml'].map(variablesOf))).flat();

const MODELS = {
  jobFields: V1JobSpec,
  templateFields: V1PodTemplateSpec,
  templateMetadataFields: V1ObjectMeta,
  podFields: V1PodSpec,
  podSecurityFields: V1PodSecurityContext,
  containerFields: V1Container,
  containerSecurityFields: V1SecurityContext,
  resourcesFields: V1ResourceRequirements,
  envFields: V1EnvVar,
  valueFromFields: V1EnvVarSource,
  envFromFields: V1EnvFromSource,
  volumeMountFields: V1VolumeMount,
  volumeFields: V1Volume,
  emptyDirFields: V1EmptyDirVolumeSource,
  projectionFields: V1VolumeProjection,
  topologySpreadFields: V1TopologySpreadConstraint,
  podAffinityTermFields: V1PodAffinityTerm,
};

/** The policy denies a new field, and test/integration/job-policy.test.ts has to show it. */
test.each(Object.entries(MODELS))(
  'each field of %s is either allowed or in the table of denied fields',
  (list, model) => {
    const { expression } = variables.find(({ name }) => name === list)!;
    const allowed = JSON.parse(expression.replaceAll("'", '"')) as string[];
    const denied = Object.keys(DENIED_FIELDS[list as keyof typeof DENIED_FIELDS]);
    const fields = model.getAttributeTypeMap().map(({ baseName }) => baseName);
    expect([...allowed, ...denied].sort()).toEqual(fields.sort());
  },
);

test('every list of allowed fields has its model here', () => {
  const lists = variables.map(({ name }) => name).filter((name) => name.endsWith('Fields'));
  expect(lists.sort()).toEqual(Object.keys(MODELS).sort());
});
