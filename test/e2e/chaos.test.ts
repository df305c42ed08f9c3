import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Lane } from '../chaos/lane.ts';
import { needsOf } from '../chaos/points.ts';
import { enumerate, injectAll, type Session } from '../chaos/session.ts';
import { table } from '../chaos/table.ts';
import { ADMIN } from '../support/harness.ts';

/** `CHAOS_SEED=N npm run test:e2e -- chaos.test` picks others; `npm run test:chaos` injects all of them. */
const SEED = Number(process.env.CHAOS_SEED ?? 20261124);
const COUNT = 10;
/** The scenario that gets faults at each of its calls. */
const SCENARIOS = ['mixed'];
const LANES = 2;

let folder: string;
let session: Session;
const stop = new AbortController();
beforeAll(async () => {
  folder = await mkdtemp(join(dirname(ADMIN.kubeconfig), 'chaos-'));
  const cluster = { kubeconfig: ADMIN.kubeconfig, jobImage: process.env.TEST_JOB_IMAGE! };
  const lanes = await Promise.all(Array.from({ length: LANES }, () => Lane.open(cluster, folder)));
  const restart = () =>
    Promise.reject(new Error('Expected no fault that ends a component: other suites use this cluster'));
  session = { lanes, restart, signal: stop.signal, log: (line) => process.stderr.write(`    ${line}\n`) };
}, 120_000);
afterAll(async () => {
  stop.abort();
  await Promise.all(session.lanes.map((lane) => lane.close()));
  await rm(folder, { recursive: true, force: true });
});

test(`${COUNT} faults picked by seed ${SEED}, each in a trial of its own, break no invariant`, async () => {
  const points = (await enumerate(session, SEED, SCENARIOS)).filter((point) => !needsOf(point).alone);
  expect(points.length).toBeGreaterThan(100);
  const results = await injectAll(session, points.slice(0, COUNT));
  process.stderr.write(`${table(results)}\n`);
  const broken = results.filter((one) => one.broken.length > 0);
  // To repeat one: npm run test:chaos -- --only "<name>"
  expect(broken.map(({ point, broken: what }) => ({ again: point.name, what }))).toEqual([]);
  // A fault that was not injected shows nothing.
  expect(results.filter((one) => one.injected).length).toBeGreaterThan(COUNT / 2);
}, 600_000);
