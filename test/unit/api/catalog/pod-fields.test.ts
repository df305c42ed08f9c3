import { describe, expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { ALL_BOUNDS } from '../../../support/all-bounds.ts';
import { CORRECT } from '../../../support/pod-fields/correct.ts';
import { REFUSED } from '../../../support/pod-fields/refused.ts';
import { WRONG_CONTAINERS } from '../../../support/pod-fields/wrong-containers.ts';
import { WRONG_PODS } from '../../../support/pod-fields/wrong-pods.ts';
import { WRONG_VOLUMES } from '../../../support/pod-fields/wrong-volumes.ts';

/** The problems of a job in the fourth line of a file, by their paths below the job. */
const problemsOf = (job: object) =>
  parseCatalog(`groups:\n  g:\n    jobs:\n      j: ${JSON.stringify(job)}`, ALL_BOUNDS)
    .get('g')!
    .problems.map(({ path, ...problem }) => ({ path: path.replace('groups.g.jobs.j.', ''), ...problem }));

// test/integration/pod-fields.test.ts shows these definitions to the API server.
test.each(Object.entries(CORRECT))('a definition with %s has no problem', (_what, job) => {
  expect(problemsOf(job)).toEqual([]);
});

test.each([...WRONG_CONTAINERS, ...WRONG_VOLUMES, ...WRONG_PODS])(
  '%s is a problem with path and line',
  (_what, job, path, message) => {
    expect(problemsOf(job)).toEqual([{ path, line: 4, message: expect.stringMatching(message) }]);
  },
);

describe('a field that is not listed is refused by its path', () => {
  test.each(REFUSED)('%s', (path, job) => {
    expect(problemsOf(job)).toContainEqual({ path, line: 4, message: 'expected no such field here' });
  });
});
