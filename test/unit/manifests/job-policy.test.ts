import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  V1Container,
  V1JobSpec,
  V1ObjectMeta,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ResourceRequirements,
  V1SecurityContext,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { DENIED_FIELDS } from '../../support/denied-job-fields.ts';

const FILE = join(import.meta.dirname, '../../../manifests/core/job-policy.yaml');
const policy = parseAllDocuments(await readFile(FILE, 'utf8'))[0]!.toJS() as {
  spec: { variables: { name: string; expression: string }[] };
};

const MODELS = {
  jobFields: V1JobSpec,
  templateFields: V1PodTemplateSpec,
  templateMetadataFields: V1ObjectMeta,
  podFields: V1PodSpec,
  podSecurityFields: V1PodSecurityContext,
  containerFields: V1Container,
  containerSecurityFields: V1SecurityContext,
  resourcesFields: V1ResourceRequirements,
};

/** The policy denies a new field, and test/integration/job-policy.test.ts has to show it. */
test.each(Object.entries(MODELS))(
  'each field of %s is either allowed or in the table of denied fields',
  (list, model) => {
    const { expression } = policy.spec.variables.find(({ name }) => name === list)!;
    const allowed = JSON.parse(expression.replaceAll("'", '"')) as string[];
    const denied = Object.keys(DENIED_FIELDS[list as keyof typeof DENIED_FIELDS]);
    const fields = model.getAttributeTypeMap().map(({ baseName }) => baseName);
    expect([...allowed, ...denied].sort()).toEqual(fields.sort());
  },
);
