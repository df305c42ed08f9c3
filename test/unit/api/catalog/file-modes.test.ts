import { expect, test } from '@jest/globals';
import { parseCatalog } from '../../../../api/catalog/catalog.ts';
import { ALL_BOUNDS } from '../../../support/all-bounds.ts';

const text = (mode: string) => `groups:
  g:
    jobs:
      mode:
        container: { image: i }
        volumes:
          - name: v
            projected:
              defaultMode: ${mode}
              sources: [{ secret: { name: s, items: [{ key: k, path: p, mode: ${mode} }] } }]
`;
const groupOf = (file: string) => parseCatalog(file, ALL_BOUNDS).get('g')!;

test('a mode that begins with 0 is a problem, since YAML 1.2 reads it as a decimal number', () => {
  const at = 'groups.g.jobs.mode.volumes.0.projected';
  const message = 'expected an octal number such as 0o440, got 0440';
  expect(groupOf(text('0440')).problems).toEqual([
    { path: `${at}.defaultMode`, line: 9, message },
    { path: `${at}.sources.0.secret.items.0.mode`, line: 10, message },
  ]);
});

test.each([
  ['0o440', 0o440],
  ['288', 0o440],
  ['0', 0],
])('a mode of %s is %i', (mode, value) => {
  const { problems, jobs } = groupOf(text(mode));
  expect(problems).toEqual([]);
  expect(jobs[0]!.volumes![0]!.projected!.defaultMode).toBe(value);
});
