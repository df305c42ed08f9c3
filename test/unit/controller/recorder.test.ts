import { expect, test } from '@jest/globals';
import { Recorder } from '../../../controller/recorder.ts';
import { ApiError } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { FencedError } from '../../../kube/fenced-error.ts';
import { NOW, run } from '../../support/builders.ts';

const event = (message: string) => ({ type: 'Normal' as const, reason: 'Started', message });

/** A recorder with what it sent and logged. */
function start(answer: () => Promise<unknown> = async () => ({})) {
  const sent: { message: string; metadata: { name: string } }[] = [];
  const logged: string[] = [];
  const request = ((_method, _path, options) => {
    sent.push(options?.body as (typeof sent)[number]);
    return answer();
  }) as KubeClient['request'];
  const log = (message: string) => void logged.push(message);
  const recorder = new Recorder({ client: { request }, path: '', writeOptions: () => ({}), log, now: () => NOW });
  const record = async (...messages: string[]) => {
    recorder.record(run(), messages.map(event));
    await recorder.flush();
  };
  return { sent, logged, record };
}

test('an event is sent once, under a name that its content gives', async () => {
  const first = start();
  await first.record('a', 'b', 'a');
  await first.record('a');
  expect(first.sent.map(({ message }) => message)).toEqual(['a', 'b']);
  const afterCrash = start();
  await afterCrash.record('a');
  expect(afterCrash.sent[0]!.metadata.name).toBe(first.sent[0]!.metadata.name);
});

test('the last thousand events are remembered, and an older one is sent again', async () => {
  const { sent, record } = start();
  await record('first');
  await record('second');
  for (let i = 0; i < 999; i++) await record(`${i}`);
  sent.length = 0;
  await record('second', 'first');
  expect(sent.map(({ message }) => message)).toEqual(['first']);
});

test('an event that exists is no error, and another refusal is logged and not tried again', async () => {
  const exists = start(() => Promise.reject(new ApiError(409, 'AlreadyExists', 'it exists')));
  await exists.record('a');
  expect([exists.sent.length, exists.logged]).toEqual([1, []]);
  const denied = start(() => Promise.reject(new ApiError(403, 'Forbidden', 'no')));
  await denied.record('a');
  await denied.record('a');
  expect([denied.sent.length, denied.logged]).toEqual([1, ['cannot write an event']]);
});

test('when the fence refuses one event, the others are dropped with it', async () => {
  const { sent, logged, record } = start(() => Promise.reject(new FencedError('does not lead')));
  await record('a', 'b', 'c');
  expect([sent.length, logged]).toEqual([1, ['cannot write an event']]);
});
