import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun, JobStatus } from '../../contract/group-run.ts';
import { EventReader } from '../support/event-reader.ts';
import { Product } from '../support/harness.ts';
import { kubectl } from '../support/kubectl.ts';
import { addContainers, addSecondContainer } from '../support/policy.ts';
import { finalStatus, idOf, runOf, statusPaths, trigger } from '../support/rest.ts';

/** A job whose container runs this script. */
const script = (code: string, more: object = {}) => ({
  container: { image: process.env.TEST_JOB_IMAGE, command: ['node', '-e', code] },
  ...more,
});
const writes = (expression: string) =>
  script(`require('node:fs').writeFileSync('/dev/termination-log', ${expression}); console.log('a log')`);

/** What ends a line somewhere, and more than JSON's own escapes are made for. */
const ODD = '\0\r\n\n\u2028\u0085data: 😀 <&>\x1b[31m';
const PROXIED = 'proxied';
const CROWDED = 'crowded';
/** The first attempt ends when UNTIL has passed, so later ones begin after it. */
const SECOND_TRY = `
  const attempt = Date.now() < Number(process.env.UNTIL) ? 'first' : 'second';
  require('node:fs').writeFileSync('/dev/termination-log', attempt);
  if (attempt === 'first') setTimeout(() => process.exit(7), Number(process.env.UNTIL) - Date.now());
`;
const GROUPS = {
  results: {
    parameters: { day: { required: true } },
    jobs: {
      json: { sleep: { seconds: 0, result: '{"day": "$(day)", "rows": [1, 2.5, null]}' } },
      text: { log: { lines: 1, result: 'done for $(day)\n' } },
      empty: { sleep: { seconds: 0, result: '' } },
      most: writes("'x'.repeat(4095)"),
      tooMuch: writes("'x'.repeat(4096)"),
      muchMore: writes("'é'.repeat(50_000)"),
      odd: writes(JSON.stringify(ODD)),
      bytes: writes('Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0xe2, 0x80, 0xa8, 0x00])'),
      polluted: writes('\'{"__proto__": {"a": 1}}\''),
      nested: writes("'['.repeat(2047) + ']'.repeat(2047)"),
      digits: writes('\'{"id": 9007199254740993}\''),
      fails: script("require('node:fs').writeFileSync('/dev/termination-log', 'no disk'); process.exit(3)"),
    },
  },
  retried: { parameters: { UNTIL: { required: true } }, jobs: { twice: script(SECOND_TRY, { backoffLimit: 1 }) } },
  [PROXIED]: { jobs: { one: writes("'beside a proxy'") } },
  [CROWDED]: {
    jobs: { fits: writes("'x'.repeat(3071)"), cut: writes("'x'.repeat(3072)"), long: writes("'x'.repeat(4000)") },
  },
};

let product: Product;
const undo: (() => Promise<void>)[] = [];
beforeAll(async () => {
  product = await Product.install();
  await Promise.all([product.startApi(await product.writeConfig({ groups: GROUPS })), product.startController()]);
}, 120_000);
afterAll(async () => {
  for (const one of undo) await one();
  await product.uninstall();
});

async function triggerWith(group: string, parameters: Record<string, string>): Promise<string[]> {
  const response = await fetch(`${product.url}/group/${group}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ parameters }),
  });
  expect(response.status).toBe(202);
  return statusPaths(response);
}

/** Every event of a run: what a client has been told of each job at last. */
async function followed(runId: string): Promise<Map<string, unknown>> {
  const events = await EventReader.open(`${product.url}/runs/${runId}/events`);
  const jobs = new Map<string, unknown>();
  for (let one = await events.next(); one; one = await events.next()) {
    const { name, ...rest } = JSON.parse(one.data);
    if (one.event === 'job') jobs.set(name, resultOf(rest));
  }
  return jobs;
}

const resultOf = ({ state, message, result, resultTooLarge }: Record<string, unknown>): object =>
  JSON.parse(JSON.stringify({ state, message, result, resultTooLarge }));

const storedJobs = async (runId: string): Promise<JobStatus[]> => {
  const { out } = await kubectl(['get', 'groupruns', runId, '-n', product.namespace, '-o', 'json']);
  return (JSON.parse(out) as GroupRun).status?.jobs ?? [];
};

test('the result of a job is in its status, in the run, in the event of its end and in the status that kubectl shows', async () => {
  const paths = await triggerWith('results', { day: 'Monday' });
  const runId = runOf(paths[0]!);
  const names = Object.keys(GROUPS.results.jobs);
  const told = await followed(runId);
  const SUCCESS = { state: 'SUCCESS' };
  const TOO_LARGE = { ...SUCCESS, resultTooLarge: true };
  const texts: Record<string, string> = {
    json: '{"day": "Monday", "rows": [1, 2.5, null]}',
    text: 'done for Monday\n',
    most: 'x'.repeat(4095),
    odd: ODD,
    bytes: 'a\ufffd\ufffd\n\u2028\0',
    polluted: '{"__proto__": {"a": 1}}',
    nested: '['.repeat(2047) + ']'.repeat(2047),
    digits: '{"id": 9007199254740993}',
  };
  const values: Record<string, unknown> = {
    ...texts,
    json: { day: 'Monday', rows: [1, 2.5, null] },
    polluted: JSON.parse(texts.polluted!),
  };
  const expected = names.map((name) => {
    if (name === 'fails') return { state: 'FAILURE', message: 'no disk' };
    if (name === 'tooMuch' || name === 'muchMore') return TOO_LARGE;
    return name in values ? { ...SUCCESS, result: values[name] } : SUCCESS;
  });
  expect(names.map((name) => told.get(name))).toEqual(expected);
  const { jobs } = (await (await fetch(`${product.url}/runs/${runId}`)).json()) as { jobs: Record<string, unknown>[] };
  expect(jobs.map(resultOf)).toEqual(expected);
  const statuses = await Promise.all(paths.map(async (path) => (await fetch(product.url + path)).text()));
  expect(statuses.map((text) => resultOf(JSON.parse(text)))).toEqual(expected);
  for (const [index, text] of statuses.entries()) {
    expect(text).toMatch(new RegExp(`^\\{"state":"\\w+","task_id":"${idOf(paths[index]!)}"`));
  }
  const asText = expected.map((one, index) => ('result' in one ? { ...one, result: texts[names[index]!] } : one));
  expect((await storedJobs(runId)).map((one) => resultOf(one))).toEqual(asText);
}, 240_000);

test('a job that succeeds at its second attempt has the result of that', async () => {
  const [path] = await triggerWith('retried', { UNTIL: String(Date.now() + 20_000) });
  expect(await finalStatus(product, path!, 120_000)).toMatchObject({ state: 'SUCCESS', result: 'second' });
  expect(await storedJobs(runOf(path!))).toMatchObject([{ attempts: 2, result: 'second' }]);
}, 240_000);

test('a job that another container outlives has its result', async () => {
  undo.push(await addSecondContainer(product, PROXIED));
  const [path] = await trigger(product, PROXIED);
  expect(await finalStatus(product, path!, 120_000)).toMatchObject({ state: 'SUCCESS', result: 'beside a proxy' });
}, 600_000);

test('a result that the kubelet cut, since the pod has four containers, is too large', async () => {
  undo.push(await addContainers(product, CROWDED, ['a', 'b', 'c'], 0));
  const paths = await trigger(product, CROWDED);
  const statuses = await Promise.all(paths.map((path) => finalStatus(product, path, 120_000)));
  expect(statuses.map((one) => resultOf(one))).toEqual([
    { state: 'SUCCESS', result: 'x'.repeat(3071) },
    { state: 'SUCCESS', resultTooLarge: true },
    { state: 'SUCCESS', resultTooLarge: true },
  ]);
}, 600_000);
