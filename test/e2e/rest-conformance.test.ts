import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Product } from '../support/harness.ts';
import { mergePatch } from '../support/merge-patch.ts';
import { OPERATIONS } from '../support/operations.ts';
import { python } from '../support/python.ts';

const CONFIG = join(import.meta.dirname, '../python/schemathesis.toml');
// Without the controller, since hundreds of runs would start as many pods: settle() ends them, every second one with SUCCESS.
let product: Product;
const stop = new AbortController();
let settling: Promise<void>;
beforeAll(async () => {
  product = await Product.install();
  const quick = { sleep: { seconds: 0 } };
  const groups = {
    quick: { jobs: { one: quick } },
    takes: { parameters: { WHO: { default: 'me', pattern: '[a-z]+' } }, jobs: { one: quick, two: quick } },
    broken: { jobs: { one: { slep: {} } } },
    empty: {},
  };
  await product.startApi(await product.writeConfig({ groups }));
  settling = settle();
});
afterAll(async () => {
  stop.abort();
  await settling;
  await product.uninstall();
});

/** Writes a final status to each run without a status, until stopped. */
async function settle(): Promise<void> {
  for (let count = 0; !stop.signal.aborted; ) {
    const runs = await product.storedRuns();
    for (const { metadata, spec } of runs.filter(({ status }) => !status)) {
      count += 1;
      const ended =
        count % 2 ? { state: 'SUCCESS' } : { state: 'FAILURE', reason: 'Error', message: 'no', exitCode: 1 };
      const jobs = spec.jobs.map(({ name }) => ({ name, ...ended }));
      const status = { state: ended.state, jobs };
      await mergePatch(product.admin, `${product.runsPath(metadata.name)}/status`, { status });
    }
    await sleep(200);
  }
}

test('every response conforms to /openapi.json, none is 5xx, and valid requests are accepted (schemathesis)', async () => {
  const args = ['-m', 'schemathesis.cli', '--config-file', CONFIG, 'run', `${product.url}/openapi.json`];
  const { stdout } = await promisify(execFile)(await python(), args, {
    cwd: product.folder,
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '160' },
  }).catch((error: Error & { stdout?: string }) => {
    throw new Error(error.stdout || error.message);
  });
  // The exit code says that no check failed; these counts, that it checked every operation.
  const endless = OPERATIONS.filter(({ path }) => path === '/runs/events');
  expect(Number(/Tested: +(\d+)/.exec(stdout)?.[1])).toBe(OPERATIONS.length - endless.length);
  expect(Number(/(\d+) generated, \1 passed/.exec(stdout)?.[1])).toBeGreaterThan(300);
}, 400_000);
