import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createClient, jobIdOf } from '../../../client/index.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { cli, startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';

const GROUPS = `groups:
  day:
    parameters: { day: { required: true }, dry: { default: 'no' } }
    jobs: { one: { sleep: { seconds: 1 } }, two: { sleep: { seconds: 1 } } }
  wrong: { jobs: 5 }
`;
let app: TestApp;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'async-api-cli-'));
  app = await startApp(
    {
      logs: {
        pods: async (id) => [{ name: id, startedAt: 0 }],
        sharedPods: async (id) => [{ name: id, startedAt: 0 }],
        read: async ({ name }) => ({ text: lines(name) }),
      },
    },
    GROUPS,
  );
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function* lines(id: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`log of ${id.slice(-4)}\nend`);
}

const here = (...args: string[]) => cli(['--server', app.url, ...args]);
const newRun = () => createClient({ server: app.url }).trigger('day', { day: 'monday' });
const START = '2026-11-25T12:00:00Z';

test('a trigger prints the id of its run, and how to wait for it', async () => {
  const { code, out, err } = await here('trigger', 'day', '-p', 'day=mon=day', '-p', 'dry=yes', '-o', 'name');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{32}0000\n$/) });
  expect(err).toBe(`To wait for it: async-api wait ${out}`);
  const run = await createClient({ server: app.url }).run(out.trim());
  expect(run).toMatchObject({ group: 'day', parameters: { day: 'mon=day', dry: 'yes' } });
});

test('a trigger with the key of an earlier one starts no second run', async () => {
  const ids = [];
  for (let i = 0; i < 2; i++) ids.push((await here('trigger', 'day', '-p', 'day=x', '--key', 'k1', '-o', 'name')).out);
  expect(ids[0]).toBe(ids[1]);
});

test('a dry run says what would start, and starts nothing', async () => {
  const before = app.runs.runs.size;
  const { code, out, err } = await here('trigger', 'day', '-p', 'day=x', '--dry-run');
  expect({ code, out, err }).toEqual({
    code: 0,
    out: 'JOB\none\ntwo\n',
    err: 'day would start 2 jobs. Nothing was started.\n',
  });
  expect(app.runs.runs.size).toBe(before);
});

test('groups and whoami are tables, whose columns are as wide as their cells', async () => {
  expect((await here('groups')).out).toBe(
    'NAME    JOBS   PROBLEMS   PARAMETERS\nday     2      0          day [dry]\nwrong   0      1          -\n',
  );
  expect((await here('whoami')).out).toMatch(
    /^anonymous\n\nGROUP {3}TRIGGER {3}SEE {3}CANCEL\nday {5}yes {7}yes {3}yes\n/,
  );
});

test('what is printed as JSON and YAML is what the service sent', async () => {
  const id = await newRun();
  const sent = JSON.parse(JSON.stringify(await createClient({ server: app.url }).run(id)));
  expect(JSON.parse((await here('run', id, '-o', 'json')).out)).toEqual(sent);
  expect(parse((await here('-o', 'yaml', 'run', id)).out)).toEqual(sent);
  expect((await here('run', id, '-o', 'name')).out).toBe(`${jobIdOf(id, 1)}\n${jobIdOf(id, 2)}\n`);
});

test('status shows a run or one of its jobs', async () => {
  const id = await newRun();
  app.runs.setJobs(id, { state: 'STARTED' }, { state: 'FAILURE', reason: 'OOMKilled', message: 'a\nb\u001b[2J' });
  expect((await here('status', id)).out).toMatch(new RegExp(`^ID .*\\n${id}   day     STARTED   0/2`));
  const { out } = await here('status', jobIdOf(id, 2), '-o', 'wide');
  expect(out).toMatch(/\ntwo +FAILURE +OOMKilled .* a b⟨001B⟩\[2J\n$/);
});

test('runs are filtered by group, state and age', async () => {
  const id = await newRun();
  app.runs.setStates(id, 'REVOKED', 'SUCCESS');
  expect((await here('runs', '--state', 'REVOKED', '-o', 'name')).out).toBe(`${id}\n`);
  expect((await here('runs', '--group', 'other', '-o', 'name')).out).toBe('');
  const made = Date.parse('2026-11-24T11:00:00Z');
  const within = (now: number) =>
    cli(['--server', app.url, 'runs', '--state', 'REVOKED', '--since', '10m', '-o', 'name'], { now: () => now });
  expect([(await within(made + 599_000)).out, (await within(made + 601_000)).out]).toEqual([`${id}\n`, '']);
});

test('runs -w goes on with each change, until Ctrl-C', async () => {
  const watching = startCli(['--server', app.url, 'runs', '--limit', '1', '-w', '-o', 'name']);
  await eventually('the list', async () => watching.out() || undefined);
  const id = await newRun();
  await eventually('the new run', async () => watching.out().includes(`${id}\n`) || undefined);
  watching.interrupt();
  expect(await watching.ended).toBe(0);
});

test('the events of a run are one line each, until its end', async () => {
  const id = await newRun();
  app.runs.setJobs(id, { state: 'SUCCESS' }, { state: 'FAILURE', reason: 'Error' });
  const { code, out } = await here('events', id);
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'SUCCESS   job one   -',
    'FAILURE   job two   Error',
    'FAILURE   run of day   -',
    '',
  ]);
  const json = (await here('events', id, '-o', 'json')).out.trim().split('\n');
  expect(json.map((line) => JSON.parse(line).event)).toEqual(['job', 'job', 'run']);
});

test('the log of a job is as it was written; that of a run has the job before each line', async () => {
  const id = await newRun();
  app.runs.setJobs(id, { state: 'SUCCESS', startedAt: START }, { state: 'SUCCESS', startedAt: START });
  expect((await here('logs', jobIdOf(id, 2))).out).toBe('log of 0002\nend');
  const all = '[one] log of 0001\n[one] end\n[two] log of 0002\n[two] end\n';
  expect((await here('logs', id)).out).toBe(all);
  expect((await here('logs', '-f', id)).out.split('\n').toSorted()).toEqual(all.split('\n').toSorted());
});

test('a cancel tells what is asked for', async () => {
  const id = await newRun();
  const { code, out, err } = await here('cancel', id);
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(`${id}   PENDING`) });
  expect(err).toContain(`async-api wait ${id}`);
  app.runs.setStates(id, 'SUCCESS', 'SUCCESS');
  expect((await here('cancel', jobIdOf(id, 1))).err).toBe('It is over already.\n');
});

test('a rerun of the failed jobs has only these', async () => {
  const id = await newRun();
  app.runs.setStates(id, 'SUCCESS', 'FAILURE');
  const again = (await here('rerun', id, '--failed', '-o', 'name')).out.trim();
  const run = await createClient({ server: app.url }).run(again);
  expect(run.jobs.map(({ name }) => name)).toEqual(['two']);
});

test('check needs no service, prints every problem with its line, and its exit code tells of them', async () => {
  const file = join(folder, 'config.yaml');
  await writeFile(file, GROUPS);
  const { code, out, err } = await cli(['check', file]);
  expect({ code, out, err }).toEqual({
    code: 1,
    out: 'KIND      LINE   PATH                MESSAGE\nproblem   5      groups.wrong.jobs   expected record, got 5\n',
    err: `${file}: 2 groups, 1 problems, 0 warnings\n`,
  });
  await writeFile(file, GROUPS.replace(/ {2}wrong.*\n/, ''));
  expect(await cli(['check', file])).toMatchObject({ code: 0, out: '' });
  await writeFile(file, 'groups: [');
  expect(await cli(['check', file])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/cannot be used:\n.*line 1/),
  });
  expect(await cli(['check', join(folder, 'none.yaml')])).toMatchObject({ code: 2 });
  await writeFile(
    file,
    GROUPS.replace('sleep: { seconds: 1 } }, two', 'sleep: { seconds: 1 }, pod: { priorityClassName: low } }, two'),
  );
  expect((await cli(['check', file])).out).toContain('priorityClassName');
});

test.each([
  ['an unknown command', ['nonsense']],
  ['an unknown option', ['groups', '--nonsense']],
  ['no group', ['trigger']],
  ['a parameter without a value', ['trigger', 'day', '-p', 'day']],
  ['an unknown format', ['groups', '-o', 'xml']],
  ['an unknown state', ['runs', '--state', 'DONE']],
  ['what is no id', ['run', 'abc']],
  ['the id of a job in place of a run', ['wait', '78b9d1a2-3c4d-4e5f-8a6b-000000000001']],
  ['what is no length of time', ['runs', '--since', 'yesterday']],
  ['no number', ['logs', '78b9d1a2-3c4d-4e5f-8a6b-000000000001', '--tail', 'x']],
  ['a server without http', ['--server', 'localhost:5100', 'groups']],
])('%s is wrong usage, exit code 2, with nothing on stdout', async (_what, args) => {
  const { code, out, err } = await here(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).not.toBe('');
});

test('a refusal is exit code 4, with every problem', async () => {
  const { code, out, err } = await here('trigger', 'day');
  expect({ code, out }).toEqual({ code: 4, out: '' });
  expect(err).toBe(
    'Group day was given wrong parameters, nothing was started:\n  parameters.day: expected a value, since it is required\n',
  );
  expect(await here('run', '78b9d1a2-3c4d-4e5f-8a6b-0000000f0000')).toMatchObject({ code: 4 });
});

test('--help names every command and exit code', async () => {
  const { code, out } = await cli(['--help']);
  expect(code).toBe(0);
  const commands = [
    'groups',
    'trigger',
    'status',
    'runs',
    'run',
    'wait',
    'logs',
    'events',
    'cancel',
    'rerun',
    'check',
    'whoami',
  ];
  for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  for (const exitCode of [0, 1, 2, 3, 4]) expect(out).toMatch(new RegExp(`^  ${exitCode}  `, 'm'));
});
