import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { bundleOptions, PAGE, PROGRAMS, type Program } from './bundle.ts';
import { pageOptions } from './page.ts';

const ROOT = join(import.meta.dirname, '..');
const PARTS = [...PROGRAMS, PAGE] as const;
export type Part = (typeof PARTS)[number];

const HELP = `npm run --silent sbom -- api page    what these bundles of dist/ contain: the packages whose code they hold, and Node,
                                     as CycloneDX JSON on stdout. Any of: ${PARTS.join(', ')}`;

/** Those fields of CycloneDX 1.5 that are used here. */
export interface Bom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}
interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version: string;
  scope?: string;
  purl?: string;
  properties?: { name: string; value: string }[];
}

const DEVELOPMENT = 'cdx:npm:package:development';

/**
 * What `npm sbom` says of those packages whose code esbuild puts into these parts, and the Node that runs them. npm alone would name
 * all dependencies of package.json: it knows neither what a bundle leaves out, nor that the page holds packages that are
 * dependencies of the development. The same code gives the same text: without its time and its random number.
 */
export async function sbom(parts: readonly Part[]): Promise<Bom> {
  const [bundled, bom] = await Promise.all([packagesIn(parts), npmSbom()]);
  const { serialNumber: _number, metadata, components, dependencies, ...rest } = bom;
  const { timestamp: _time, ...kept } = metadata;
  // The name of a package that npm's registry does not have from us: a stranger may own it.
  const { purl: _purl, ...root } = { ...metadata.component, type: 'application', name: `async-api ${parts.join(' ')}` };
  const node = nodeComponent();
  return {
    ...rest,
    metadata: { ...kept, component: root },
    components: [node, ...components.filter((one) => bundled.has(one['bom-ref'])).map(asRequired)],
    dependencies: [
      { ref: root['bom-ref'], dependsOn: [node['bom-ref'], ...bundled].toSorted() },
      ...dependencies
        .filter(({ ref }) => bundled.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => bundled.has(other)) })),
    ],
  };
}

/** The packages that these parts contain code of, as name@version. */
async function packagesIn(parts: readonly Part[]): Promise<Set<string>> {
  const programs = parts.filter((part): part is Program => part !== PAGE);
  const all = [
    ...programs.map((program) => bundleOptions('.', program)),
    ...(parts.includes(PAGE) ? [pageOptions('.')] : []),
  ];
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  const found = new Set<string>();
  for (const options of all) {
    const { metafile } = await build({ ...options, write: false, metafile: true });
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const [path, name] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
        if (path && bytesInOutput > 0) found.add(`${name}@${packages[path]!.version}`);
      }
    }
  }
  return found;
}

async function npmSbom(): Promise<Bom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: 1e8 });
  return JSON.parse(stdout);
}

const asRequired = ({ properties = [], ...component }: Component): Component => ({
  ...component,
  scope: 'required',
  properties: properties.filter(({ name }) => name !== DEVELOPMENT),
});

function nodeComponent(): Component {
  const version = process.versions.node;
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
  };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
  const parts = PARTS.filter((part) => positionals.includes(part));
  if (values.help) console.log(HELP);
  else if (parts.length === 0 || parts.length < positionals.length) {
    console.error(`Expected some of ${PARTS.join(', ')}, got ${positionals.join(' ') || 'nothing'}.`);
    process.exitCode = 2;
  } else console.log(JSON.stringify(await sbom(parts), null, 2));
}
