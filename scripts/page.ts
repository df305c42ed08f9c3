import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
/** Where an API that runs from source looks for the page. */
export const PAGE_FOLDER = join(ROOT, 'dist/page');

/** How the page is bundled into the folder. */
export const pageOptions = (folder: string): BuildOptions => ({
  absWorkingDir: ROOT,
  entryPoints: ['page/main.ts', 'page/style.css'],
  entryNames: 'app-[hash]',
  outdir: folder,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2023', 'chrome123', 'firefox120', 'safari17.5'],
  legalComments: 'none',
  logLevel: 'warning',
});

/**
 * Builds the web page into a folder: index.html, one script and one style sheet with hashes of their content in their names. What
 * was in the folder before is removed. Returns the paths. Rejects with esbuild's errors.
 */
export async function buildPage(folder = PAGE_FOLDER): Promise<string[]> {
  const { outputFiles } = await build({ ...pageOptions(folder), write: false });
  const names = outputFiles.map(({ path }) => basename(path));
  const nameOf = (extension: string) => names.find((name) => name.endsWith(extension))!;
  const template = await readFile(join(ROOT, 'page/index.html'), 'utf8');
  const index = template
    .replace('"app.css"', `"page/${nameOf('.css')}"`)
    .replace('"app.js"', `"page/${nameOf('.js')}"`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'index.html'), index),
    ...outputFiles.map(({ contents }, index) => writeFile(join(folder, names[index]!), contents)),
  ]);
  return ['index.html', ...names].map((name) => join(folder, name));
}
