import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { kubernetesVersion } from '../dev/cluster/build.ts';
import { UserError } from '../dev/cluster/errors.ts';
import { Progress } from '../dev/cluster/progress.ts';
import { run } from '../dev/cluster/run.ts';
import { fanout } from './benchmarks/fanout.ts';
import { growth } from './benchmarks/growth.ts';
import { lag } from './benchmarks/lag.ts';
import { list } from './benchmarks/list.ts';
import { status } from './benchmarks/status.ts';
import { streams } from './benchmarks/streams.ts';
import { sustained } from './benchmarks/sustained.ts';
import { trigger } from './benchmarks/trigger.ts';
import { write } from './benchmarks/write.ts';
import { chart } from './chart.ts';
import { Environment, type Options } from './environment.ts';
import { type About, json, type Result, table, toResult } from './report.ts';

const BENCHMARKS = [trigger, fanout, sustained, lag, status, list, streams, write, growth];
const HELP = `npm run bench                   all benchmarks, on a cluster of their own; docs/scaling.md explains the table
npm run bench -- NAME…          some of them:
${BENCHMARKS.map(({ name, summary }) => `    ${name.padEnd(11)} ${summary}`).join('\n')}
Options, after "--":
    --rounds N    rounds of each measurement (5)
    --json FILE   also write everything that was measured, for programs
    --chart FILE  also write the ratios as an SVG
    --crd FILE    write: compare with this CRD too, such as that of an earlier version
    --help        this text`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      chart: { type: 'string' },
      crd: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(HELP);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new UserError(`Expected a number of rounds, got ${values.rounds}`);
  const unknown = positionals.filter((name) => !BENCHMARKS.some((one) => one.name === name));
  if (unknown.length > 0) throw new UserError(`Unknown benchmark: ${unknown.join(', ')}. See: npm run bench -- --help`);
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

  const about = await aboutHere(rounds);
  const results: Result[] = [];
  try {
    await onCluster({ rounds, crd: values.crd }, async (environment) => {
      for (const benchmark of chosen) results.push(...(await benchmark.run(environment)).map(toResult));
    });
  } finally {
    // Also after an error or Ctrl-C: what was measured before is right.
    if (results.length > 0) console.log(`\n${table(results)}`);
    if (values.json && results.length > 0) await writeFile(values.json, json(about, results));
    if (values.chart && results.length > 0) await writeFile(values.chart, chart(results));
  }
}

/** Does the work on a new cluster and removes it. A signal or the death of a component ends the work. */
async function onCluster(options: Options, work: (environment: Environment) => Promise<void>): Promise<void> {
  const progress = new Progress();
  const ended = Promise.withResolvers<never>();
  // Its rejection is handled where it is awaited.
  ended.promise.catch(() => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ended.reject(new UserError(`Ended by ${signal}`)));
  }
  const environment = await Environment.start(options, progress, (why) => ended.reject(new Error(why)));
  try {
    await Promise.race([ended.promise, work(environment)]);
  } finally {
    await progress.step('Remove the cluster', () => environment.stop());
  }
}

async function aboutHere(rounds: number): Promise<About> {
  const commit = await run('git', ['describe', '--always', '--dirty']).catch(() => 'unknown');
  return {
    commit: commit.trim(),
    kubernetes: await kubernetesVersion(),
    node: process.version,
    cpus: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0]!,
    rounds,
  };
}

main().then(
  // A measurement that was interrupted may still wait for something.
  () => process.exit(),
  (error: unknown) => {
    const message = error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`\n${message}\n`);
    process.exit(1);
  },
);
