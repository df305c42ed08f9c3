import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** The files that name the version, besides package.json and package-lock.json, which npm writes itself. */
const FILES = [
  'api/Dockerfile',
  'controller/Dockerfile',
  'job-image/Dockerfile',
  'docs/deploy.md',
  'manifests/overlays/production/kustomization.yaml',
  'manifests/overlays/release/kustomization.yaml',
];
const CHANGELOG = 'CHANGELOG.md';
/** From which users upgrade to the next release. */
const RELEASED_CRD = 'test/support/crd-previous.yaml';
const UNRELEASED = '## [Unreleased]\n';

/** The text with the new version in place of the old one, after a `v` too; throws if the old one does not occur. */
export function withVersion(text: string, from: string, to: string): string {
  const whole = new RegExp(`(?<![\\d.])${from.replaceAll('.', '\\.')}(?!\\d|\\.\\d|[-+]\\w)`, 'g');
  if (!whole.test(text)) throw new Error(`expected it to name the version ${from}`);
  return text.replaceAll(whole, () => to);
}

/** The changelog whose unreleased changes are those of this version, released on this day; throws if there are none. */
export function released(changelog: string, version: string, day: string): string {
  const [before, after] = changelog.split(UNRELEASED);
  const heading = `## [${version}]`;
  if (after === undefined) throw new Error(`expected a heading ${UNRELEASED.trim()}`);
  if (!after.split('\n## ')[0]!.trim()) throw new Error(`expected changes under ${UNRELEASED.trim()}`);
  if (changelog.includes(heading)) throw new Error(`expected no heading ${heading} yet`);
  return `${before}${UNRELEASED}\n${heading} - ${day}\n${after}`;
}

/** Part of `npm version`, which has written package.json and package-lock.json before, and commits afterwards. */
function main(): void {
  const { npm_old_version: from, npm_new_version: to } = process.env;
  if (!from || !to) throw new Error('Expected to be called by npm: npm version major, minor, patch or X.Y.Z');
  const day = new Date().toISOString().slice(0, 10);
  const change = (file: string, edit: (text: string) => string): [string, string] => {
    try {
      return [join(ROOT, file), edit(readFileSync(join(ROOT, file), 'utf8'))];
    } catch (error) {
      throw new Error(`${file}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const changes = [
    ...FILES.map((file) => change(file, (text) => withVersion(text, from, to))),
    change(CHANGELOG, (text) => released(text, to, day)),
  ];
  for (const [path, text] of changes) writeFileSync(path, text);
  copyFileSync(join(ROOT, 'manifests/core/crd.yaml'), join(ROOT, RELEASED_CRD));
  execFileSync('git', ['add', ...FILES, CHANGELOG, RELEASED_CRD], { cwd: ROOT });
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : error}\nTo undo npm's part: git checkout package.json package-lock.json`,
    );
    process.exitCode = 1;
  }
}
