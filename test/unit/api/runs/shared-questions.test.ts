import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SharedQuestions } from '../../../../api/runs/shared-questions.ts';
import { jobId, newRunId } from '../../../../contract/ids.ts';
import { RUN_ID } from '../../../support/builders.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const job = (index: number) => jobId(RUN_ID, index);

/** Questions that are answered with their number, 300 ms after they were asked. */
function questions() {
  const asked: string[][] = [];
  const shared = new SharedQuestions(async (_runId, jobIds) => {
    asked.push([...jobIds]);
    const number = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return number;
  });
  return { shared, asked };
}

test('a run is asked about at most once a second, for all who want to know by then', async () => {
  const { shared, asked } = questions();
  const first = shared.get(job(1));
  await jest.advanceTimersByTimeAsync(100);
  const others = [2, 3, 2].map((index) => shared.get(job(index)));
  await jest.advanceTimersByTimeAsync(800);
  expect(asked).toEqual([[job(1)]]);
  await jest.advanceTimersByTimeAsync(400);
  expect(asked).toEqual([[job(1)], [job(2), job(3)]]);
  expect(await Promise.all([first, ...others])).toEqual([1, 2, 2, 2]);
});

test('a question that is asked while another is on its way gets an answer of its own, since more may be known by then', async () => {
  const { shared } = questions();
  const answers = [shared.get(job(1))];
  await jest.advanceTimersByTimeAsync(200);
  answers.push(shared.get(job(1)));
  await jest.advanceTimersByTimeAsync(1200);
  expect(await Promise.all(answers)).toEqual([1, 2]);
});

test('a run that was not asked about for a second is asked about at once, and so is another run', async () => {
  const { shared, asked } = questions();
  void shared.get(job(1));
  const other = jobId(newRunId(), 1);
  void shared.get(other);
  await jest.advanceTimersByTimeAsync(1000);
  void shared.get(job(2));
  await jest.advanceTimersByTimeAsync(0);
  expect(asked).toEqual([[job(1)], [other], [job(2)]]);
});

test('an error is that of all who shared the question, and the next one is asked anew', async () => {
  let asked = 0;
  const shared = new SharedQuestions(async () => {
    asked += 1;
    if (asked === 1) throw new Error('silent');
    return asked;
  });
  const both = Promise.allSettled([shared.get(job(1)), shared.get(job(2))]);
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = shared.get(job(1));
  await jest.advanceTimersByTimeAsync(1000);
  expect(await next).toBe(2);
});
