import { describe, expect, test } from '@jest/globals';
import { isAdmissionDenial, refusal } from '../../../kube/denial.ts';

/** Answers of the API server (1.36.3) to the create of a Job. */
const SCHEMA = 'Job.batch "x" is invalid: spec.template.spec.containers[0].image: Required value';
const QUANTITY = 'Job in version "v1" cannot be handled as a Job: quantities must match the regular expression';
const POLICY = `jobs.batch "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no images`;
const MUTATION = "policy 'p' with binding 'b' denied request: composited variable \"v\" fails";
const WEBHOOK = 'admission webhook "w.example" denied the request: no images';
const NO_WEBHOOK =
  'Internal error occurred: failed calling webhook "w.example": failed to call webhook: Post "https://w"';
const QUOTA = 'jobs.batch "x" is forbidden: exceeded quota: tight';
const ROLE = 'jobs.batch is forbidden: User "u" cannot create resource "jobs" in API group "batch"';

describe('the create of a Job that is answered', () => {
  test.each<[string, number, string]>([
    ['that it breaks the schema', 422, SCHEMA],
    ['that a quantity cannot be parsed', 400, QUANTITY],
    ['that it breaks the schema by a value that reads as a denial', 422, `${SCHEMA}: "${POLICY}"`],
  ])('%s is invalid for good', (_what, code, message) => {
    expect(refusal({ code, message }, 'Job')).toBe('invalid');
  });

  test.each<[string, number, string]>([
    ['by a policy with its default reason', 422, POLICY],
    ['by a policy that forbids', 403, POLICY],
    ['by a policy without a binding', 413, POLICY.replace(" with binding 'b'", '')],
    ['by a policy that asks for other credentials', 401, POLICY],
    ['by a policy that quotes a schema error', 422, `${POLICY}: ${SCHEMA}`],
    ['by a policy that cannot mutate it', 403, MUTATION],
    ...[400, 403, 404, 409, 422, 429, 500, 503].map((code): [string, number, string] => [
      'by a webhook',
      code,
      WEBHOOK,
    ]),
    ['by a webhook that quotes a schema error', 422, `${WEBHOOK}: ${SCHEMA}`],
    ['by a webhook that cannot be reached', 500, NO_WEBHOOK],
    ['by a quota', 403, QUOTA],
    ['by a role', 403, ROLE],
    ['by a proxy', 400, '<html>Bad Request</html>'],
    ["by another kind's schema", 422, SCHEMA.replace('Job.batch', 'Pod')],
  ])('%s with %i is denied for now', (_what, code, message) => {
    expect(refusal({ code, message }, 'Job')).toBe('denied');
  });

  test.each<[number, string]>([
    [401, 'Unauthorized'],
    [404, 'namespaces "n" not found'],
    [409, 'Operation cannot be fulfilled on resourcequotas "tight"'],
    [429, 'too many requests'],
    [500, 'etcdserver: request timed out'],
    [500, SCHEMA],
    [503, 'apiserver is shutting down'],
  ])('%i %j is an error of the call', (code, message) => {
    expect(refusal({ code, message }, 'Job')).toBeUndefined();
  });
});

test.each([
  [POLICY, true],
  [MUTATION, true],
  [WEBHOOK, true],
  [NO_WEBHOOK, false],
  [SCHEMA, false],
  [QUOTA, false],
  [`${SCHEMA}: "${WEBHOOK}"`, false],
])('%j is an admission denial: %j', (message, expected) => {
  expect(isAdmissionDenial({ message })).toBe(expected);
});
