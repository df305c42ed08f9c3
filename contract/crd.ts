import { z } from 'zod';
import { API_GROUP, API_VERSION, GroupRunSpec, GroupRunStatus, KIND, MAX_JOBS, PLURAL } from './group-run.ts';

type Schema = Record<string, unknown>;

/** JSON Schema keywords that a structural schema does not support. The API server itself prunes or rejects unknown fields. */
const UNSUPPORTED_KEYWORDS = new Set(['$schema', 'propertyNames', 'additionalProperties']);

/** Converts the output of z.toJSONSchema to a structural schema: the subset of OpenAPI v3 that a CRD accepts. */
export function toStructural(schema: Schema): Schema {
  const result: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'const') result.enum = [value];
    else if (key === 'properties') result[key] = mapValues(value as Record<string, Schema>, toStructural);
    else if (key === 'items') result[key] = toStructural(value as Schema);
    else if (key === 'additionalProperties' && typeof value === 'object') result[key] = toStructural(value as Schema);
    else if ((key === 'exclusiveMinimum' || key === 'exclusiveMaximum') && typeof value === 'number') {
      // JSON Schema: one number. OpenAPI v3.0: the number in minimum or maximum, and a boolean.
      result[key] = true;
      result[key === 'exclusiveMinimum' ? 'minimum' : 'maximum'] = value;
    } else if ((key === 'minimum' || key === 'maximum') && Math.abs(value as number) === Number.MAX_SAFE_INTEGER) {
      // zod adds these bounds to every integer; they would only be noise in the CRD.
    } else if (!UNSUPPORTED_KEYWORDS.has(key)) result[key] = value;
  }
  return result;
}

const mapValues = (object: Record<string, Schema>, convert: (schema: Schema) => Schema): Record<string, Schema> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));

const rule = (expression: string, message: string) => ({ rule: expression, message });
const listMap = (key: string) => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
const validations = (...rules: { rule: string; message: string }[]) => ({ 'x-kubernetes-validations': rules });

/** CEL: the optional field has its old value, or is still absent. */
const unchanged = (field: string): string =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;

const SPEC_RULES = validations(
  rule('self.group == oldSelf.group', 'group is immutable'),
  rule('self.jobs == oldSelf.jobs', 'jobs are immutable'),
  // CEL ignores the order when it compares map-type lists, but a job's id depends on its position.
  rule('self.jobs.map(j, j.name) == oldSelf.jobs.map(j, j.name)', 'the order of jobs is immutable'),
  rule(unchanged('parameters'), 'parameters are immutable'),
  rule(unchanged('parallelism'), 'parallelism is immutable'),
  rule(unchanged('rerunOf'), 'rerunOf is immutable'),
  rule(
    '!has(oldSelf.cancel) || !oldSelf.cancel || (has(self.cancel) && self.cancel)',
    'cancel cannot be undone: expected true, as it was',
  ),
  rule(
    '!has(oldSelf.cancelJobs) || (has(self.cancelJobs) && oldSelf.cancelJobs.all(name, name in self.cancelJobs))',
    'cancelJobs cannot be undone: expected every name that it had',
  ),
);
// A rule of the field, not of the spec: ratcheting then exempts stored values that an update leaves unchanged (KEP-4008).
const PARAMETER_NAME_RULES = validations(
  rule(
    "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
    'expected parameter names of letters, digits and "_", not beginning with a digit: they become environment variables',
  ),
);
const ONE_KIND_RULES = validations(
  rule(
    '[has(self.sleep), has(self.log), has(self.container)].filter(given, given).size() == 1',
    'expected exactly one of sleep, log, container',
  ),
);
const ONE_VALUE_RULES = validations(
  rule('has(self.value) != has(self.valueFrom)', 'expected exactly one of value and valueFrom'),
);
const STATUS_RULES = validations(
  rule(
    '!has(oldSelf.jobs) || (has(self.jobs) && self.jobs.size() >= oldSelf.jobs.size())',
    'jobs cannot be removed from the status',
  ),
);
const TERMINAL_STATE_RULES = validations(
  rule(
    "!(oldSelf.state in ['SUCCESS', 'FAILURE', 'REVOKED']) || self.state == oldSelf.state",
    'a terminal state never changes',
  ),
);
const KEEP_STATUS_RULES = validations(rule('!has(oldSelf.status) || has(self.status)', 'status cannot be removed'));

function specSchema(): Schema {
  const schema = toStructural(z.toJSONSchema(GroupRunSpec));
  const { jobs, parameters, cancelJobs } = schema.properties as Record<'jobs' | 'parameters' | 'cancelJobs', Schema>;
  // Size limits: the API server rejects a CRD whose rules have no bounded cost.
  Object.assign(parameters, { maxProperties: 64 }, PARAMETER_NAME_RULES);
  cancelJobs.maxProperties = MAX_JOBS;
  Object.assign(jobs, listMap('name'));
  Object.assign(jobs.items as Schema, ONE_KIND_RULES);
  const container = ((jobs.items as Schema).properties as Record<string, Schema>).container as Schema;
  const env = (container.properties as Record<string, Schema>).env as Schema;
  Object.assign(env.items as Schema, ONE_VALUE_RULES);
  return { ...schema, ...SPEC_RULES };
}

function statusSchema(): Schema {
  const schema = toStructural(z.toJSONSchema(GroupRunStatus));
  const { jobs, conditions } = schema.properties as { jobs: Schema; conditions: Schema };
  Object.assign(conditions, listMap('type'));
  Object.assign(jobs, listMap('name'));
  Object.assign(jobs.items as Schema, TERMINAL_STATE_RULES);
  return { ...schema, ...STATUS_RULES };
}

const PRINTER_COLUMNS = [
  { name: 'Group', type: 'string', jsonPath: '.spec.group' },
  { name: 'State', type: 'string', jsonPath: '.status.state' },
  {
    name: 'Succeeded',
    type: 'string',
    jsonPath: '.status.succeeded',
    description: 'Succeeded jobs of all jobs, such as 2/3.',
  },
  { name: 'Started', type: 'date', jsonPath: '.status.startedAt', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** The CustomResourceDefinition of GroupRun, as in manifests/core/crd.yaml. */
export function groupRunCrd() {
  const openAPIV3Schema = {
    type: 'object',
    description: 'One run of a group: its job definitions as accepted, and the status of each job.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: specSchema(),
      status: statusSchema(),
    },
    ...KEEP_STATUS_RULES,
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase(), shortNames: ['gr'] },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}
