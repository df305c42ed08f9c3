import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DOCUMENTS, prose, ROOT } from '../../support/doc-blocks.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The anchors of a document's headings, as GitHub makes them. */
const anchors = (file: string): string[] =>
  [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

const links = (file: string): string[] =>
  [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((one) => !/^[a-z]+:/.test(one));

test('the tests cover every document', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(30);
  expect(DOCUMENTS.flatMap(links).length).toBeGreaterThan(40);
});

test.each(DOCUMENTS)('each link in %s leads to a file, and each anchor to a heading', (file) => {
  const broken = links(file).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, target))) return true;
    if (anchor === undefined) return false;
    return statSync(join(ROOT, target)).isDirectory() || !anchors(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test('no two headings of a document share an anchor', () => {
  for (const file of DOCUMENTS.filter((one) => one !== 'CHANGELOG.md')) {
    expect({ file, anchors: anchors(file) }).toEqual({ file, anchors: [...new Set(anchors(file))] });
  }
});

/** What stands in backticks and looks like a file or folder of ours. */
const PATH =
  /`((?:api|contract|controller|dev|docs|job-image|kube|manifests|process|resources|scripts|test)\/[\w./-]*)`/g;

test.each(DOCUMENTS)('each file and folder that %s names exists', (file) => {
  const named = [...prose(file).matchAll(PATH)].map(([, path]) => path!);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test.each([
  ['README.md', 130],
  ['ARCHITECTURE.md', 170],
])('%s has at most %i lines', (file, lines) => {
  expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(lines);
});

test('decisions are numbered without a gap, in the order of their dates, and say both', () => {
  const files = globSync('docs/decisions/*.md', { cwd: ROOT }).toSorted();
  const dates = files.map((file, index) => {
    const number = String(index + 1).padStart(4, '0');
    expect(file).toMatch(new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`));
    const [, date] = new RegExp(`^# ${number}: .+\n\n(\\d{4}-\\d\\d-\\d\\d)\n\n\\S`).exec(read(file)) ?? [];
    return date;
  });
  expect(dates).toEqual(dates.toSorted());
  expect(dates).not.toContain(undefined);
});
