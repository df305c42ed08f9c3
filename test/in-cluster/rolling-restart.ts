import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupRun } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import type { Job } from '../../controller/decide/types.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/harness.ts';
import { kubectl, restart, rolledOut } from './deployment.ts';
import { tally, triggerDuring } from './load.ts';

/** A group with one job. */
const GROUP = 'group_d';
/** A rate for a machine that also runs the whole cluster; LOAD_PER_SECOND=50 for more. */
const PER_SECOND = Number(process.env.LOAD_PER_SECOND ?? 10);
/** The least duration of the load, which lasts at least as long as the restart. */
const SECONDS = Number(process.env.LOAD_SECONDS ?? 10);
const SUSPEND_JOBS = join(import.meta.dirname, 'suspend-jobs.yaml');

/** Tests of a rolling restart under load; the callers use these ways in turn. */
export function testRollingRestart(ways: () => Product[]): void {
  beforeAll(async () => {
    // Without pods of jobs: thousands of them would overload the machine.
    await kubectl('apply', '-f', SUSPEND_JOBS);
    await kubectl('set', 'env', 'deployment/async-api', 'MAX_ACTIVE_RUNS_PER_GROUP=100000');
    await rolledOut();
  }, 300_000);
  afterAll(async () => {
    await kubectl('delete', '-f', SUSPEND_JOBS);
  }, 60_000);

  test('no request through the ingress or the Service fails, and each accepted run has exactly one Job', async () => {
    const [product] = ways() as [Product];
    const names = async <T extends Job | GroupRun>(path: string) =>
      (await product.admin.request<{ items: T[] }>('GET', path)).items.map(({ metadata }) => metadata.name);
    const earlier = new Set([...(await names(product.runsPath())), ...(await names(product.jobsPath()))]);
    const newNames = async (path: string) => (await names(path)).filter((name) => !earlier.has(name)).toSorted();

    const urls = ways().map(({ url }) => `${url}/group/${GROUP}`);
    const answers = await triggerDuring(Promise.all([restart(), sleep(SECONDS * 1000)]), urls, PER_SECOND);
    process.stderr.write(`${answers.length} triggers during a rolling restart\n`);
    expect(tally(answers)).toEqual({ 202: answers.length });

    const accepted = answers.flatMap(({ ids }) => ids).toSorted();
    expect(await newNames(product.runsPath())).toEqual(accepted.map(toRunId));
    const jobs = await eventually(
      'a Job for each',
      async () => {
        const found = await newNames(product.jobsPath());
        return found.length >= accepted.length ? found : undefined;
      },
      120_000,
    );
    expect(jobs).toEqual(accepted);
  }, 400_000);
}
