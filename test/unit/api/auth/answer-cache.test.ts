import { describe, expect, test } from '@jest/globals';
import { AnswerCache } from '../../../../api/auth/answer-cache.ts';
import { HttpError } from '../../../../api/http/http-error.ts';
import { unavailable } from '../../../support/memory-runs.ts';

describe('a cached answer', () => {
  test('is requested once at a time, again when it is old, and used for longer during an outage', async () => {
    let now = 0;
    let asked = 0;
    const ask = async () => ++asked;
    const cache = new AnswerCache<number>({ freshMs: 10, staleMs: 100, now: () => now });
    expect(await Promise.all([cache.get('k', ask), cache.get('k', ask)])).toEqual([1, 1]);
    now = 11;
    expect(await cache.get('k', ask)).toBe(2);
    now = 50;
    const fail = async (): Promise<number> => {
      throw unavailable();
    };
    expect(await cache.get('k', fail)).toBe(2);
    now = 112;
    await expect(cache.get('k', fail)).rejects.toThrow(/cannot be reached/);
  });

  test('is not used after an error that is no outage', async () => {
    let now = 0;
    const cache = new AnswerCache<number>({ freshMs: 10, staleMs: 100, now: () => now });
    await cache.get('k', async () => 1);
    now = 50;
    const denied = async () => {
      throw new HttpError(503, 'This service may not ask.');
    };
    await expect(cache.get('k', denied)).rejects.toThrow(/may not ask/);
  });

  test('that is still fresh is used while the service cannot be reached to ask again', async () => {
    const cache = new AnswerCache<number>({ freshMs: 10, staleMs: 100, now: () => 0 });
    await cache.get('k', async () => 1);
    const again = () => true;
    expect(await cache.get('k', () => Promise.reject(unavailable()), again)).toBe(1);
    expect(await cache.get('k', async () => 2, again)).toBe(2);
  });

  test('may be undefined', async () => {
    const cache = new AnswerCache<undefined>({ freshMs: 10, staleMs: 100, now: () => 0 });
    let asked = 0;
    const ask = async () => void asked++;
    await cache.get('k', ask);
    await cache.get('k', ask);
    expect(asked).toBe(1);
  });

  test('is one of the ten thousand most recently used', async () => {
    const cache = new AnswerCache<string>({ freshMs: 10, staleMs: 100, now: () => 0 });
    const asked: string[] = [];
    const get = (key: string) =>
      cache.get(key, async () => {
        asked.push(key);
        return key;
      });
    for (let i = 0; i < 10_000; i++) await get(`${i}`);
    await get('0');
    await get('10000');
    asked.length = 0;
    for (const key of ['10000', '9999', '2', '0', '1']) await get(key);
    expect(asked).toEqual(['1']);
  });
});

test('concurrent calls share an error, and it is not cached', async () => {
  const cache = new AnswerCache<number>({ freshMs: 10, staleMs: 100, now: () => 0 });
  let asked = 0;
  const fail = async (): Promise<number> => {
    asked += 1;
    throw unavailable();
  };
  const both = await Promise.allSettled([cache.get('k', fail), cache.get('k', fail)]);
  expect([asked, ...both.map(({ status }) => status)]).toEqual([1, 'rejected', 'rejected']);
  expect(await cache.get('k', async () => 7)).toBe(7);
});
