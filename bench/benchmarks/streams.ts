import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupRun } from '../../contract/group-run.ts';
import { paths } from '../../contract/paths.ts';
import { EventReader } from '../../test/support/event-reader.ts';
import type { Product } from '../../test/support/harness.ts';
import type { Benchmark } from '../benchmark.ts';
import { cpuDuring } from '../cpu.ts';
import type { Environment } from '../environment.ts';
import { statusWith } from '../finished-runs.ts';
import { groupName } from '../groups.ts';
import { memoryMiB } from '../memory.ts';
import { startApi } from '../rest.ts';

const STREAMS = 1000;
/** Streams that load and compile the code. */
const WARM_UP = 50;
const SIZE = 3;
/** Time for the memory of finished requests to be freed. */
const SETTLE_MS = 5000;

/** What one follower of a run costs the API: memory while nothing happens, CPU for each change. No controller is involved. */
export const streams: Benchmark = {
  name: 'streams',
  summary: `memory of an open event stream, and the CPU of one change in it, of ${STREAMS} that follow one run`,
  run: (env) =>
    env.withProduct(async (product) => {
      const held = { MAX_HELD: String(STREAMS), MAX_HELD_PER_CALLER: String(STREAMS) };
      const settings = { RATE_LIMIT: '0', ...held, MAX_CONNECTIONS_PER_ADDRESS: String(2 * STREAMS) };
      const rounds = await env.rounds.repeat(`Follow a run by ${STREAMS} streams`, async () => {
        // A new process each time: the heap that many streams have made grow is used again by the next ones.
        const rest = await startApi(product, [SIZE], settings);
        try {
          await cost(env, product, await rest.trigger(groupName(SIZE)), WARM_UP);
          return await cost(env, product, await rest.trigger(groupName(SIZE)), STREAMS);
        } finally {
          await rest.close();
          await product.api!.stop();
        }
      });
      return [
        { benchmark: 'streams', what: 'memory of an open stream', unit: 'KiB', ours: rounds.map(({ kib }) => kib) },
        {
          benchmark: 'streams',
          what: 'CPU of a change in a stream',
          unit: 'µs',
          ours: rounds.map(({ micros }) => micros),
        },
      ];
    }),
};

/** One job after the other becomes SUCCESS, and the last ends the streams. */
async function cost(env: Environment, product: Product, runId: string, count: number) {
  const api = { name: 'api', pid: product.api!.pid };
  const path = `${paths(product.namespace).runs}/${runId}`;
  const run = await env.raw.request<GroupRun>('GET', path);
  const store = (done: number) => env.raw.mergePatch(`${path}/status`, { status: statusWith(run, done) });
  await store(0);
  await sleep(SETTLE_MS);
  const before = await memoryMiB(api.pid);
  const url = `${product.url}/runs/${runId}/events`;
  const readers = await Promise.all(Array.from({ length: count }, () => EventReader.open(url)));
  const nextJob = async (reader: EventReader) => {
    for (let event = await reader.next(); event && event.event !== 'job'; ) event = await reader.next();
  };
  const all = () => Promise.all(readers.map(nextJob));
  // Each stream begins with all jobs.
  for (let job = 0; job < SIZE; job++) await all();
  await sleep(SETTLE_MS);
  const after = await memoryMiB(api.pid);
  const { total } = await cpuDuring([api], async () => {
    for (let done = 1; done <= SIZE; done++) {
      await store(done);
      await all();
    }
  });
  for (const reader of readers) reader.close();
  return {
    kib: ((after.resident - before.resident) * 1024) / count,
    micros: (total * 1e6) / (count * SIZE),
  };
}
