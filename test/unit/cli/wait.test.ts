import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Io } from '../../../cli/io.ts';
import { describeJobs, Progress } from '../../../cli/progress.ts';
import { createClient } from '../../../client/index.ts';
import type { JobState } from '../../../contract/group-run.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { cli, startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const newRun = () => createClient({ server: app.url }).trigger('good', {});

test.each<[JobState, JobState, number]>([
  ['SUCCESS', 'SUCCESS', 0],
  ['SUCCESS', 'FAILURE', 1],
  ['SUCCESS', 'REVOKED', 3],
])('a run whose jobs end as %s and %s has the exit code %i', async (one, two, code) => {
  const waiting = startCli(['--server', app.url, 'trigger', 'good', '--wait']);
  await eventually('its start', async () => waiting.err().includes('0/2 done') || undefined);
  app.runs.setJobs(app.runs.newest.metadata.name, { state: 'STARTED' }, { state: 'PENDING' });
  await eventually('progress', async () => waiting.err().includes('1 running') || undefined);
  app.runs.setStates(app.runs.newest.metadata.name, one, two);
  expect(await waiting.ended).toBe(code);
  expect(waiting.out()).toMatch(new RegExp(`^JOB .*\\none +${one}.*\\ntwo +${two}.*\\n$`));
});

test('progress is plain lines where nobody watches a terminal, and none of it is on stdout', async () => {
  const id = await newRun();
  app.runs.setJobs(id, { state: 'SUCCESS' }, { state: 'FAILURE', reason: 'DeadlineExceeded' });
  const { out, err } = await cli(['--server', app.url, 'wait', id, '-o', 'json']);
  expect(JSON.parse(out)).toMatchObject({ id, state: 'FAILURE' });
  expect(err).toBe(
    `good: 2/2 done, 1 failed: two DeadlineExceeded\nRun ${id} of good: FAILURE, 2/2 done, 1 failed: two DeadlineExceeded\n`,
  );
});

test('Ctrl-C cancels nothing, and says how to go on and how to cancel', async () => {
  const id = await newRun();
  const waiting = startCli(['--server', app.url, 'wait', id]);
  await eventually('progress', async () => waiting.err() || undefined);
  waiting.interrupt();
  expect(await waiting.ended).toBe(130);
  expect(waiting.err()).toContain(
    `Run ${id} goes on.\nTo wait for it:  async-api wait ${id}\nTo cancel it:    async-api cancel ${id}\n`,
  );
  expect(await createClient({ server: app.url }).run(id)).not.toHaveProperty('cancel');
  expect(app.logged.filter(({ message }) => message === 'cancel accepted')).toEqual([]);
});

test('a log that cannot be read is told, and does not hide how the run ended; the command logs fails', async () => {
  const fails = async () => {
    throw new Error('no pods');
  };
  const broken = await startApp({ logs: { pods: fails, sharedPods: fails, read: async () => undefined } });
  try {
    const id = await createClient({ server: broken.url }).trigger('good', {});
    const startedAt = '2026-11-25T12:00:00Z';
    broken.runs.setJobs(id, { state: 'SUCCESS', startedAt }, { state: 'SUCCESS', startedAt });
    const waited = await cli(['--server', broken.url, 'wait', id, '--logs']);
    expect(waited).toMatchObject({ code: 0, err: expect.stringContaining('A log could not be read: ') });
    expect(await cli(['--server', broken.url, 'logs', '-f', id])).toMatchObject({ code: 4, out: '' });
    expect(await cli(['--server', broken.url, 'logs', id])).toMatchObject({ code: 4, out: '' });
  } finally {
    await broken.close();
  }
});

test('a timeout is exit code 3, and leaves the run as it is', async () => {
  const id = await newRun();
  const { code, out, err } = await cli(['--server', app.url, 'wait', id, '--timeout', '300ms']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toContain(`It is not over after 300ms. Run ${id} goes on.`);
});

test('on a terminal one line is rewritten, cut to its width, and gone at the end', () => {
  let err = '';
  const progress = new Progress({
    err: (text: string) => (err += text),
    isErrTerminal: true,
    columns: 10,
  } as Partial<Io> as Io);
  progress.show('1/3 done');
  progress.show('1/3 done');
  progress.show('2/3 done, 1 running');
  progress.clear();
  expect(err).toBe('\r\x1b[2K1/3 done\r\x1b[2K2/3 done…\r\x1b[2K');
});

test('states have colours on a terminal, but not with NO_COLOR', async () => {
  const id = await newRun();
  app.runs.setStates(id, 'SUCCESS', 'SUCCESS');
  const shown = (env: Io['env']) => cli(['--server', app.url, 'status', id], { isOutTerminal: true, env });
  expect((await shown({})).out).toContain('\x1b[32mSUCCESS\x1b[0m');
  expect((await shown({ NO_COLOR: '1' })).out).not.toContain('\x1b');
});

test.each<[string, Parameters<typeof describeJobs>[0]]>([
  ['0/1 done', [{ name: 'a', state: 'PENDING' }]],
  ['0/1 done', [{ name: 'a', state: 'PENDING', reason: 'WaitsForJobs' }]],
  ['0/1 done, 1 blocked: a ErrImagePull', [{ name: 'a', state: 'PENDING', reason: 'ErrImagePull' }]],
  [
    '1/4 done, 2 running, 1 failed: a DeadlineExceeded',
    [
      { name: 'a', state: 'FAILURE', reason: 'DeadlineExceeded' },
      { name: 'b', state: 'STARTED' },
      { name: 'c', state: 'STARTED' },
      { name: 'd', state: 'PENDING' },
    ],
  ],
  [
    '5/5 done, 1 revoked, 4 failed: a, a, a and 1 more',
    [
      ...Array.from({ length: 4 }, () => ({ name: 'a', state: 'FAILURE' as const })),
      { name: 'b', state: 'REVOKED' as const },
    ],
  ],
])('progress is told as %j', (text, jobs) => {
  expect(describeJobs(jobs)).toBe(text);
});
