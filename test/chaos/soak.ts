import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MAX_JOBS } from '../../contract/group-run.ts';
import { newRunId, toRunId } from '../../contract/ids.ts';
import { startCluster } from '../../dev/cluster/choose.ts';
import { Progress } from '../../dev/cluster/progress.ts';
import type { Service } from '../../scripts/service.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { idOf, trigger } from '../support/rest.ts';
import { residentMiB } from './resident-memory.ts';

const FOLDER = join(import.meta.dirname, '../../.cluster/chaos');
const HELP = `npm run test:soak                        10,000 runs of one job and 100 of a thousand that are over, then
                                         30 minutes of triggers
npm run test:soak -- --minutes 5         for a shorter time
npm run test:soak -- --runs 1000         with fewer runs of one job
npm run test:soak -- --large 10          with fewer runs of a thousand`;
const PARALLEL = 32;
/** At this rate the Job controller and the kubelet keep up on two cores. */
const TRIGGER_EVERY_MS = 2000;
/** The finished runs are of so many groups; new runs are of the first. */
const GROUPS = 10;
/** A smaller slope over the last two thirds counts as flat: a heap's size varies. */
const FLAT_MIB_PER_HOUR = 20;
const MAX_START_SECONDS = 5;

const definition = { sleep: { seconds: 0 }, activeDeadlineSeconds: 60, pendingDeadlineSeconds: 60, backoffLimit: 0 };

/** Stores a finished run of so many jobs; no controller is involved. */
async function storeFinished(product: Product, group: string, size: number): Promise<void> {
  const base = newRunId();
  const names = Array.from({ length: size }, (_, index) => `job_${index + 1}`);
  await product.createRun({ group, jobs: names.map((name) => ({ name, ...definition })) }, base);
  const at = new Date().toISOString();
  const jobs = names.map((name) => ({
    name,
    state: 'SUCCESS',
    jobUID: randomUUID(),
    startedAt: at,
    finishedAt: at,
  }));
  const status = { state: 'SUCCESS', startedAt: at, finishedAt: at, succeeded: `${size}/${size}`, jobs };
  await mergePatch(product.admin, `${product.runsPath(base)}/status`, { status });
}

/** Resident set in MiB, to one decimal. */
const rssMiB = async ({ pid }: Service): Promise<number> => Math.round(10 * (await residentMiB(pid))) / 10;

/** MiB an hour, from one sample a minute: the median of the slopes between any two samples (Theil–Sen), robust to outliers. */
function slope(samples: number[]): number {
  const slopes = samples.flatMap((one, from) =>
    samples.slice(from + 1).map((other, index) => (other - one) / (index + 1)),
  );
  return (slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0) * 60;
}

/** Triggers the group of new runs and returns the id of its one job. */
const triggerJob = async (product: Product): Promise<string> => idOf((await trigger(product, 'group_0'))[0]!);

/** Runs and Jobs are deleted while the soak lasts. */
const QUICK = { RUN_RETENTION_MIN_SECONDS: '0', JOB_TTL_SECONDS: '20' };

/** Seconds from the start of a controller to the Job of a run that waits for it. `kept` is RUN_RETENTION_COUNT. */
async function restart(product: Product, jobImage: string, kept: number): Promise<number> {
  await product.controller?.stop();
  const id = await triggerJob(product);
  const begun = performance.now();
  await product.startController({ JOB_IMAGE: jobImage, RUN_RETENTION_COUNT: String(kept), ...QUICK });
  await eventually('its Job', () => product.admin.request('GET', product.jobsPath(id)).catch(() => undefined));
  return (performance.now() - begun) / 1000;
}

/** Triggers for so many minutes and prints memory once a minute. Returns the ids of the jobs and the samples in MiB. */
async function soak(product: Product, minutes: number, signal: AbortSignal) {
  const samples: Record<'controller' | 'api', number[]> = { controller: [], api: [] };
  const ids: string[] = [];
  const begun = performance.now();
  console.log('minute  triggers  controller MiB  api MiB');
  for (let minute = 1; minute <= minutes && !signal.aborted; minute++) {
    while (performance.now() < begun + minute * 60_000 && !signal.aborted) {
      ids.push(await triggerJob(product));
      await sleep(TRIGGER_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    samples.controller.push(await rssMiB(product.controller!));
    samples.api.push(await rssMiB(product.api!));
    const row = [minute, ids.length, samples.controller.at(-1), samples.api.at(-1)];
    console.log(row.map((cell, index) => String(cell).padStart([6, 8, 14, 7][index]!)).join('  '));
  }
  return { ids, samples };
}

/** Prints the results; returns whether every run ended and memory stayed flat. */
async function judge(
  product: Product,
  { ids, samples }: Awaited<ReturnType<typeof soak>>,
  kept: number,
): Promise<boolean> {
  const runs = await product.storedRuns();
  const over = new Set(runs.flatMap(({ metadata, status }) => (status?.state === 'SUCCESS' ? metadata.name : [])));
  // The last ten may still be running; runs beyond `kept` have been deleted.
  const lost = ids.slice(-kept, -10).filter((id) => !over.has(toRunId(id)));
  console.log(`${runs.length} runs are stored; ${ids.length} triggers, ${lost.length} of them not over`);
  const growths = Object.entries(samples).map(([name, all]) => {
    const growth = slope(all.slice(Math.floor(all.length / 3)));
    const flat = growth < FLAT_MIB_PER_HOUR;
    console.log(`${name}: ${growth.toFixed(1)} MiB an hour over the last two thirds: ${flat ? 'flat' : 'NOT flat'}`);
    return flat;
  });
  return lost.length === 0 && growths.every(Boolean);
}

async function main(minutes: number, runs: number, large: number): Promise<void> {
  const progress = new Progress();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const cluster = await startCluster({}, FOLDER, progress, (why) => process.stderr.write(`${why}\n`));
  let product: Product | undefined;
  try {
    const installed = await Product.install(cluster);
    product = installed;
    await progress.step(`Store ${runs} runs of one job and ${large} of ${MAX_JOBS} that are over`, async () => {
      const small = Array.from({ length: runs }, (_, index) => ({ group: `group_${index % GROUPS}`, size: 1 }));
      const left = [...Array.from({ length: large }, () => ({ group: 'large', size: MAX_JOBS })), ...small].values();
      const worker = async () => {
        for (const { group, size } of left) if (!stop.signal.aborted) await storeFinished(installed, group, size);
      };
      await Promise.all(Array.from({ length: PARALLEL }, worker));
    });
    const groups = { group_0: { jobs: { one: { sleep: { seconds: 0 } } } } };
    await product.startApi(await product.writeConfig({ groups }));
    // Each run that ends then makes the controller delete one.
    const kept = Math.ceil(runs / GROUPS);
    const seconds: number[] = [];
    for (let start = 1; start <= 3; start++) seconds.push(await restart(product, cluster.jobImage, kept));
    console.log(`start of the controller to the first Job: ${seconds.map((one) => one.toFixed(2)).join(', ')} s`);
    const ok = await judge(product, await soak(product, minutes, stop.signal), kept);
    if (!ok || Math.max(...seconds) > MAX_START_SECONDS) process.exitCode = 1;
  } finally {
    await product?.uninstall().catch((error) => process.stderr.write(`${error}\n`));
    await cluster.stop();
  }
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    runs: { type: 'string', default: '10000' },
    large: { type: 'string', default: '100' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(HELP);
else await main(Number(values.minutes), Number(values.runs), Number(values.large));
