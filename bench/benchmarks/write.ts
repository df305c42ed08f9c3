import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupRun, GroupRunStatus } from '../../contract/group-run.ts';
import { jobIds } from '../../controller/decide/observed.ts';
import type { Benchmark } from '../benchmark.ts';
import { cpuDuring } from '../cpu.ts';
import { type Crd, type Installed, installCrd, needsIds, readCrd, withoutSchema } from '../crd.ts';
import type { Environment } from '../environment.ts';
import { statusWith } from '../finished-runs.ts';
import { type BySize, newRun, SIZES, type Size } from '../groups.ts';
import type { Goal, Row } from '../report.ts';

const CRD = join(import.meta.dirname, '../../manifests/core/crd.yaml');
const NAMESPACE = 'default';

/** Calls a round, so many that they take about a second of CPU. */
const CREATES: BySize<number> = { 3: 100, 100: 30, 1000: 6 };
/** Runs a round whose jobs finish tenth by tenth; with 3 jobs, one by one. */
const RUNS: BySize<number> = { 3: 50, 100: 3, 1000: 1 };
const STEPS = 10;

const GOALS: Record<keyof Cost, BySize<number>> = {
  create: { 3: 4, 100: 14, 1000: 90 },
  status: { 3: 5, 100: 30, 1000: 220 },
};
/** Of the ratio to the CRD of --crd. */
const EARLIER_GOALS: Partial<BySize<number>> = { 100: 0.35, 1000: 0.3 };
const NAMES = { create: 'create', status: 'status write' };

/** CPU of kube-apiserver and etcd for one call, milliseconds. */
interface Cost {
  create: number;
  status: number;
}

/** The three CRDs have API groups of their own, so no policy for GroupRuns and no watch adds to the cost. */
export const write: Benchmark = {
  name: 'write',
  summary: 'CPU of kube-apiserver and etcd of one create and one status write; the limit: a CRD without a schema',
  async run(env) {
    const crd = await readCrd(CRD);
    const earlier = env.earlierCrd === undefined ? undefined : await readCrd(env.earlierCrd);
    const all: Record<string, Crd> = { present: crd, limit: withoutSchema(crd), ...(earlier ? { earlier } : {}) };
    const installed = Object.entries(all).map(
      async ([name, one]) => [name, await installCrd(env.raw, one, `${name}.bench.dev`), needsIds(one)] as const,
    );
    const crds = await Promise.all(installed);
    const idle = await env.progress.step('Measure the idle control plane', () => idleCpu(env));
    const rows: Row[] = [];
    for (const size of SIZES) {
      const sides = crds.map(([name, one, ids]) => [name, () => costOf(env, one, size, ids, idle)] as const);
      const costs = await env.rounds.compare(`Write runs of ${size} jobs`, Object.fromEntries(sides));
      for (const call of ['create', 'status'] as const) {
        const of = (name: string) => costs[name]!.map((cost) => cost[call]);
        const row = (what: string, limit: string, goal?: Goal): Row => ({
          benchmark: 'write',
          what,
          unit: 'CPU ms',
          ours: of('present'),
          limit: of(limit),
          ...(goal ? { goal } : {}),
        });
        const what = `${NAMES[call]} of ${size} jobs`;
        rows.push(row(what, 'limit', { of: 'value', atMost: GOALS[call][size] }));
        const atMost = call === 'status' ? EARLIER_GOALS[size] : undefined;
        if (earlier) rows.push(row(`${what}, against --crd`, 'earlier', atMost ? { of: 'ratio', atMost } : undefined));
      }
    }
    for (const [, one] of crds) await one.uninstall();
    return rows;
  },
};

/** CPU seconds a second of kube-apiserver and etcd without our calls: the least of some looks, as either may have work left. */
async function idleCpu(env: Environment): Promise<number> {
  const looks: number[] = [];
  while (looks.length < 5) {
    const { total, seconds } = await cpuDuring(env.processes(['kube-apiserver', 'etcd']), () => sleep(2000));
    looks.push(total / seconds);
  }
  return Math.min(...looks);
}

async function costOf(env: Environment, crd: Installed, size: Size, ids: boolean, idle: number): Promise<Cost> {
  const path = crd.path(NAMESPACE);
  const runs: GroupRun[] = [];
  const milliseconds = async (calls: number, work: () => Promise<void>) => {
    const { total, seconds } = await cpuDuring(env.processes(['kube-apiserver', 'etcd']), async () => {
      await work();
      // Some of the work comes after the response.
      await sleep(300);
    });
    return ((total - idle * seconds) / calls) * 1000;
  };
  const create = await milliseconds(CREATES[size], async () => {
    for (let call = 0; call < CREATES[size]; call++) {
      runs.push(await env.raw.request<GroupRun>('POST', path, { ...newRun(size), apiVersion: crd.apiVersion }));
    }
  });
  const steps = Math.min(STEPS, size);
  const status = await milliseconds(RUNS[size] * steps, async () => {
    for (const one of runs.slice(0, RUNS[size])) {
      let run = one;
      for (let step = 1; step <= steps; step++) {
        const next = statusWith(run, Math.round((size * step) / steps));
        const { name, namespace, resourceVersion } = run.metadata;
        const url = `${path}/${name}/status`;
        // With the merge patch of the versions that had ids.
        run = ids
          ? await env.raw.mergePatch<GroupRun>(url, { metadata: { resourceVersion }, status: withIds(run, next) })
          : await env.raw.request<GroupRun>('PUT', url, {
              apiVersion: crd.apiVersion,
              kind: run.kind,
              metadata: { name, namespace, resourceVersion },
              status: next,
            });
      }
    }
  });
  await env.raw.text('DELETE', path);
  await sleep(500);
  return { create, status };
}

/** The status with an id in each entry, as an earlier CRD requires. */
const withIds = (run: GroupRun, status: GroupRunStatus): object => {
  const all = jobIds(run);
  return { ...status, jobs: status.jobs?.map((job, index) => ({ ...job, id: all[index] })) };
};
