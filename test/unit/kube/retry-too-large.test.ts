import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-error.ts';
import { mayRetry } from '../../../kube/retry.ts';

const TOO_LARGE = [
  'etcdserver: request is too large',
  'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2400000 vs. 2097152)',
];

describe('an idempotent call', () => {
  test.each([500, 502, 503, 504])('is tried again after %i', (code) => {
    expect(mayRetry('PATCH', true, new ApiError(code, 'InternalError', 'etcdserver: request timed out'))).toBe(true);
  });

  test.each(TOO_LARGE)('is not tried again after %j', (message) => {
    expect(mayRetry('PATCH', true, new ApiError(500, '', message))).toBe(false);
  });

  test('is not tried again after 413', () => {
    expect(mayRetry('PATCH', true, new ApiError(413, 'RequestEntityTooLarge', 'limit is 3145728'))).toBe(false);
  });
});

test.each([
  [500, 'PATCH', '', false],
  [429, 'PATCH', 'TooManyRequests', true],
  [409, 'POST', 'Conflict', true],
  [409, 'POST', 'AlreadyExists', false],
  [409, 'PATCH', 'Conflict', false],
])('after %i a %s that may have had an effect (%s) is tried again: %s', (code, method, reason, expected) => {
  expect(mayRetry(method, false, new ApiError(code, reason, ''))).toBe(expected);
});
