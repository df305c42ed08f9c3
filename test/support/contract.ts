import { expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import type { Job } from '../../controller/decide/types.ts';
import { eventually } from './eventually.ts';
import type { Product } from './harness.ts';
import { type RawAnswer, rawRequest, sendRaw } from './raw-http.ts';
import { finalStatus, idOf, runOf, trigger } from './rest.ts';

const UNKNOWN = "Job with given id doesn't exists : dummy";

/**
 * Tests of the behaviour that clients of the earlier service rely on. `product` is called when they run. `proxied`: a proxy
 * in front of the API rejects malformed URLs itself.
 */
export function testContract(product: () => Product, { proxied = false } = {}): void {
  /** A GET with what fetch does not send: a path that is not normalized, and a browser's Sec- headers. */
  const rawGet = (path: string, headers: Record<string, string> = {}): Promise<RawAnswer> => {
    const { url } = product();
    return sendRaw(url, rawRequest('GET', path, { Host: new URL(url).host, ...headers }));
  };

  test.each(['GET', 'POST'])('%s of group_a starts three jobs that succeed, owned by their run', async (method) => {
    const response = await fetch(`${product().url}/group/group_a`, { method });
    expect(response.status).toBe(202);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body = (await response.json()) as Record<string, string[]>;
    expect(Object.keys(body)).toEqual(['Check job status at']);
    const paths = body['Check job status at']!;
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      const id = idOf(path);
      // Exactly these two fields: clients of the earlier service expect no others.
      expect(await finalStatus(product(), path)).toEqual({ state: 'SUCCESS', task_id: id });
      const job = await product().admin.request<Job>('GET', product().jobsPath(id));
      const run = await product().admin.request<GroupRun>('GET', product().runsPath(runOf(path)));
      expect(job.metadata.ownerReferences).toMatchObject([
        { kind: 'GroupRun', uid: run.metadata.uid, controller: true },
      ]);
    }
    const run = await product().admin.request<GroupRun>('GET', product().runsPath(runOf(paths[0]!)));
    expect(run.status).toMatchObject({ state: 'SUCCESS', succeeded: '3/3' });
  });

  test('the deletion of a run deletes its Jobs and pods', async () => {
    const [first] = await trigger(product(), 'group_a');
    const runId = runOf(first!);
    const query = { labelSelector: `async-api.dev/run=${runId}` };
    const ofRun = async (path: string) =>
      (await product().admin.request<{ items: unknown[] }>('GET', path, { query })).items;
    await eventually('a pod', async () => (await ofRun(product().podsPath()))[0]);
    await product().admin.request('DELETE', product().runsPath(runId));
    for (const path of [product().jobsPath(), product().podsPath()]) {
      await eventually(`nothing left of the run at ${path}`, async () => (await ofRun(path)).length === 0 || undefined);
    }
    expect(await rawGet(first!)).toMatchObject({ status: 404, body: UNKNOWN });
  });

  test.each([
    ['dummy', '/status/dummy'],
    ['an unknown UUID', '/status/00000000-0000-4000-8000-000000000001'],
    ['an id of 30 kB', `/status/${'a'.repeat(30_000)}`],
    ['encoded slashes', '/status/a%2F..%2Fb'],
    ['encoded line breaks', '/status/a%0d%0aSet-Cookie:%20x'],
    ['encoded HTML', '/status/%3Cscript%3Ealert(1)%3C%2Fscript%3E'],
    ...(proxied ? [] : [['broken percent-encoding', '/status/%E0%A4%A'] as const]),
  ])('the status of %s is 404 and reflects nothing', async (_what, path) => {
    const { status, headers, body } = await rawGet(path);
    expect({ status, body }).toEqual({ status: 404, body: UNKNOWN });
    expect(headers).toMatch(/^content-type: text\/plain/m);
  });

  test('group_b is refused with its three problems, each with its line', async () => {
    const response = await fetch(`${product().url}/group/group_b`);
    const text = await response.text();
    expect(response.status).toBe(422);
    for (const job of ['job_b1', 'job_b2', 'job_b3'])
      expect(text).toMatch(new RegExp(`groups\\.group_b\\.jobs\\.${job}`));
    expect(text).toContain('line');
  });

  test('group_c, which has no jobs, is 422 and an unknown group 404, each with the name of the group', async () => {
    const empty = await fetch(`${product().url}/group/group_c`, { method: 'POST' });
    expect(empty.status).toBe(422);
    expect(await empty.text()).toContain('group_c');
    const unknown = await fetch(`${product().url}/group/group_x`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toContain('group_x');
  });

  test('HEAD, a cross-site GET and a prefetch start nothing', async () => {
    const before = (await product().storedRuns()).length;
    expect((await fetch(`${product().url}/group/group_a`, { method: 'HEAD' })).status).toBe(405);
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Purpose': 'prefetch' }]) {
      expect((await rawGet('/group/group_a', headers)).status).toBe(403);
    }
    expect((await product().storedRuns()).length).toBe(before);
  });
}
