import { EventReader } from '../../test/support/event-reader.ts';
import type { Product } from '../../test/support/harness.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Environment } from '../environment.ts';
import { Follower } from '../follow.ts';
import { groupName, SIZES } from '../groups.ts';
import type { Row } from '../report.ts';
import { type RestClient, startApi } from '../rest.ts';
import { median } from '../stats.ts';

const GOALS = { 3: 30, 100: 60, 1000: 400 };

/** Negative figures are right: the controller acts on SuccessCriteriaMet, which the Job controller writes before Complete. */
export const lag: Benchmark = {
  name: 'lag',
  summary: "from a Job's Complete to its SUCCESS in the run's event stream, of 3, 100 and 1,000 jobs",
  run: (env) =>
    env.withProduct(async (product) => {
      const rest = await startApi(product, SIZES);
      await product.startController(env.controllerSettings);
      const rows: Row[] = [];
      for (const size of SIZES) {
        const rounds = await env.rounds.repeat(`Measure the lag of ${size} jobs`, () => lags(env, product, rest, size));
        const row = { benchmark: 'lag', unit: 'ms' };
        rows.push(
          // Paced by the size of the run, unlike its end.
          { ...row, what: `Complete to SUCCESS of ${size}, p50`, ours: rounds.map(({ each }) => median(each)) },
          {
            ...row,
            what: `last Complete to last SUCCESS of ${size}`,
            ours: rounds.map(({ last }) => last),
            goal: { of: 'value', atMost: GOALS[size] },
          },
        );
      }
      await rest.close();
      return rows;
    }),
};

/** Milliseconds from the Complete of each job to its SUCCESS, and from the last Complete to the last SUCCESS. */
async function lags(
  env: Environment,
  product: Product,
  rest: RestClient,
  size: number,
): Promise<{ each: number[]; last: number }> {
  const follower = new Follower(env.raw, product.namespace);
  try {
    const events = await EventReader.open(`${product.url}/runs/${await rest.trigger(groupName(size))}/events`);
    const succeeded = new Map<string, number>();
    for (let event = await events.next(); event; event = await events.next()) {
      if (event.event !== 'job' || !event.data.includes('"SUCCESS"')) continue;
      const { id } = JSON.parse(event.data) as { id: string };
      succeeded.set(id, performance.now());
    }
    await follower.completed(size);
    const { complete } = follower.seen;
    const each = [...complete].map(([id, at]) => succeeded.get(id)! - at);
    return { each, last: Math.max(...succeeded.values()) - Math.max(...complete.values()) };
  } finally {
    follower.close();
    await env.clear(product.namespace);
  }
}
