import { expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { CatalogError } from '../../../../api/catalog/catalog-error.ts';
import { ALL_BOUNDS } from '../../../support/all-bounds.ts';
import { startApp } from '../../../support/app.ts';

const jobOf = (text: string, index = 0) => {
  const { problems, jobs } = parseCatalog(text, ALL_BOUNDS).get('g')!;
  expect(problems).toEqual([]);
  return jobs[index]!;
};

test('a job has each field of pod from itself, else from its group, else from defaults', () => {
  const text = `
defaults:
  pod: { nodeSelector: { disk: hdd, zone: a }, schedulerName: other, imagePullSecrets: [{ name: default }] }
groups:
  g:
    pod: { nodeSelector: { disk: ssd }, securityContext: { fsGroup: 1 } }
    jobs:
      first: { sleep: { seconds: 1 }, pod: { securityContext: { runAsUser: 2 }, imagePullSecrets: [] } }
      second: { container: { image: i } }
`;
  expect(jobOf(text).pod).toEqual({
    nodeSelector: { disk: 'ssd' },
    schedulerName: 'other',
    imagePullSecrets: [],
    securityContext: { runAsUser: 2 },
  });
  expect(jobOf(text, 1).pod).toEqual({
    nodeSelector: { disk: 'ssd' },
    schedulerName: 'other',
    imagePullSecrets: [{ name: 'default' }],
    securityContext: { fsGroup: 1 },
  });
});

test('a job has no pod if nobody sets one', () => {
  expect(jobOf('groups: { g: { jobs: { j: { sleep: { seconds: 1 } } } } }')).not.toHaveProperty('pod');
});

test('a container has all its resources from the job, else from the group, else from defaults', () => {
  const text = (group: string, job: string) => `
defaults: { container: { resources: { limits: { cpu: '1' } } } }
groups: { g: { ${group} jobs: { j: { container: { image: i ${job} } } } } }
`;
  const group = 'container: { resources: { limits: { memory: 2Gi } } },';
  const job = ", resources: { requests: { cpu: '3' } }";
  expect(jobOf(text('', '')).container!.resources).toEqual({ limits: { cpu: '1' } });
  expect(jobOf(text(group, '')).container!.resources).toEqual({ limits: { memory: '2Gi' } });
  expect(jobOf(text(group, job)).container!.resources).toEqual({ requests: { cpu: '3' } });
});

test('the container of defaults does not make a container of simulated work', () => {
  const text = `
defaults: { container: { resources: { limits: { cpu: '1' } } } }
groups: { g: { jobs: { j: { sleep: { seconds: 1 } } } } }
`;
  expect(jobOf(text)).not.toHaveProperty('container');
});

test('a problem of what a group sets for its jobs has the path of the group, once', () => {
  const text = `groups:
  g:
    pod:
      tolerations: [{ key: a, operator: Exists, value: b }]
      hostNetwork: true
    container:
      resources: { limits: { memory: 1Gi }, requests: { memory: 2Gi } }
      image: i
    jobs: { j: { sleep: { seconds: 1 } }, k: { container: { image: i } } }
`;
  expect(
    parseCatalog(text)
      .get('g')!
      .problems.map(({ path, line }) => [path, line]),
  ).toEqual([
    ['groups.g.pod.tolerations.0.value', 4],
    ['groups.g.pod.hostNetwork', 5],
    ['groups.g.container.resources.requests.memory', 7],
    ['groups.g.container.image', 8],
  ]);
});

test('a problem of defaults makes the file unusable, and has its line', () => {
  const text = 'groups: {}\ndefaults:\n  pod: { nodeName: a }\n';
  expect(() => parseCatalog(text)).toThrow(CatalogError);
  expect(() => parseCatalog(text)).toThrow('defaults.pod.nodeName (line 3): expected no such field here');
});

test('a large pod of defaults in each of 1,000 jobs is 422, and the message names the limit', async () => {
  const aliases = Array.from(
    { length: 30 },
    (_, index) => `{ ip: 192.0.2.${index}, hostnames: [host-${index}.example] }`,
  );
  const jobs = Array.from({ length: 1000 }, (_, index) => `j${index}: { sleep: { seconds: 1 } }`);
  const app = await startApp(
    {},
    `defaults: { pod: { hostAliases: [${aliases}] } }\ngroups: { g: { jobs: { ${jobs} } } }`,
  );
  try {
    const response = await fetch(`${app.url}/group/g`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([422, expect.stringMatching(/600,?000 bytes/)]);
    expect(app.runs.runs.size).toBe(0);
  } finally {
    await app.close();
  }
});
