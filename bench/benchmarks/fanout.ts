import type { Benchmark } from '../benchmark.ts';
import type { Environment } from '../environment.ts';
import { Follower, lastOf } from '../follow.ts';
import { type BySize, groupName, SIZES } from '../groups.ts';
import { createJobs, createOwner, rawJobs } from '../raw-jobs.ts';
import type { Row } from '../report.ts';
import { startApi } from '../rest.ts';

/** Seconds from the trigger, or the first create of the limit. */
interface Times {
  jobs: number;
  pods: number;
  over: number;
}

const MEASURED: { what: string; of: keyof Times; goals: BySize<number> }[] = [
  { what: 'last Job', of: 'jobs', goals: { 3: 1.5, 100: 1.15, 1000: 1.15 } },
  { what: 'last pod', of: 'pods', goals: { 3: 1.4, 100: 1.15, 1000: 1.15 } },
  { what: 'last SUCCESS', of: 'over', goals: { 3: 1.03, 100: 1.1, 1000: 1.1 } },
];

export const fanout: Benchmark = {
  name: 'fanout',
  summary:
    'POST to the last Job, pod and SUCCESS over REST of 3, 100 and 1,000 jobs; the limit: the same Jobs, to Complete',
  run: (env) =>
    env.withProduct(async (product) => {
      const limit = await env.limitNamespace(product);
      const rest = await startApi(product, SIZES);
      await product.startController(env.controllerSettings);
      const ours = (size: number) =>
        following(env, product.namespace, size, async () => {
          await rest.succeeded(await rest.trigger(groupName(size)));
          return performance.now();
        });
      const theirs = async (size: number) => {
        const jobs = rawJobs(await createOwner(env.raw, limit), 1, size, env.cluster.jobImage);
        return following(env, limit, size, async () => void (await createJobs(env.raw, limit, jobs)));
      };
      const rows: Row[] = [];
      for (const size of SIZES) {
        const sides = { ours: () => ours(size), limit: () => theirs(size) };
        const times = await env.rounds.compare(`Fan out ${size} jobs`, sides);
        rows.push(
          ...MEASURED.map(({ what, of, goals }) => ({
            benchmark: 'fanout',
            what: `to the ${what} of ${size}`,
            unit: 's',
            ours: times.ours.map((one) => one[of]),
            limit: times.limit.map((one) => one[of]),
            goal: { of: 'ratio', atMost: goals[size] } as const,
          })),
        );
      }
      await rest.close();
      return rows;
    }),
};

/** Does `work`, which resolves with the moment when all is over; with undefined if that is when the last Job is Complete. */
async function following(env: Environment, namespace: string, size: number, work: () => Promise<number | undefined>) {
  const follower = new Follower(env.raw, namespace, { withPods: true });
  try {
    const begun = performance.now();
    const over = await work();
    await follower.completed(size);
    const { jobs, pods, complete } = follower.seen;
    const times = { jobs: lastOf(jobs), pods: lastOf(pods), over: over ?? lastOf(complete) };
    return {
      jobs: (times.jobs - begun) / 1000,
      pods: (times.pods - begun) / 1000,
      over: (times.over - begun) / 1000,
    } satisfies Times;
  } finally {
    follower.close();
    await env.clear(namespace);
  }
}
