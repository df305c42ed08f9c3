import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { renderOverlay } from './kustomize.ts';
import { packageVersion } from './package-version.ts';

const ROOT = join(import.meta.dirname, '..');
/** The prefix of image names that no registry has. */
export const NOBODY = 'registry.invalid/async-api/';

const HELP = `npm run manifests -- --prefix registry.example/team/    manifests/overlays/release as one file, dist/async-api.yaml,
                                                        with images of that registry
  --tag 1.2.3      their tag; by default the version in package.json
  --out FILE       elsewhere
  --kubectl PATH   by default the one on the PATH`;

/** manifests/overlays/release as one YAML text, with the images `<prefix><name>:<tag>`. */
export const releaseManifests = (kubectl: string, prefix: string, tag: string): Promise<string> =>
  renderOverlay(kubectl, 'release', {
    [`newName: ${NOBODY}`]: `newName: ${prefix}`,
    [`newTag: ${packageVersion()}`]: `newTag: ${tag}`,
  });

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      prefix: { type: 'string' },
      tag: { type: 'string', default: packageVersion() },
      out: { type: 'string', default: join(ROOT, 'dist/async-api.yaml') },
      kubectl: { type: 'string', default: 'kubectl' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) console.log(HELP);
  else if (!values.prefix) {
    console.error('Expected --prefix, the registry that the cluster pulls from. npm run manifests -- --help');
    process.exitCode = 2;
  } else {
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, await releaseManifests(values.kubectl, values.prefix, values.tag));
    console.log(relative(process.cwd(), values.out));
  }
}
