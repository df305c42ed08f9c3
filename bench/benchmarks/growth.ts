import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { Product } from '../../test/support/harness.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Environment } from '../environment.ts';
import { storeFinished } from '../finished-runs.ts';
import { mebibytes, memoryMiB } from '../memory.ts';
import type { Row } from '../report.ts';
import { startApi } from '../rest.ts';

const MANIFESTS = join(import.meta.dirname, '../../manifests/base');
const SERVICES = ['api', 'controller'] as const;
type Services<T> = Record<(typeof SERVICES)[number], T>;

/** Time after the start for the first garbage collections. */
const SETTLE_MS = 15_000;
const MOST_ROUNDS = 3;

const STORED: { what: string; runs: number; size: number; goals?: Services<number> }[] = [
  { what: 'empty', runs: 0, size: 0, goals: { api: 90, controller: 90 } },
  { what: '10,000 runs of 3', runs: 10_000, size: 3, goals: { api: 150, controller: 180 } },
  { what: '200 runs of 1,000', runs: 200, size: 1000 },
];

export const growth: Benchmark = {
  name: 'growth',
  summary: 'resident memory of both services after their start, by what is stored; the limit: that of manifests/base',
  run: async (env) => {
    const limits = { api: await memoryLimit('api.yaml'), controller: await memoryLimit('controller.yaml') };
    const rows: Row[] = [];
    for (const { what, runs, size, goals } of STORED) {
      await env.withProduct(async (product) => {
        await env.progress.step(`Store ${what}`, () => storeFinished(env.raw, product.namespace, runs, size));
        const rounds = await env.rounds.repeat(`Start with ${what}`, () => memory(env, product), MOST_ROUNDS);
        for (const service of SERVICES) {
          const row = (figure: 'resident' | 'peak'): Row => ({
            benchmark: 'growth',
            what: `${figure} memory of the ${service}, ${what}`,
            unit: 'MiB',
            ours: rounds.map((round) => round[service][figure]),
            limit: rounds.map(() => limits[service]),
          });
          const most = goals?.[service];
          rows.push(
            { ...row('resident'), ...(most ? { goal: { of: 'value', atMost: most } } : {}) },
            { ...row('peak'), goal: { of: 'ratio', atMost: 1 } },
          );
        }
      });
    }
    return rows;
  },
};

/** Starts both services, and stops them when their memory was read. */
async function memory(env: Environment, product: Product) {
  await (await startApi(product, [3])).close();
  // A run is not deleted while it is young, so all rounds find the same.
  await product.startController({ ...env.controllerSettings, RUN_RETENTION_MIN_SECONDS: '86400' });
  await sleep(SETTLE_MS);
  const [api, controller] = await Promise.all([memoryMiB(product.api!.pid), memoryMiB(product.controller!.pid)]);
  await Promise.all([product.api!.stop(), product.controller!.stop()]);
  return { api, controller };
}

interface Workload {
  kind: string;
  spec: { template: { spec: { containers: { resources: { limits: { memory: string } } }[] } } };
}

/** The memory limit of the Deployment in that manifest, MiB. */
async function memoryLimit(file: string): Promise<number> {
  const documents = parseAllDocuments(await readFile(join(MANIFESTS, file), 'utf8')).map(
    (one) => one.toJS() as Workload,
  );
  const deployment = documents.find(({ kind }) => kind === 'Deployment');
  return mebibytes(deployment!.spec.template.spec.containers[0]!.resources.limits.memory);
}
