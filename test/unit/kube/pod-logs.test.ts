import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { ApiError } from '../../../kube/api-error.ts';
import { connect } from '../../../kube/connection.ts';
import { createPodLogs, type PodLogs } from '../../../kube/pod-logs.ts';

/** Calls `use` with pod logs of an API server that answers as `answer` does. */
async function withServer(answer: RequestListener, use: (logs: PodLogs) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'pod-logs-'));
  const { KUBECONFIG } = process.env;
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kubeconfig = {
      // The client demands the flag for plain HTTP.
      clusters: [{ name: 'c', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    process.env.KUBECONFIG = join(folder, 'kubeconfig');
    await writeFile(process.env.KUBECONFIG, JSON.stringify(kubeconfig));
    const logs = createPodLogs(await connect({}), 'ns');
    await use(logs).finally(() => logs.close());
  } finally {
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
    await rm(folder, { recursive: true });
    server.close();
  }
}

const OPTIONS = { container: 'job', follow: false, signal: new AbortController().signal };

test('a log is asked for by the name of its container, since the pod may have others', async () => {
  const asked: (string | undefined)[] = [];
  const answer: RequestListener = (request, response) => {
    asked.push(request.url);
    response.end('line\n');
  };
  await withServer(answer, async (logs) => {
    const text = await Readable.from(await logs.read('p', { ...OPTIONS, tailLines: 3 })).toArray();
    expect(Buffer.concat(text).toString()).toBe('line\n');
  });
  expect(asked).toEqual(['/api/v1/namespaces/ns/pods/p/log?container=job&follow=false&tailLines=3']);
});

test('a log that does not exist is an ApiError', async () => {
  const answer: RequestListener = (_request, response) =>
    void response.writeHead(404).end(JSON.stringify({ reason: 'NotFound', message: 'pods "p" not found' }));
  await withServer(answer, async (logs) => {
    await expect(logs.read('p', OPTIONS)).rejects.toThrow(ApiError);
  });
});
