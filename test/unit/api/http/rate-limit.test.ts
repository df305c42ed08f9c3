import { describe, expect, test } from '@jest/globals';
import { HttpError } from '../../../../api/http/http-error.ts';
import { RateLimit } from '../../../../api/http/rate-limit.ts';

describe('the rate of a caller', () => {
  test('allows a burst, then the rate per second, and does not affect others', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 2, burst: 3 }, () => now);
    for (let i = 0; i < 3; i++) limit.take('a');
    expect(() => limit.take('a')).toThrow(expect.objectContaining({ status: 429, headers: { 'Retry-After': '1' } }));
    limit.take('b');
    now = 500;
    limit.take('a');
    expect(() => limit.take('a')).toThrow(/at most 2 requests a second/);
    now = 10_000;
    for (let i = 0; i < 3; i++) limit.take('a');
    expect(() => limit.take('a')).toThrow(HttpError);
  });

  test('remembers a busy caller among ten thousand others', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 2 }, () => 0);
    limit.take('busy');
    for (let i = 0; i < 9000; i++) limit.take(`other-${i}`);
    limit.take('busy');
    for (let i = 0; i < 9000; i++) limit.take(`more-${i}`);
    expect(() => limit.take('busy')).toThrow(HttpError);
  });

  test('forgets the key with the oldest request when more than ten thousand are known', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => 0);
    limit.take('quiet');
    limit.take('second');
    for (let i = 0; i < 9_999; i++) limit.take(`other-${i}`);
    expect(() => limit.take('second')).toThrow(HttpError);
    limit.take('quiet');
  });

  test('has room again for what is given back, and the 429 says what is counted', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 2 }, () => 0, 'unknown ids');
    limit.take('a');
    limit.take('a');
    limit.giveBack('a');
    limit.giveBack('b');
    limit.take('a');
    expect(() => limit.take('a')).toThrow('Expected at most 1 unknown ids a second. Try again later.');
  });

  test('is not counted by a refusal', () => {
    let now = 0;
    const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => now);
    limit.take('a');
    for (let i = 0; i < 10; i++) expect(() => limit.take('a')).toThrow(HttpError);
    now = 1000;
    limit.take('a');
  });
});
