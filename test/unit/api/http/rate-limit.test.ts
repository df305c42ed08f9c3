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
    expect(() => limit.check('second')).toThrow(HttpError);
    limit.take('quiet');
  });

  test('is neither counted nor renewed by a check', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => 0);
    limit.check('a');
    limit.take('a');
    expect(() => limit.check('a')).toThrow(expect.objectContaining({ status: 429, headers: { 'Retry-After': '1' } }));
    for (let i = 0; i < 9_999; i++) limit.take(`other-${i}`);
    expect(() => limit.check('a')).toThrow(HttpError);
    expect(() => limit.take('a')).toThrow(HttpError);
    limit.take('last');
    limit.check('a');
  });
});
