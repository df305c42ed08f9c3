import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { buildPage } from './page.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAMS = ['api', 'controller'] as const;
export type Program = (typeof PROGRAMS)[number];

const PAGE = 'page';

const HELP = `npm run bundle                       api and controller, each as one file in dist/, and the web page in dist/page/
npm run bundle -- --out FOLDER api   one of them, elsewhere
npm run bundle -- page               the web page only; an API that runs reads it when it starts

A bundle runs on Node 24 alone: node dist/api.mjs --help`;

/** Express and others load Node's modules by require, which ES modules do not have. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

const CLIENT = '@kubernetes/client-node';

/**
 * The client's modules only define things, but its package.json does not say so. Only its KubeConfig is used; all models and calls of
 * Kubernetes would take 13 to 20 MB of each process.
 */
const PURE_CLIENT: Plugin = {
  name: 'pure-client',
  setup: ({ onResolve, resolve: resolveAsUsual }) =>
    onResolve({ filter: /./ }, async ({ path, pluginData, ...origin }) => {
      const isOfClient = path === CLIENT || origin.importer.includes(`/node_modules/${CLIENT}/`);
      if (!isOfClient || pluginData === PURE_CLIENT) return undefined;
      const found = await resolveAsUsual(path, { ...origin, pluginData: PURE_CLIENT });
      return { ...found, sideEffects: false };
    }),
};
/**
 * Bundles each program with its imports into one ES module, `<folder>/<program>.mjs`, which runs on Node 24 without
 * node_modules. Returns the paths. Not minified, so that stack traces are readable. Rejects with esbuild's errors.
 */
export async function bundle(folder: string, programs: readonly Program[] = PROGRAMS): Promise<string[]> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(programs.map((program) => [program, `${program}/main.ts`])),
    outdir: resolve(folder),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: REQUIRE },
    plugins: [PURE_CLIENT],
    write: false,
    logLevel: 'warning',
  });
  await mkdir(folder, { recursive: true });
  // esbuild escapes all but comments. One character beyond ASCII would make V8 keep the whole text in UTF-16, 3 to 4 MB more.
  const escaped = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  for (const { path, text } of outputFiles) await writeFile(path, text.replace(/\P{ASCII}/gu, escaped));
  return programs.map((program) => join(folder, `${program}.mjs`));
}

// No top-level await: Jest's global setup imports this file, and Jest loads it by require.
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string', default: join(ROOT, 'dist') }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : [...PROGRAMS, PAGE];
  const unknown = names.find((name) => name !== PAGE && !PROGRAMS.some((program) => program === name));
  if (values.help) console.log(HELP);
  else if (unknown !== undefined) {
    console.error(`Expected ${PROGRAMS.join(', ')} or ${PAGE}, got ${unknown}.`);
    process.exitCode = 2;
  } else {
    const programs = PROGRAMS.filter((program) => names.includes(program));
    const paths = programs.length > 0 ? await bundle(values.out, programs) : [];
    if (names.includes(PAGE)) paths.push(...(await buildPage(join(values.out, PAGE))));
    for (const path of paths) console.log(relative(process.cwd(), path));
  }
}

if (import.meta.main) void main();
