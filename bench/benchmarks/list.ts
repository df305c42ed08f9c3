import type { Product } from '../../test/support/harness.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Environment } from '../environment.ts';
import { storeFinished } from '../finished-runs.ts';
import { type RestClient, startApi } from '../rest.ts';
import { median } from '../stats.ts';

const [FEW, MANY] = [60, 10_000];
const CALLS = 100;

/** Two APIs: what is compared is the same call with few and with many runs. */
export const list: Benchmark = {
  name: 'list',
  summary: `GET /runs?limit=50 with ${MANY} finished runs; the limit: the same with ${FEW}`,
  run: (env) =>
    env.withProduct((many) =>
      env.withProduct(async (few) => {
        const clients = { ours: await start(env, many, MANY), limit: await start(env, few, FEW) };
        const get = (client: RestClient) => () => client.text('GET', '/runs?limit=50');
        const sides = { ours: get(clients.ours), limit: get(clients.limit) };
        for (let call = 0; call < CALLS; call++) for (const side of Object.values(sides)) await side();
        const { ours, limit } = await env.rounds.takeTurns('List runs', CALLS, sides);
        for (const client of Object.values(clients)) await client.close();
        return [
          {
            benchmark: 'list',
            what: `GET /runs?limit=50, ${MANY} runs and ${FEW}, p50`,
            unit: 'ms',
            ours: ours.map(median),
            limit: limit.map(median),
            goal: { of: 'ratio', atMost: 1.5 },
          },
        ];
      }),
    ),
};

async function start(env: Environment, product: Product, runs: number): Promise<RestClient> {
  await env.progress.step(`Store ${runs} finished runs`, () => storeFinished(env.raw, product.namespace, runs, 1));
  return startApi(product, [3]);
}
