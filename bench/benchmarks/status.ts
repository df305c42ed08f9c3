import type { GroupRun } from '../../contract/group-run.ts';
import { jobIds } from '../../controller/decide/observed.ts';
import type { Benchmark } from '../benchmark.ts';
import { cpuDuring } from '../cpu.ts';
import { storeFinished } from '../finished-runs.ts';
import { Helper } from '../helper.ts';
import type { Answered, Load } from '../processes/load.ts';
import { CONNECTIONS } from '../raw.ts';
import { startApi } from '../rest.ts';

const SECONDS = 5;

/** The rate limit is on, but too high to be met. */
const LIMITS = { RATE_LIMIT: '1000000' };

export const status: Benchmark = {
  name: 'status',
  summary: 'GET /status/:id at 32 connections; the limit: an Express handler that does nothing but send the same bytes',
  run: (env) =>
    env.withProduct(async (product) => {
      await storeFinished(env.raw, product.namespace, 1, 3);
      const [run] = (await env.raw.request<{ items: GroupRun[] }>('GET', product.runsPath())).items;
      const rest = await startApi(product, [3], LIMITS);
      const path = `/status/${jobIds(run!)[1]}`;
      const body = await rest.text('GET', path);
      await rest.close();
      const [bare, load] = [new Helper('bare'), new Helper('load')];
      try {
        const { port } = await bare.ask<{ port: number }>({ body });
        const measure = async (server: { pid: number }, at: number, seconds = SECONDS): Promise<Figures> => {
          let answered: Answered | undefined;
          const { total } = await cpuDuring([{ name: 'server', pid: server.pid }], async () => {
            const message: Load = { port: at, path, connections: CONNECTIONS, seconds };
            answered = await load.ask<Answered>(message);
          });
          const { responses, seconds: passed } = answered!;
          return { rate: responses / passed, microseconds: (total / responses) * 1e6 };
        };
        const sides = {
          ours: () => measure(product.api!, Number(new URL(product.url).port)),
          limit: () => measure(bare, port),
        };
        // Code that is not compiled yet is slow.
        for (const side of Object.values(sides)) await side();
        const { ours, limit } = await env.rounds.compare('Read a status', sides);
        const row = (what: string, unit: string, of: (figures: Figures) => number) => ({
          benchmark: 'status',
          what,
          unit,
          ours: ours.map(of),
          limit: limit.map(of),
        });
        return [
          { ...row('GET /status/:id', 'a second', ({ rate }) => rate), goal: { of: 'ratio', atLeast: 0.5 } as const },
          {
            ...row('CPU of a GET /status/:id', 'µs', ({ microseconds }) => microseconds),
            goal: { of: 'ratio', atMost: 2 } as const,
          },
        ];
      } finally {
        bare.stop();
        load.stop();
      }
    }),
};

interface Figures {
  /** Responses a second. */
  rate: number;
  /** CPU of the server for one. */
  microseconds: number;
}
