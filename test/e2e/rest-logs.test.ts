import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { finalStatus, idOf, statusPaths, trigger } from '../support/rest.ts';

/**
 * Writes more than 10 MiB at once and a line a second after that, until the kubelet has looked at the size of the log, as it does
 * every 10 s. Twice: if it looks in the middle of the first time, the rest of that still dates from the start.
 */
const CHATTY = `
  const writeMuch = () => console.log(('x'.repeat(99) + '\\n').repeat(120_000));
  writeMuch();
  let line = 0;
  setInterval(() => {
    console.log('Line', ++line);
    if (line === 12) writeMuch();
    if (line === 40) process.exit();
  }, 1000);
`;
let product: Product;
beforeAll(async () => {
  product = await Product.install();
  const container = (script: string) => ({
    container: { image: process.env.TEST_JOB_IMAGE, command: ['node', '-e', script] },
  });
  const groups = {
    talks: { jobs: { talk: { log: { lines: 12, intervalSeconds: 1 } } } },
    twice: {
      jobs: { fails: { ...container('console.log("attempt", Date.now()); process.exit(3)'), backoffLimit: 1 } },
    },
    says: {
      parameters: { WHO: { required: true, pattern: '[^\n]+' } },
      jobs: { hello: container('console.log("hello, " + process.env.WHO)') },
    },
    traced: { jobs: { tells: container('console.log(process.env.TRACEPARENT)') } },
    quiet: { jobs: { sleeps: { sleep: { seconds: 1 } } } },
    late: { jobs: { hangs: { sleep: { seconds: 600 }, activeDeadlineSeconds: 3 } } },
    chatty: { jobs: { writes: { ...container(CHATTY), activeDeadlineSeconds: 120 } } },
  };
  const file = await product.writeConfig({ groups });
  await Promise.all([product.startApi(file), product.startController()]);
});
afterAll(() => product.uninstall());

const logOf = async (path: string, query = '') => {
  const response = await fetch(`${product.url}${path}/logs${query}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

test('a followed log arrives while the job writes it, and ends with the job', async () => {
  const [path] = await trigger(product, 'talks');
  const response = await fetch(`${product.url}${path}/logs?follow=true`);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const chunks: string[] = [];
  for await (const chunk of response.body!) chunks.push(new TextDecoder().decode(chunk));
  const text = chunks.join('');
  expect(text.trim().split('\n')).toHaveLength(13);
  expect(text).toContain('Line 12 of 12');
  expect(chunks[0]).not.toContain('Line 12 of 12');
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
  expect((await logOf(path!)).text).toBe(text);
  expect((await logOf(path!, '?tail=2')).text.trim().split('\n')).toHaveLength(2);
});

test('the followed log of a retried job has each attempt', async () => {
  const [path] = await trigger(product, 'twice');
  const { text } = await logOf(path!, '?follow=true');
  expect(text.match(/attempt \d+/g)).toHaveLength(2);
  expect((await logOf(path!)).text.match(/attempt \d+/g)).toHaveLength(1);
});

test('a parameter reaches the container unchanged, also where a shell or Kubernetes would expand it', async () => {
  const who = '$(ASYNC_API_JOB_ID) $HOME `id` "\'\\ ü';
  const response = await fetch(`${product.url}/group/says`, {
    method: 'POST',
    body: JSON.stringify({ parameters: { WHO: who } }),
    headers: { 'Content-Type': 'application/json' },
  });
  const [path] = await statusPaths(response);
  expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
  expect((await logOf(path!)).text).toBe(`hello, ${who}\n`);
});

test('jobs get the trace of their trigger', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const logOfTrigger = async (headers: Record<string, string>) => {
    const response = await fetch(`${product.url}/group/traced`, { method: 'POST', headers });
    const [path] = await statusPaths(response);
    expect((await finalStatus(product, path!)).state).toBe('SUCCESS');
    return (await logOf(path!)).text;
  };
  expect(await logOfTrigger({ traceparent })).toBe(`${traceparent}\n`);
  expect(await logOfTrigger({ traceparent: `${traceparent.slice(0, -2)}$(PATH)` })).toBe('undefined\n');
});

test('without its pods, the log of a failed job is its message, and that of another 410', async () => {
  const [failed] = await trigger(product, 'twice');
  const [fine] = await trigger(product, 'quiet');
  const { message } = await finalStatus(product, failed!);
  await finalStatus(product, fine!);
  for (const path of [failed!, fine!]) {
    const query = { propagationPolicy: 'Background' };
    await product.admin.request('DELETE', product.jobsPath(idOf(path)), { query });
    const labelSelector = `batch.kubernetes.io/job-name=${idOf(path)}`;
    await eventually('no pods', async () => {
      const { items } = await product.admin.request<{ items: [] }>('GET', product.podsPath(), {
        query: { labelSelector },
      });
      return items.length === 0 || undefined;
    });
  }
  expect(await logOf(failed!)).toMatchObject({ status: 200, text: message });
  expect(await logOf(failed!, '?follow=true')).toMatchObject({ status: 200, text: message });
  expect(await logOf(fine!)).toMatchObject({ status: 410, text: expect.stringContaining('nothing was kept') });
});

test('the log of a job that failed at its deadline is there until its Job is deleted, then 410: the message is not its own', async () => {
  const [path] = await trigger(product, 'late');
  expect(await finalStatus(product, path!)).toMatchObject({ reason: 'DeadlineExceeded', message: expect.anything() });
  expect((await logOf(path!)).status).toBe(200);
  const options = { body: { propagationPolicy: 'Background' } };
  await product.admin.request('DELETE', product.jobsPath(idOf(path!)), options);
  const gone = await eventually('no log', async () => {
    const log = await logOf(path!);
    return log.status === 200 ? undefined : log;
  });
  expect(gone).toMatchObject({ status: 410, text: expect.stringContaining('nothing was kept') });
});

test('a log that the kubelet has rotated is marked, and begins later', async () => {
  const [path] = await trigger(product, 'chatty');
  expect((await finalStatus(product, path!, 120_000)).state).toBe('SUCCESS');
  const response = await fetch(`${product.url}${path}/logs`);
  expect(response.headers.get('log-may-be-cut')).toMatch(/^rotated;first-line-after=\d+$/);
  const text = await response.text();
  expect(text).not.toMatch(/^Line 1$/m);
  expect(text).toMatch(/^Line 39\nLine 40\n$/m);
}, 180_000);

test('the log of an unknown job is 404', async () => {
  expect(await logOf('/status/dummy')).toMatchObject({ status: 404, text: "Job with given id doesn't exists : dummy" });
});
