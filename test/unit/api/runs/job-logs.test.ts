import { expect, test } from '@jest/globals';
import { kubernetesJobLogs } from '../../../../api/runs/job-logs.ts';
import { ApiError } from '../../../../kube/api-error.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import type { LogOptions, PodLogs } from '../../../../kube/pod-logs.ts';
import { ID } from '../../../support/builders.ts';

const RUNNING = { running: { startedAt: '2026-11-24T11:00:05Z' } };
const WAITING = { waiting: { reason: 'ImagePullBackOff' } };
const STARTED_AT = Date.parse('2026-11-24T11:00:05Z');
const POD = { name: 'p', startedAt: STARTED_AT };

const pod = (name: string, second: number, ...containerStatuses: object[]) => ({
  metadata: { name, creationTimestamp: `2026-11-24T11:00:0${second}Z`, labels: { 'batch.kubernetes.io/job-name': ID } },
  status: { containerStatuses },
});
const job = (state: object) => ({ name: 'job', state });

const clientOf = (items: object[]): Pick<KubeClient, 'request'> => ({ request: async <T>() => ({ items }) as T });

/** Logs of a container that wrote these lines at these times, and what was asked for. */
function logsOf(answer: (options: LogOptions) => string): { logs: PodLogs; asked: LogOptions[] } {
  const asked: LogOptions[] = [];
  const read = async (_pod: string, options: LogOptions) => {
    asked.push(options);
    const text = answer(options);
    return (async function* () {
      for (const part of text.match(/[\s\S]{1,20}/g) ?? []) yield new TextEncoder().encode(part);
    })();
  };
  return { logs: { read, close: async () => {} }, asked };
}
const NONE = logsOf(() => '').logs;
const linesAt = (time: string) => logsOf(({ timestamps }) => (timestamps ? `${time} line 1\n` : 'line 1\nline 2\n'));

const { signal } = new AbortController();
const textOf = async (text: AsyncIterable<Uint8Array>) => {
  let all = '';
  for await (const chunk of text) all += new TextDecoder().decode(chunk);
  return all;
};

test("a job's pods are those whose container named job has started, whichever other containers they have", async () => {
  const items = [
    pod('second', 2, { name: 'a-proxy', state: WAITING }, job(RUNNING)),
    pod('first', 1, job({ terminated: { exitCode: 1, startedAt: null } })),
    pod('waiting', 3, { name: 'a-proxy', state: RUNNING }, job(WAITING)),
    pod('new', 4),
  ];
  const logs = kubernetesJobLogs(clientOf(items), NONE, 'ns');
  const expected = [
    { name: 'first', startedAt: 0 },
    { name: 'second', startedAt: STARTED_AT },
  ];
  expect(await logs.pods(ID)).toEqual(expected);
  expect(await logs.sharedPods(ID)).toEqual(expected);
});

test('of two pods of one second, the one whose container started last is the last', async () => {
  const items = [
    pod('a', 1, job({ terminated: { startedAt: '2026-11-24T11:00:09Z' } })),
    pod('b', 1, job({ terminated: { startedAt: '2026-11-24T11:00:07Z' } })),
  ];
  const pods = await kubernetesJobLogs(clientOf(items), NONE, 'ns').pods(ID);
  expect(pods.map(({ name }) => name)).toEqual(['b', 'a']);
});

test('the log that is read is that of the container named job', async () => {
  const { logs, asked } = linesAt('2026-11-24T11:00:05.1Z');
  const log = await kubernetesJobLogs(clientOf([]), logs, 'ns').read(POD, { follow: true, tailLines: 9, signal });
  expect(await textOf(log!.text)).toBe('line 1\nline 2\n');
  expect(asked.map(({ container }) => container)).toEqual(['job', 'job']);
  expect(asked.at(-1)).toEqual({ container: 'job', follow: true, tailLines: 9, signal });
});

test.each([
  ['2026-11-24T11:00:05.123456789Z', 0],
  ['2026-11-24T11:00:06.999999999Z', 1],
  ['2026-11-24T12:00:17.000000000+01:00', 12],
])('a log that begins at %s begins %d s after its container', async (time, seconds) => {
  const read = kubernetesJobLogs(clientOf([]), linesAt(time).logs, 'ns').read;
  expect(await read(POD, { follow: false, signal })).toMatchObject({ firstLineAfter: seconds });
  expect(await read({ ...POD, startedAt: 0 }, { follow: false, signal })).not.toHaveProperty('firstLineAfter');
});

test('a log without lines is empty', async () => {
  const log = await kubernetesJobLogs(clientOf([]), NONE, 'ns').read(POD, { follow: false, signal });
  expect(log).toEqual({ text: expect.anything() });
  expect(await textOf(log!.text)).toBe('');
});

test.each([
  'unable to retrieve container logs for containerd://23afd56f',
  'failed to try resolving symlinks in path "/var/log/pods/…/0.log": no such file or directory',
])('what the kubelet answers if it has lost the log is not the log: %s', async (sentence) => {
  const { logs } = logsOf(() => sentence);
  expect(await kubernetesJobLogs(clientOf([]), logs, 'ns').read(POD, { follow: false, signal })).toBeUndefined();
});

test.each([
  [404, undefined],
  [400, undefined],
  [500, 503],
])('a log that is answered with %d is %s', async (code, status) => {
  const { logs } = logsOf(() => {
    throw new ApiError(code, '', 'why');
  });
  const log = kubernetesJobLogs(clientOf([]), logs, 'ns').read(POD, { follow: false, signal });
  if (status === undefined) expect(await log).toBeUndefined();
  else await expect(log).rejects.toMatchObject({ name: 'ServiceUnavailable' });
});
