import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ReviewBudget } from '../../../../api/auth/review-budget.ts';
import { HttpError } from '../../../../api/http/http-error.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A budget whose reviews are answered by hand, in the order in which they were sent. */
function reviews(limits: ConstructorParameters<typeof ReviewBudget>[0]) {
  const budget = new ReviewBudget(limits);
  const sent: string[] = [];
  const refused: string[] = [];
  const answers: (() => void)[] = [];
  const add = (name: string, { address = 'a', wasValid = false, fails = false } = {}) => {
    const ask = () => {
      sent.push(name);
      return new Promise<void>((resolve, reject) =>
        answers.push(() => (fails ? reject(new HttpError(401, 'wrong')) : resolve())),
      );
    };
    budget.run({ address, wasValid }, ask).catch((error) => error instanceof HttpError || refused.push(name));
  };
  const settle = () => jest.advanceTimersByTimeAsync(0);
  const answer = async () => {
    answers.shift()?.();
    await settle();
  };
  return { add, answer, settle, sent, refused };
}

describe('the budget of token reviews', () => {
  test('is reserved before a review is sent, and free again after its answer or error', async () => {
    const { add, answer, sent } = reviews({ inFlight: 2 });
    for (const name of ['1', '2', '3', '4', '5']) add(name, { fails: name === '1' });
    expect(sent).toEqual(['1', '2']);
    await answer();
    expect(sent).toEqual(['1', '2', '3']);
    for (let i = 0; i < 4; i++) await answer();
    add('6');
    add('7');
    add('8');
    expect(sent).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  test('goes to each address in turn', async () => {
    const { add, answer, sent } = reviews({ inFlight: 1 });
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) add(name, { address: name[0]! });
    for (let i = 0; i < 6; i++) await answer();
    expect(sent).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  test('goes to tokens that were valid before first', async () => {
    const { add, answer, sent } = reviews({ inFlight: 1 });
    for (const name of ['1', '2', '3']) add(name);
    add('valid before', { wasValid: true });
    await answer();
    expect(sent).toEqual(['1', 'valid before']);
  });

  test('lets a review wait for ten seconds at most, and then asks no more for it', async () => {
    const { add, answer, settle, sent, refused } = reviews({ inFlight: 1 });
    add('slow');
    add('late');
    await jest.advanceTimersByTimeAsync(9999);
    add('later');
    expect(refused).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(refused).toEqual(['late']);
    await answer();
    await settle();
    expect(sent).toEqual(['slow', 'later']);
  });

  test('refuses the newest review of the address with most when too many wait', async () => {
    const { add, answer, settle, sent, refused } = reviews({ inFlight: 1, waiting: 3 });
    add('sent');
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'd1']) add(name, { address: name[0]! });
    add('valid before', { wasValid: true });
    await settle();
    expect(refused).toEqual(['a4', 'a3', 'a2', 'd1']);
    for (let i = 0; i < 5; i++) await answer();
    expect(sent).toEqual(['sent', 'valid before', 'a1', 'b1', 'c1']);
  });

  test('refuses by 503 with Retry-After', async () => {
    const budget = new ReviewBudget({ inFlight: 0, waiting: 0 });
    const refusal = budget.run({ address: 'a', wasValid: false }, async () => {});
    await expect(refusal).rejects.toMatchObject({ name: 'ServiceUnavailable', retryAfterSeconds: 2 });
  });
});
