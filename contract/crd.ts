import * as z from 'zod';
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
/**
 * Lists of a run's jobs are atomic: on a list with keys the API server tracks each field of each item, which cost more CPU than
 * all the rest of a write.
 */
const ATOMIC = { 'x-kubernetes-list-type': 'atomic' };
const validations = (...rules: { rule: string; message: string }[]) => ({ 'x-kubernetes-validations': rules });

/** CEL: the optional field has its old value, or is still absent. */
const unchanged = (field: string): string =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;

const SPEC_RULES = validations(
  rule('self.group == oldSelf.group', 'group is immutable'),
  rule('self.jobs == oldSelf.jobs', 'jobs are immutable'),
  rule(unchanged('parameters'), 'parameters are immutable'),
  rule(unchanged('parallelism'), 'parallelism is immutable'),
  rule(unchanged('onFailure'), 'onFailure is immutable'),
  rule(unchanged('earlierResults'), 'earlierResults are immutable'),
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
const STATUS_RULES = validations(
  rule(
    '!has(oldSelf.jobs) || (has(self.jobs) && self.jobs.size() >= oldSelf.jobs.size())',
    'jobs cannot be removed from the status',
  ),
);
// One rule for the whole list, not one for each item: that costs a third.
const TERMINAL_STATE_RULES = validations(
  rule(
    "oldSelf.all(i, old, !(old.state in ['SUCCESS', 'FAILURE', 'REVOKED']) || (i < self.size() && self[i].state == old.state))",
    'a terminal state never changes',
  ),
);
const KEEP_STATUS_RULES = validations(rule('!has(oldSelf.status) || has(self.status)', 'status cannot be removed'));

/**
 * The definition of a job. The API server checks each of a thousand on every write of the run, the status included, and that
 * costs more than storing them. So only the service and the controller check what is in them.
 */
const UNCHECKED_DEFINITION: Schema = {
  type: 'object',
  description:
    'One of sleep, log and container, and activeDeadlineSeconds, pendingDeadlineSeconds and backoffLimit; see ' +
    'docs/groups.md. A run with a definition that is not valid ends at once as FAILURE, with the reason InvalidDefinition.',
  required: ['name'],
  'x-kubernetes-preserve-unknown-fields': true,
};

function specSchema(): Schema {
  const schema = toStructural(z.toJSONSchema(GroupRunSpec));
  const { jobs, parameters, cancelJobs, earlierResults } = schema.properties as Record<string, Schema>;
  // Size limits: the API server rejects a CRD whose rules have no bounded cost.
  Object.assign(parameters!, { maxProperties: 64 }, PARAMETER_NAME_RULES);
  cancelJobs!.maxProperties = MAX_JOBS;
  earlierResults!.maxProperties = MAX_JOBS;
  const { name } = (jobs!.items as { properties: Record<string, Schema> }).properties;
  Object.assign(jobs!, ATOMIC, { items: { ...UNCHECKED_DEFINITION, properties: { name } } });
  return { ...schema, ...SPEC_RULES };
}

function statusSchema(): Schema {
  const schema = toStructural(z.toJSONSchema(GroupRunStatus));
  const { jobs, conditions } = schema.properties as { jobs: Schema; conditions: Schema };
  Object.assign(conditions, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });
  Object.assign(jobs, ATOMIC, TERMINAL_STATE_RULES);
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
