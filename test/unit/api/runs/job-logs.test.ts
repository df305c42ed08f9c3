import { expect, test } from '@jest/globals';
import { kubernetesJobLogs } from '../../../../api/runs/job-logs.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import type { LogOptions, PodLogs } from '../../../../kube/pod-logs.ts';
import { ID } from '../../../support/builders.ts';

const RUNNING = { running: { startedAt: '2026-11-24T11:00:05Z' } };
const WAITING = { waiting: { reason: 'ImagePullBackOff' } };

const pod = (name: string, second: number, ...containerStatuses: object[]) => ({
  metadata: { name, creationTimestamp: `2026-11-24T11:00:0${second}Z` },
  status: { containerStatuses },
});

const clientOf = (items: object[]): Pick<KubeClient, 'request'> => ({ request: async <T>() => ({ items }) as T });
const noLogs: PodLogs = {
  read: async () => {
    throw new Error('no log expected');
  },
  close: async () => {},
};

test("a job's pods are those whose container named job has started, whichever other containers they have", async () => {
  const items = [
    pod('second', 2, { name: 'a-proxy', state: WAITING }, { name: 'job', state: RUNNING }),
    pod('first', 1, { name: 'job', state: { terminated: { exitCode: 1 } } }),
    pod('waiting', 3, { name: 'a-proxy', state: RUNNING }, { name: 'job', state: WAITING }),
    pod('new', 4),
  ];
  expect(await kubernetesJobLogs(clientOf(items), noLogs, 'ns').pods(ID)).toEqual(['first', 'second']);
});

test('the log that is read is that of the container named job', async () => {
  const asked: LogOptions[] = [];
  const logs: PodLogs = {
    ...noLogs,
    read: async (_pod, options) => {
      asked.push(options);
      return (async function* () {})();
    },
  };
  const { signal } = new AbortController();
  await kubernetesJobLogs(clientOf([]), logs, 'ns').read('p', { follow: true, signal });
  expect(asked).toEqual([{ container: 'job', follow: true, signal }]);
});
