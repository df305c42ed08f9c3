import type { Benchmark } from '../benchmark.ts';
import { callsDuring } from '../calls.ts';
import { cpuDuring, type Measured } from '../cpu.ts';
import type { Environment } from '../environment.ts';
import { Follower } from '../follow.ts';
import { groupName } from '../groups.ts';
import { overConnections } from '../raw.ts';
import { createJobs, createOwner, rawJobs } from '../raw-jobs.ts';
import type { Row } from '../report.ts';
import { startApi } from '../rest.ts';

const RUNS = 300;
const SIZE = 3;
const JOBS = RUNS * SIZE;

interface Cost {
  seconds: number;
  total: number;
  cpu: Record<string, number>;
  calls: Map<string, number>;
}

export const sustained: Benchmark = {
  name: 'sustained',
  summary: `${RUNS} runs of ${SIZE} jobs to the last result over REST: wall, CPU and calls; the limit: the same Jobs`,
  run: (env) =>
    env.withProduct(async (product) => {
      const limit = await env.limitNamespace(product);
      const rest = await startApi(product, [SIZE]);
      await product.startController(env.controllerSettings);
      // The client is this process, which also observes; it is counted on both sides.
      const client = { name: 'client', pid: process.pid };
      const service = [
        { name: 'api', pid: product.api!.pid },
        { name: 'controller', pid: product.controller!.pid },
      ];
      const ours = async () => {
        const cost = await costOf(env, [...service, client], async () => {
          const runIds: string[] = [];
          await overConnections(Array.from({ length: RUNS }), async () => {
            runIds.push(await rest.triggerPatiently(groupName(SIZE)));
          });
          await overConnections(runIds, (runId) => rest.succeeded(runId));
        });
        await env.clear(product.namespace);
        return cost;
      };
      const theirs = async () => {
        const jobs = rawJobs(await createOwner(env.raw, limit), RUNS, SIZE, env.cluster.jobImage);
        const cost = await costOf(env, [client], async () => {
          const follower = new Follower(env.raw, limit);
          await createJobs(env.raw, limit, jobs);
          await follower.completed(JOBS);
          follower.close();
        });
        await env.clear(limit);
        return cost;
      };
      const costs = await env.rounds.compare(`Sustain ${RUNS} runs of ${SIZE} jobs`, { ours, limit: theirs });
      await rest.close();
      return rowsOf(costs);
    }),
};

async function costOf(env: Environment, others: Measured[], work: () => Promise<void>): Promise<Cost> {
  let used = { cpu: {} as Record<string, number>, total: 0, seconds: 0 };
  const calls = await callsDuring(env.raw, async () => {
    used = await cpuDuring([...env.processes(), ...others], work);
  });
  return { ...used, calls };
}

/** Calls that only our processes make. Others write Events too, as many as at the limit. */
const OURS = /^(?!WATCH)\w+ (groupruns\S*|jobs)$/;
/** Calls of the client that triggers. */
const TRIGGERS = 'POST groupruns';
const SHOWN = /^(?!WATCH)\w+ (groupruns|jobs|events|pods)(\/\w+)?$/;

function rowsOf({ ours, limit }: { ours: Cost[]; limit: Cost[] }): Row[] {
  const row = (what: string, unit: string, of: (cost: Cost) => number): Row => ({
    benchmark: 'sustained',
    what,
    unit,
    ours: ours.map(of),
    limit: limit.map(of),
  });
  const perJob = (what: string) => (cost: Cost) => (cost.calls.get(what) ?? 0) / JOBS;
  const ourCalls = ({ calls }: Cost) =>
    [...calls].reduce((sum, [what, count]) => (OURS.test(what) && what !== TRIGGERS ? sum + count : sum), 0);
  const events = ({ calls }: Cost) => calls.get('POST events') ?? 0;
  const whats = new Set([...ours, ...limit].flatMap(({ calls }) => [...calls.keys()].filter((one) => SHOWN.test(one))));
  const names = new Set(ours.flatMap(({ cpu }) => Object.keys(cpu)));
  return [
    { ...row('to the last result', 's', ({ seconds }) => seconds), goal: { of: 'ratio', atMost: 1.2 } },
    { ...row('CPU of all processes', 's', ({ total }) => total), goal: { of: 'ratio', atMost: 1.2 } },
    {
      benchmark: 'sustained',
      what: 'calls of ours per job',
      unit: '',
      ours: ours.map((cost, round) => (ourCalls(cost) + events(cost) - events(limit[round]!)) / JOBS),
      goal: { of: 'value', atMost: 2.4 },
    },
    ...[...names].map((name) => row(`CPU of ${name}`, 's', ({ cpu }) => cpu[name] ?? 0)),
    ...[...whats].toSorted().map((what) => row(`${what} per job`, '', perJob(what))),
  ];
}
