import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../api/catalog/catalog.ts';
import type { JobDefinition } from '../../contract/job-definition.ts';
import { buildJob } from '../../controller/decide/job.ts';
import { ALL_BOUNDS } from '../support/all-bounds.ts';
import { definition, run } from '../support/builders.ts';
import { Product } from '../support/harness.ts';
import { CORRECT } from '../support/pod-fields/correct.ts';
import { WRONG_CONTAINERS } from '../support/pod-fields/wrong-containers.ts';
import { WRONG_PODS } from '../support/pod-fields/wrong-pods.ts';
import { WRONG_VOLUMES } from '../support/pod-fields/wrong-volumes.ts';

let product: Product;
beforeAll(async () => {
  product = await Product.install();
});
afterAll(() => product.uninstall());

/** As an administrator, whom no policy binds, and without storing it. */
const create = (fields: object) => {
  const body = buildJob(run([definition({ sleep: undefined, ...fields } as Partial<JobDefinition>)]), 1, 'example/job');
  const query = { dryRun: 'All', fieldValidation: 'Strict' };
  return product.admin.request('POST', product.jobsPath(), { query, body });
};

// test/unit/api/catalog/pod-fields.test.ts shows these definitions to the catalog.
test.each(Object.entries(CORRECT))('the API server takes a definition with %s', async (_what, job) => {
  const group = parseCatalog(JSON.stringify({ groups: { g: { jobs: { j: job } } } }), ALL_BOUNDS).get('g')!;
  await create(group.jobs[0]!);
});

describe('what is a problem in config.yaml, the API server refuses for the same reason', () => {
  const refused = [...WRONG_CONTAINERS, ...WRONG_VOLUMES, ...WRONG_PODS].filter(([, , , , apiServer]) => apiServer);
  test.each(refused)('%s', async (_what, job, _path, _message, apiServer) => {
    await expect(create(job)).rejects.toThrow(apiServer!);
  });
});

describe('what would show only in the pod, the API server takes', () => {
  const taken = [...WRONG_CONTAINERS, ...WRONG_VOLUMES, ...WRONG_PODS].filter(([, , , , apiServer]) => !apiServer);
  test.each(taken)('%s', async (_what, job) => {
    await create(job);
  });
});
