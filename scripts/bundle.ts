import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildOptions, build, type OutputFile, type Plugin } from 'esbuild';
import { buildPage } from './page.ts';

const ROOT = join(import.meta.dirname, '..');
/** The file that each program begins with. */
const ENTRIES = {
  api: 'api/main.ts',
  controller: 'controller/main.ts',
  cli: 'cli/main.ts',
  client: 'client/index.ts',
} as const;
export const PROGRAMS = Object.keys(ENTRIES) as Program[];
export type Program = keyof typeof ENTRIES;

export const PAGE = 'page';

const HELP = `npm run bundle                       api, controller, cli (the command line) and client (its library), each as one file in dist/,
                                     and the web page in dist/page/
npm run bundle -- --out FOLDER api   one of them, elsewhere
npm run bundle -- page               the web page only; an API that runs reads it when it starts

A bundle runs without node_modules, those of api and controller on Node 24: node dist/api.mjs --help`;

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
/** The library is for browsers too, and so has nothing of Node's. */
const FOR_NODE = { platform: 'node', target: 'node24', banner: { js: REQUIRE } } as const;
const OPTIONS = {
  api: FOR_NODE,
  controller: FOR_NODE,
  cli: { ...FOR_NODE, target: 'node22' },
  client: { platform: 'neutral', target: 'es2023' },
} as const satisfies Record<Program, BuildOptions>;

/** How a program is bundled into the folder. */
export const bundleOptions = (folder: string, program: Program): BuildOptions => ({
  absWorkingDir: ROOT,
  entryPoints: { [program]: ENTRIES[program] },
  outdir: resolve(folder),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  plugins: [PURE_CLIENT],
  logLevel: 'warning',
  ...OPTIONS[program],
});

async function buildOne(program: Program, folder: string): Promise<OutputFile> {
  const { outputFiles } = await build({ ...bundleOptions(folder, program), write: false });
  return outputFiles[0]!;
}

/**
 * Bundles each program with its imports into one ES module, `<folder>/<program>.mjs`, which runs without
 * node_modules. Returns the paths. Not minified, so that stack traces are readable. Rejects with esbuild's errors.
 */
export async function bundle(folder: string, programs: readonly Program[] = PROGRAMS): Promise<string[]> {
  const built = await Promise.all(programs.map((program) => buildOne(program, folder)));
  await mkdir(folder, { recursive: true });
  // esbuild escapes all but comments. One character beyond ASCII would make V8 keep the whole text in UTF-16, 3 to 4 MB more.
  const escaped = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  for (const { path, text } of built)
    await writeFile(path, text.replace(/\P{ASCII}/gu, escaped), { mode: path.endsWith('cli.mjs') ? 0o755 : 0o644 });
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
