import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { CONFIG_FILES, chartObject, type KubernetesObject, type Sentinels, templateText } from './chart-templates.ts';
import { renderOverlay } from './kustomize.ts';
import { NOBODY } from './manifests.ts';
import { packageVersion } from './package-version.ts';

const ROOT = join(import.meta.dirname, '..');
const PRODUCTION = join(ROOT, 'manifests/overlays/production');
const IMAGES = { api: 'api', controller: 'controller', jobImage: 'job-image' };

const HELP = `npm run chart -- --prefix registry.example/team/    makes a Helm chart of manifests/overlays/production in dist/chart/,
                                                    with images of that registry as default
  --tag 1.2.3      their tag; by default the version in package.json
  --out FOLDER     elsewhere; its content is replaced
  --kubectl PATH   by default the one on the PATH`;

/** Texts that kustomize puts in each place where a value belongs. Nothing else contains them. */
const SENTINELS: Sentinels = {
  'values-namespace': '.Values.namespace',
  'values-host.invalid': '.Values.ingress.host',
  'values-ingress-namespace': '.Values.ingress.controllerNamespace',
  ...Object.fromEntries(
    Object.entries(IMAGES).map(([value, name]) => [`values.invalid/${name}:values-tag`, `.Values.images.${value}`]),
  ),
};

/** Writes the chart into the folder, which it empties first, with the images `<prefix><name>:<tag>` as default. */
export async function writeChart(folder: string, kubectl: string, prefix: string, tag: string): Promise<void> {
  const rendered = await renderOverlay(kubectl, 'production', {
    'namespace: async-api\n': 'namespace: values-namespace\n',
    [`newName: ${NOBODY}`]: 'newName: values.invalid/',
    [`newTag: ${packageVersion()}`]: 'newTag: values-tag',
    'async-api.example.com': 'values-host.invalid',
    'name: ingress-nginx': 'name: values-ingress-namespace',
  });
  if (rendered.includes('{{')) throw new Error('Expected no {{ in the manifests: Helm would take it for an expression');
  const objects = parseAllDocuments(rendered).map((document) => document.toJS() as KubernetesObject);
  const values = await defaultValues(prefix, tag, objects);
  const files: Record<string, string> = {
    'Chart.yaml': stringify(await chartFile()),
    // Literal blocks: config and bounds are read by people.
    'values.yaml': `# config and bounds are files: --set-file config=config.yaml --set-file bounds=bounds.yaml\n${stringify(values, { lineWidth: 0, blockQuote: 'literal' })}`,
    // A misspelt value would install the default.
    'values.schema.json': JSON.stringify(schemaOf(values), null, 2),
  };
  for (const object of objects) {
    const name = `${object.kind}-${object.metadata.name}`
      .toLowerCase()
      .replace(/^(configmap-async-api-config).*/, '$1');
    files[`templates/${name.replace('values-namespace.', '')}.yaml`] = templateText(chartObject(object), SENTINELS);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'templates'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function chartFile() {
  const { name, version, description } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return {
    apiVersion: 'v2',
    name,
    description,
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.34.0-0',
  };
}

/** Those with which the chart is the production overlay. */
async function defaultValues(prefix: string, tag: string, objects: KubernetesObject[]) {
  const find = (kind: string, name: string) =>
    objects.find((one) => one.kind === kind && one.metadata.name === name)!.spec as Record<string, number>;
  const scaling = find('HorizontalPodAutoscaler', 'async-api');
  const read = (file: string) => readFile(join(PRODUCTION, file), 'utf8');
  const images = Object.entries(IMAGES).map(([value, name]) => [value, `${prefix}${name}:${tag}`]);
  return {
    namespace: 'async-api',
    images: Object.fromEntries(images),
    replicas: {
      apiMin: scaling.minReplicas,
      apiMax: scaling.maxReplicas,
      controller: find('Deployment', 'async-api-controller').replicas,
    },
    ingress: { host: 'async-api.example.com', controllerNamespace: 'ingress-nginx' },
    config: await read(CONFIG_FILES.config),
    bounds: await read(CONFIG_FILES.bounds),
  };
}

/** The JSON Schema of values like this one: the same fields, no others, no empty text and no number below 1. */
function schemaOf(value: unknown): object {
  if (typeof value === 'number') return { type: 'integer', minimum: 1 };
  if (typeof value === 'string') return { type: 'string', minLength: 1 };
  const fields = Object.entries(value as object);
  const properties = Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field)]));
  return { type: 'object', properties, required: fields.map(([name]) => name), additionalProperties: false };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      prefix: { type: 'string' },
      tag: { type: 'string', default: packageVersion() },
      out: { type: 'string', default: join(ROOT, 'dist/chart') },
      kubectl: { type: 'string', default: 'kubectl' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) console.log(HELP);
  else if (!values.prefix) {
    console.error('Expected --prefix, the registry that the cluster pulls from. npm run chart -- --help');
    process.exitCode = 2;
  } else {
    await writeChart(values.out, values.kubectl, values.prefix, values.tag);
    console.log(relative(process.cwd(), values.out));
  }
}
