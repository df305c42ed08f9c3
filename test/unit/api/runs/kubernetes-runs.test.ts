import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { ServiceUnavailable } from '../../../../api/http/http-error.ts';
import { KubernetesRuns } from '../../../../api/runs/kubernetes-runs.ts';
import type { GroupRun } from '../../../../contract/group-run.ts';
import { newRunId } from '../../../../contract/ids.ts';
import { ApiError } from '../../../../kube/api-error.ts';
import type { KubeClient, WatchEvent } from '../../../../kube/client.ts';
import { eventually } from '../../../support/eventually.ts';

/** An API server that stores runs, counts the reads of each by its name, and tells the watch of a run made elsewhere. */
function apiServer() {
  const gets: string[] = [];
  const stored = new Map<string, GroupRun>();
  const seen = Promise.withResolvers<GroupRun>();
  const deleted = Promise.withResolvers<GroupRun>();
  const client = {
    async request(method: string, path: string, { body }: { body?: unknown } = {}) {
      const name = path.split('/groupruns/')[1];
      if (method === 'POST') {
        const run = body as GroupRun;
        stored.set(run.metadata.name, run);
        return run;
      }
      if (name === undefined) return { metadata: { resourceVersion: '1' }, items: [] };
      gets.push(name);
      const run = stored.get(name);
      if (!run) throw new ApiError(404, 'NotFound', 'not found');
      return run;
    },
    async watch(_path: string, _query: object, signal: AbortSignal) {
      return (async function* (): AsyncGenerator<WatchEvent> {
        const ended = once(signal, 'abort');
        yield { type: 'ADDED', object: await seen.promise };
        await Promise.race([deleted.promise, ended]);
        if (!signal.aborted) yield { type: 'DELETED', object: await deleted.promise };
        await ended;
      })();
    },
  } as unknown as KubeClient;
  const runs = new KubernetesRuns(
    { reads: client, writes: client, probe: client },
    'ns',
    () => {},
    () => {},
  );
  return { runs, gets, stored, seen, deleted };
}

const SPEC = { group: 'good', jobs: [] };
const stranger = (name: string) =>
  ({ metadata: { name, uid: name, resourceVersion: '2' }, spec: SPEC }) as unknown as GroupRun;

test('a run that this replica stores is found at once, even if it was unknown a moment ago', async () => {
  const { runs, gets } = apiServer();
  const id = newRunId();
  expect([await runs.find(id, 'alice'), await runs.find(id, 'alice')]).toEqual([undefined, undefined]);
  await runs.create(id, SPEC, {});
  expect(await runs.find(id, 'alice')).toMatchObject({ spec: SPEC });
  expect(gets).toEqual([id, id]);
});

test('a run that this replica sees is found at once, even if it was unknown a moment ago', async () => {
  const { runs, gets, seen } = apiServer();
  const stop = new AbortController();
  const following = runs.follow(stop.signal);
  const id = newRunId();
  expect(await runs.find(id, 'alice')).toBe(undefined);
  seen.resolve(stranger(id));
  await eventually('the run in the cache', async () => runs.list().next().value);
  expect(await runs.find(id, 'alice')).toMatchObject({ spec: SPEC });
  expect(gets.filter((name) => name === id)).toEqual([id]);
  stop.abort();
  await following;
});

test('a run that this replica sees is listed, and so is its group, until it is deleted', async () => {
  const { runs, seen, deleted } = apiServer();
  const stop = new AbortController();
  const following = runs.follow(stop.signal);
  expect(() => runs.groups()).toThrow(ServiceUnavailable);
  expect(() => runs.list()).toThrow(ServiceUnavailable);
  await eventually('the first list', async () => runs.hasSynced || undefined);
  expect([...runs.list()]).toEqual([]);
  const one = stranger(newRunId());
  seen.resolve(one);
  await eventually('the run in the cache', async () => runs.list().next().value);
  expect([runs.groups(), [...runs.list()], [...runs.list('other')]]).toEqual([['good'], [one], []]);
  deleted.resolve({ ...one, metadata: { ...one.metadata, resourceVersion: '3' } });
  await eventually('the deletion in the cache', async () => runs.groups().length === 0 || undefined);
  expect([...runs.list()]).toEqual([]);
  stop.abort();
  await following;
});

test('a run that another replica has just stored is found by the first question', async () => {
  const { runs, stored } = apiServer();
  const id = newRunId();
  stored.set(id, stranger(id));
  expect(await runs.find(id, 'alice')).toMatchObject({ spec: SPEC });
});

test('a repeated trigger asks again for a run that was unknown a moment ago', async () => {
  const { runs, stored } = apiServer();
  const id = newRunId();
  expect(await runs.find(id, 'alice')).toBe(undefined);
  stored.set(id, stranger(id));
  expect(await runs.findLatest(id, 'alice')).toMatchObject({ spec: SPEC });
});

test('the definitions of a run are read from the API server, unless another run has its name by now', async () => {
  const { runs, gets, stored } = apiServer();
  const id = newRunId();
  stored.set(id, stranger(id));
  const run = (await runs.find(id, 'alice'))!;
  expect(await runs.withDefinitions(run)).toMatchObject({ spec: SPEC });
  expect(gets).toEqual([id, id]);
  stored.set(id, { ...stranger(id), metadata: { ...stranger(id).metadata, uid: 'another' } });
  expect(await runs.withDefinitions(run)).toBe(undefined);
  stored.delete(id);
  expect(await runs.withDefinitions(run)).toBe(undefined);
});
