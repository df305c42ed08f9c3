import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { drain, listen } from '../../../../api/http/listen.ts';

test('drain waits for open responses, but not for connections that are idle after them', async () => {
  const server = await listen((_request, response) => void setTimeout(() => response.end('done'), 500), {
    host: '127.0.0.1',
    port: 0,
    connections: { total: 10, perAddress: 10 },
  });
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const answer = new Promise<string>((resolve, reject) => {
    get({ port, agent }, async (response) => resolve(`${await response.setEncoding('utf8').toArray()}`)).on(
      'error',
      reject,
    );
  });
  await once(server, 'request');
  const stopped = drain(server).then(() => 'stopped');
  expect(await answer).toBe('done');
  expect(await Promise.race([stopped, sleep(5000, 'waits', { ref: false })])).toBe('stopped');
  agent.destroy();
});
