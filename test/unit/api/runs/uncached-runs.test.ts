import { describe, expect, test } from '@jest/globals';
import { HttpError, type ServiceUnavailable } from '../../../../api/http/http-error.ts';
import { UncachedRuns } from '../../../../api/runs/uncached-runs.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { unavailable } from '../../../support/memory-runs.ts';

const RUN = { metadata: { name: 'known' } } as GroupRun;

/** Reads of an API server that has the run `known`, and counts what it is asked. */
function apiServer() {
  const server = { gets: [] as string[], stored: new Set(['known']), now: 1000, error: undefined as Error | undefined };
  const runs = new UncachedRuns(
    async (runId) => {
      server.gets.push(runId);
      const isStored = server.stored.has(runId);
      await Promise.resolve();
      if (server.error) throw server.error;
      return isStored ? RUN : undefined;
    },
    () => server.now,
  );
  /** How a question ends: with the run, undefined, or the status of its error. */
  const outcome = (answer: Promise<GroupRun | undefined>) =>
    answer.then(
      (run) => run && 'found',
      (error: HttpError | ServiceUnavailable) => (error instanceof HttpError ? error.status : error.name),
    );
  const find = (runId: string, caller = 'alice') => outcome(runs.find(runId, caller));
  const read = (runId: string, caller = 'alice') => outcome(runs.read(runId, caller));
  return { server, runs, find, read };
}

const inVain = (find: (id: string) => Promise<unknown>, count: number, prefix = 'id') =>
  Promise.all(Array.from({ length: count }, (_, i) => find(`${prefix}-${i}`)));

describe('runs that are not in the cache', () => {
  test('that do not exist cost a caller at most a hundred requests at once, and twenty a second', async () => {
    const { server, find } = apiServer();
    const answers = await inVain(find, 300);
    expect(answers).toEqual([...Array(100).fill(undefined), ...Array(200).fill(429)]);
    expect(server.gets).toHaveLength(100);
    server.now += 1000;
    await inVain(find, 300, 'more');
    expect(server.gets).toHaveLength(120);
  });

  test('that do not exist are counted for each caller apart', async () => {
    const { find } = apiServer();
    await inVain(find, 101);
    expect(await find('another')).toBe(429);
    expect(await find('another', 'bob')).toBe(undefined);
  });

  test('cost nothing if they exist, or if the API server cannot be asked', async () => {
    const { server, find } = apiServer();
    for (let i = 0; i < 300; i++) expect(await find('known')).toBe('found');
    server.error = unavailable();
    for (let i = 0; i < 300; i++) expect(await find(`id-${i}`)).toBe('ServiceUnavailable');
    server.error = undefined;
    expect(await inVain(find, 100)).toEqual(Array(100).fill(undefined));
    expect(await find('one more')).toBe(429);
  });

  test('are asked about once by concurrent questions', async () => {
    const { server, find } = apiServer();
    expect(await Promise.all(Array.from({ length: 300 }, () => find('known')))).toEqual(Array(300).fill('found'));
    expect(await Promise.all(Array.from({ length: 300 }, () => find('made up')))).toEqual(Array(300).fill(undefined));
    expect(server.gets).toEqual(['known', 'made up']);
  });

  test('stay unknown for a second', async () => {
    const { server, find } = apiServer();
    await find('late');
    server.stored.add('late');
    server.now += 999;
    expect(await find('late')).toBe(undefined);
    expect(server.gets).toHaveLength(1);
    server.now += 2;
    expect(await find('late')).toBe('found');
  });

  test('are known at once when this replica stores them', async () => {
    const { server, runs, find } = apiServer();
    await find('new');
    server.stored.add('new');
    runs.forget('new');
    expect(await find('new')).toBe('found');
  });

  test('are known at once even when they were asked about just before they were stored', async () => {
    const { server, runs, find } = apiServer();
    const before = find('new');
    server.stored.add('new');
    runs.forget('new');
    expect([await find('new'), await before, await find('new')]).toEqual(['found', undefined, 'found']);
  });

  test('are read without the memory of an earlier answer, which still counts as a miss', async () => {
    const { server, find, read } = apiServer();
    expect([await find('late'), await read('late'), server.gets.length]).toEqual([undefined, undefined, 2]);
    server.stored.add('late');
    expect(await read('late')).toBe('found');
    await inVain(read, 98);
    expect(await read('one more')).toBe(429);
  });

  test('above the limit are refused with a sentence and Retry-After', async () => {
    const { runs, find } = apiServer();
    await inVain(find, 100);
    await expect(runs.find('one more', 'alice')).rejects.toMatchObject({
      status: 429,
      headers: { 'Retry-After': '1' },
      message: 'Expected at most 20 requests for unknown ids a second. Try again later.',
    });
  });
});
