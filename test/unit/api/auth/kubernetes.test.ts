import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Request } from 'express';
import { kubernetesAuth } from '../../../../api/auth/kubernetes.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const REQUEST = { get: () => 'Bearer abc' } as unknown as Request;
const ALICE = { username: 'alice', groups: ['team'] };

/** Authentication by a cluster whose reviews have this status. */
function cluster(status: object, audiences: string[] = []) {
  const asked: string[] = [];
  const request = async <T>(_method: string, path: string) => {
    asked.push(path.split('/').at(-1)!);
    return { status } as T;
  };
  const options = { client: { request }, namespace: 'ns', audiences, apiServerDownSeconds: () => 0 };
  return { auth: kubernetesAuth(options), asked };
}

test('a token whose audiences the API server did not check is 401', async () => {
  const { auth } = cluster({ authenticated: true, user: ALICE }, ['async-api']);
  await expect(auth.identify(REQUEST)).rejects.toMatchObject({ status: 401 });
});

test.each([
  [['async-api'], ['x', 'async-api'], 'alice'],
  [['x', 'y'], ['z'], 401],
  [[], undefined, 'alice'],
])('with the audiences %j a token that is for %j is of %s', async (expected, audiences, result) => {
  const { auth } = cluster({ authenticated: true, user: ALICE, ...(audiences && { audiences }) }, expected as string[]);
  const caller = auth.identify(REQUEST).then(
    ({ name }) => name,
    ({ status }) => status,
  );
  expect(await caller).toBe(result);
});

test('a token and a right are asked for again after ten seconds', async () => {
  const status = { authenticated: true, user: ALICE, allowed: true };
  const { auth, asked } = cluster(status);
  const ask = async () => auth.allows(await auth.identify(REQUEST), 'get', 'group_a');
  expect(await ask()).toBe(true);
  jest.advanceTimersByTime(9999);
  await ask();
  expect(asked).toEqual(['tokenreviews', 'subjectaccessreviews']);
  jest.advanceTimersByTime(1);
  status.allowed = false;
  expect(await ask()).toBe(false);
  status.authenticated = false;
  jest.advanceTimersByTime(10_000);
  await expect(ask()).rejects.toMatchObject({ status: 401 });
  expect(asked).toHaveLength(5);
});
