import { expect, test } from '@jest/globals';
import type { KubeClient, WatchEvent } from '../../../kube/client.ts';
import { Reflector } from '../../../kube/reflector.ts';
import type { Stored } from '../../../kube/store.ts';

interface Thing extends Stored {
  kept: boolean;
}
const thing = (name: string, resourceVersion: string, kept: boolean): Thing => ({
  metadata: { name, uid: name, resourceVersion },
  kept,
});

test('a filter omits objects of the list and of the watch, and objects that stop matching', async () => {
  const stop = new AbortController();
  const events: WatchEvent[] = [
    { type: 'ADDED', object: thing('c', '11', true) },
    { type: 'ADDED', object: thing('d', '12', false) },
    { type: 'MODIFIED', object: thing('d', '13', false) },
    { type: 'MODIFIED', object: thing('a', '14', false) },
    { type: 'DELETED', object: thing('b', '15', false) },
  ];
  const client = {
    request: async () => ({
      metadata: { resourceVersion: '10' },
      items: [thing('a', '1', true), thing('b', '2', false)],
    }),
    watch: async function* () {
      yield* events;
      stop.abort();
    },
  } as unknown as KubeClient;
  const told: string[] = [];
  const reflector = new Reflector<Thing>({
    client,
    path: '/things',
    log: () => {},
    filter: ({ kept }) => kept,
    // The filter sees what `transform` removes.
    transform: ({ metadata }) => ({ metadata, kept: false }),
    onChange: (previous, current) => {
      const { name } = (current ?? previous)!.metadata;
      told.push(`${previous ? '' : '+'}${current ? '' : '-'}${name}`);
    },
  });
  await reflector.run(stop.signal);
  expect(told).toEqual(['+a', '+c', '-a']);
  expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['c']);
});
