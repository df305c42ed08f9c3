import { describe, expect, test } from '@jest/globals';
import { ServiceUnavailable } from '../../../../api/http/http-error.ts';
import { callKube, clusterDenial } from '../../../../api/runs/kube-call.ts';
import { ApiError } from '../../../../kube/api-error.ts';

const WEBHOOK = 'admission webhook "w.example" denied the request: not on Fridays';
const POLICY = `groupruns.async-api.dev "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`;

describe('the create of a run', () => {
  test.each([
    [400, WEBHOOK],
    [429, WEBHOOK],
    [500, WEBHOOK],
    [422, POLICY],
    [403, POLICY],
  ])('that a policy denies with %i is 422', (code, message) => {
    expect(clusterDenial(new ApiError(code, '', message))).toMatchObject({
      status: 422,
      message: `A policy of the cluster refuses this run, nothing was started: ${message}`,
    });
  });

  test.each(['exceeded quota: tight', 'status unknown for quota: tight'])('that meets %j is 429', (why) => {
    const error = new ApiError(403, 'Forbidden', `groupruns.async-api.dev "x" is forbidden: ${why}`);
    expect(clusterDenial(error)).toMatchObject({ status: 429, headers: { 'Retry-After': '60' } });
  });

  test.each([
    [422, `GroupRun.async-api.dev "x" is invalid: spec.parameters.a: Invalid value: "${WEBHOOK}"`],
    [403, 'groupruns.async-api.dev is forbidden: User "u" cannot create resource "groupruns"'],
    [404, 'namespaces "n" not found'],
  ])('that fails with %i %j is no denial by a policy', (code, message) => {
    expect(clusterDenial(new ApiError(code, '', message))).toBeUndefined();
  });
});

describe('a call that is answered', () => {
  const call = (error: Error) => callKube({ request: () => Promise.reject(error) }, 'POST', '/');

  test.each([
    [403, 'Forbidden'],
    [429, WEBHOOK],
    [500, WEBHOOK],
  ])('with %i %j throws that answer', async (code, message) => {
    await expect(call(new ApiError(code, '', message))).rejects.toMatchObject({ code, message });
  });

  test.each([429, 500, 503])('with %i of the API server itself is ServiceUnavailable', async (code) => {
    await expect(call(new ApiError(code, '', 'busy'))).rejects.toBeInstanceOf(ServiceUnavailable);
  });
});
