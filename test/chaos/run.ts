import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Cluster, startEmbedded } from '../../dev/cluster/embedded.ts';
import { Progress } from '../../dev/cluster/progress.ts';
import { createClient } from '../../kube/client.ts';
import type { FaultContext } from '../fault-proxy/faults.ts';
import { eventually } from '../support/eventually.ts';
import { INVARIANTS } from './invariants.ts';
import { Lane } from './lane.ts';
import { parsePoint } from './points.ts';
import { enumerate, injectAll, type Session } from './session.ts';
import { type Result, table } from './table.ts';
import { RSS_BOUND_MIB } from './trial.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.cluster/chaos');
const HELP = `npm run test:chaos                          every fault point, in the order that a random seed gives
npm run test:chaos -- --seed N              in the order of that seed
npm run test:chaos -- --seed N --count 20   the first 20 of that order
npm run test:chaos -- --only NAME           one fault point, such as "mixed: controller POST jobs/1: killed before"
npm run test:chaos -- --match TEXT          those whose name holds TEXT
npm run test:chaos -- --lanes 4             how many trials at a time
npm run test:chaos -- --list                the names of all fault points`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    only: { type: 'string' },
    match: { type: 'string' },
    lanes: { type: 'string', default: '4' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
  await mkdir(FOLDER, { recursive: true });
  const progress = new Progress();
  const cluster = await startEmbedded(FOLDER, progress, (why) => process.stderr.write(`\n${why}\n`));
  const lanes: Lane[] = [];
  try {
    const logs = join(FOLDER, 'logs');
    await progress.step('Open the lanes', async () => {
      const count = values.only ? 1 : Number(values.lanes);
      for (let made = 0; made < count && !stop.signal.aborted; made++) lanes.push(await Lane.open(cluster, logs));
    });
    const session: Session = {
      lanes,
      restart: restarter(cluster),
      signal: stop.signal,
      log: (line) => progress.note(line),
    };
    const only = values.only ? [parsePoint(values.only)] : undefined;
    const points = (only ?? (await enumerate(session, seed)))
      .filter(({ name }) => name.includes(values.match ?? ''))
      .slice(0, Number(values.count ?? Infinity));
    if (values.list) return console.log(points.map(({ name }) => name).join('\n'));
    report(await injectAll(session, points), seed, lanes, stop.signal.aborted);
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
    await cluster.stop();
    await rm(join(FOLDER, 'kubeconfig'), { force: true });
  }
}

function report(results: Result[], seed: number, lanes: Lane[], interrupted: boolean): void {
  console.log(`\n${table(results)}\n`);
  const injected = results.filter((one) => one.injected);
  const broken = injected.filter((one) => one.broken.length > 0);
  for (const { point } of results.filter((one) => !one.injected)) console.log(`  not reached: ${point.name}`);
  for (const { point, broken: what } of broken) {
    console.log(`\n✗ ${point.name}`);
    for (const one of what) console.log(`    (${one.invariant}) ${one.what}`);
    console.log(`    again: npm run test:chaos -- --only "${point.name}"`);
  }
  const rss = Math.max(...lanes.map(({ rssMiB }) => rssMiB));
  console.log(
    `\n${Object.entries(INVARIANTS)
      .map(([number, what]) => `  (${number}) ${what}`)
      .join('\n')}`,
  );
  console.log(`\nSeed ${seed}. Largest process ${rss} MiB of ${RSS_BOUND_MIB}.`);
  console.log(
    `${injected.length} faults injected, ${broken.length} broke an invariant${interrupted ? '; interrupted' : ''}.`,
  );
  if (broken.length > 0 || injected.length === 0 || interrupted) process.exitCode = 1;
}

/** Stops a component and starts it again. Resolves when the API server is ready, whichever the component. */
function restarter(cluster: Cluster): FaultContext['restart'] {
  return async (name, signal) => {
    const component = cluster.components?.find((one) => one.name === name);
    if (!component) throw new Error(`Expected a component named ${name}`);
    await component.stop(20_000, signal);
    await sleep(500);
    component.start();
    const client = await createClient(cluster);
    try {
      const isReady = () =>
        client.request('GET', '/readyz', { timeoutMs: 2000 }).then(
          () => true,
          // The answer is ok, which is not JSON.
          (error) => error instanceof SyntaxError || undefined,
        );
      await eventually(`an API server that is ready after ${name} was restarted`, isReady, 60_000);
    } finally {
      await client.close();
    }
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
