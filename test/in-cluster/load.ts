import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../support/rest.ts';

export interface Answer {
  /** 202, or the status and text or the error in its place. */
  outcome: string;
  /** The ids of the accepted jobs. */
  ids: string[];
}

/** Posts to these URLs in turn at this rate until `work` ends, without waiting for answers. */
export const triggerDuring = (work: Promise<unknown>, urls: string[], perSecond: number): Promise<Answer[]> =>
  during(work, perSecond, (index) => triggerOnce(urls[index % urls.length]!));

/** Asks at this rate until `work` ends, without waiting for answers. */
export async function during<T>(
  work: Promise<unknown>,
  perSecond: number,
  ask: (index: number) => Promise<T>,
): Promise<T[]> {
  const answers: Promise<T>[] = [];
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  const from = performance.now();
  while (!over) {
    const wait = from + (answers.length * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    answers.push(ask(answers.length));
  }
  await work;
  return Promise.all(answers);
}

async function triggerOnce(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'POST' });
    const text = await response.text();
    if (response.status !== 202) return { outcome: `${response.status} ${text}`, ids: [] };
    const paths = (JSON.parse(text) as Record<string, string[]>)['Check job status at']!;
    return { outcome: '202', ids: paths.map(idOf) };
  } catch (error) {
    const { message, cause } = error as Error;
    return { outcome: `${message}: ${cause}`, ids: [] };
  }
}

/** The number of answers by outcome. */
export function tally(answers: Pick<Answer, 'outcome'>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
