import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Request } from 'express';
import { kubernetesAuth } from '../../../../api/auth/kubernetes.ts';
import { fingerprint, runIdFromKey } from '../../../../api/routes/idempotency.ts';
import { startApp } from '../../../support/app.ts';
import { definition } from '../../../support/builders.ts';
import { OPERATIONS } from '../../../support/operations.ts';

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

describe('a refusal', () => {
  const start = async (allowed: boolean) => {
    const status = { authenticated: true, user: ALICE, allowed };
    const { auth, asked } = cluster(status);
    const alice = await auth.identify(REQUEST);
    asked.length = 0;
    return { status, asked, recheck: (group = 'a') => auth.allows(alice, 'create', group, true) };
  };

  test('is asked again at once, and a permission is not', async () => {
    const { status, asked, recheck } = await start(false);
    expect(await recheck()).toBe(false);
    status.allowed = true;
    expect(await recheck()).toBe(true);
    status.allowed = false;
    expect(await recheck()).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test('is asked again ten times a second for one caller, whichever groups it names', async () => {
    const { asked, recheck } = await start(false);
    for (let i = 0; i < 5; i++) await recheck(`g${i}`);
    asked.length = 0;
    for (let i = 0; i < 100; i++) expect(await recheck(`g${i % 5}`)).toBe(false);
    expect(asked).toHaveLength(10);
    jest.advanceTimersByTime(1000);
    for (let i = 0; i < 100; i++) await recheck(`g${i % 5}`);
    expect(asked).toHaveLength(20);
  });

  test('is asked again once for all requests that wait for it', async () => {
    const { status, asked, recheck } = await start(false);
    await recheck();
    status.allowed = true;
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => recheck())))).toEqual(new Set([true]));
    expect(asked).toHaveLength(2);
  });

  test('is taken from the cache where only the list of groups depends on it', async () => {
    const status = { authenticated: true, user: ALICE, allowed: false };
    const { auth, asked } = cluster(status);
    const alice = await auth.identify(REQUEST);
    for (let i = 0; i < 5; i++) expect(await auth.allows(alice, 'get', 'a')).toBe(false);
    expect(asked).toEqual(['tokenreviews', 'subjectaccessreviews']);
  });
});

describe('a trigger of a made-up name', () => {
  /** An app whose callers may trigger these groups; undefined is the right to all groups. */
  async function appFor(mayTrigger: (group: string | undefined) => boolean) {
    jest.useRealTimers();
    const reviewed: unknown[] = [];
    const request = async <T>(_method: string, path: string, { body }: { body?: unknown } = {}) => {
      if (path.endsWith('tokenreviews')) return { status: { authenticated: true, user: ALICE } } as T;
      const { name } = (body as { spec: { resourceAttributes: { name?: string } } }).spec.resourceAttributes;
      reviewed.push(name);
      return { status: { allowed: mayTrigger(name) } } as T;
    };
    const client = { request };
    const app = await startApp({
      auth: kubernetesAuth({ client, namespace: 'ns', audiences: [], apiServerDownSeconds: () => 0 }),
    });
    const trigger = async (name: string, method = 'POST', more = {}) => {
      const headers = { authorization: 'Bearer abc', ...more };
      const response = await fetch(`${app.url}/group/${name}`, { method, headers });
      return [response.status, await response.text()] as const;
    };
    return { app, reviewed, trigger };
  }

  test.each([
    ['the right to all groups', () => true, 404, 202],
    ['the right to one group', (group?: string) => group === 'good', 403, 202],
    ['no right', () => false, 403, 403],
  ])(
    'costs no review of its own, and shows callers with %s no more than a known name',
    async (_who, may, unknown, known) => {
      const { app, reviewed, trigger } = await appFor(may);
      try {
        for (const method of ['POST', 'GET']) {
          for (let i = 0; i < 20; i++) expect((await trigger(`made-up-${i}`, method))[0]).toBe(unknown);
        }
        expect(new Set(reviewed)).toEqual(new Set([undefined]));
        expect((await trigger('good'))[0]).toBe(known);
        expect(new Set(reviewed)).toEqual(new Set([undefined, 'good']));
      } finally {
        await app.close();
      }
    },
  );

  test.each(OPERATIONS)('costs no review of its own: $method $path', async ({ method, path }) => {
    for (const mayTrigger of [() => true, () => false]) {
      const { app, reviewed } = await appFor(mayTrigger);
      try {
        for (let i = 0; i < 5; i++) {
          const url = path
            .replace('{name}', `made-up-${i}`)
            .replace('{id}', `78b9d1a2-3c4d-4e5f-8a6b-0000${i + 1000}0001`);
          const headers = { authorization: 'Bearer abc', 'Idempotency-Key': `${i}` };
          const response = await fetch(`${app.url}${url}?group=made-up-${i}`, { method, headers });
          // A stream does not end by itself.
          if (path === '/runs/events') await response.body!.cancel();
          else await response.text();
        }
        const ofAllGroups = reviewed.filter((name) => name !== 'good' && name !== 'empty');
        // One for each verb.
        expect(ofAllGroups.length).toBeLessThanOrEqual(path === '/me' ? 3 : 1);
        expect(new Set(ofAllGroups).size).toBeLessThanOrEqual(1);
      } finally {
        await app.close();
      }
    }
  });

  test('is 403 in the same words as a known one', async () => {
    const { app, trigger } = await appFor(() => false);
    try {
      const sentence = (name: string) => `alice may not trigger runs of group ${name}.`;
      expect(await trigger('made-up')).toEqual([403, sentence('made-up')]);
      expect(await trigger('good')).toEqual([403, sentence('good')]);
    } finally {
      await app.close();
    }
  });

  test.each([
    ['the right to all groups', 202, () => true],
    ['the right to that group only', 403, (group?: string) => group === 'gone'],
  ])('a repetition of an accepted trigger after its group went is, with %s, %d', async (_who, status, may) => {
    const { app, trigger } = await appFor(may);
    try {
      const key = { 'Idempotency-Key': 'k' };
      const id = runIdFromKey('alice', 'k');
      const annotations = { 'async-api.dev/request': fingerprint('trigger', 'gone', {}) };
      await app.runs.create(id, { group: 'gone', jobs: [definition()] }, annotations);
      expect((await trigger('gone', 'POST', key))[0]).toBe(status);
      expect(app.runs.runs.size).toBe(1);
    } finally {
      await app.close();
    }
  });
});
