import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../cluster/errors.ts';
import { Progress } from '../cluster/progress.ts';
import { run } from '../cluster/run.ts';
import { buildFacts } from './build-facts.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Each image's build context. Its Dockerfile is in the folder of its name. */
const CONTEXTS = { api: '.', controller: '.', 'job-image': 'job-image' };
export type ImageName = keyof typeof CONTEXTS;
export const IMAGES = Object.keys(CONTEXTS) as ImageName[];
/** The default names of the images: no registry has them, so a missing image is never pulled from somebody else. */
export const BUILD_DEFAULTS = { prefix: 'registry.invalid/async-api/', tag: 'dev' };

const HELP = `npm run images:build                    builds the images api, controller and job-image
npm run images:build -- job-image       one of them
npm run images:build -- --tag 1.2.3 --prefix registry.example/team/
                                        names them registry.example/team/api:1.2.3 and so on
NODE_IMAGE=… npm run images:build       on another base: Debian-based, with Node 24.2 or newer and npm
npm run images:build -- --push --platform linux/amd64,linux/arm64 --source URL
                                        for several platforms, straight into the registry of --prefix: needs
                                        buildx. Writes the digests. --source: the address of the source code

Needs a running Docker engine that has or can pull the base. Without one: npm run with:docker -- --help`;

/** The images' base: NODE_IMAGE, or else the Dockerfiles' default. */
const baseImage = async (): Promise<string> =>
  process.env.NODE_IMAGE || /NODE_IMAGE=(\S+)/.exec(await readFile(join(ROOT, 'api/Dockerfile'), 'utf8'))![1]!;

/** Why no image can be built here, as a clause; undefined if they can be. Pulls the base image if necessary. */
export async function whyNoImages(progress: Progress): Promise<string | undefined> {
  try {
    await run('docker', ['version']);
  } catch {
    return 'no Docker engine answers';
  }
  const base = await baseImage();
  try {
    await run('docker', ['image', 'inspect', base]);
  } catch {
    try {
      await progress.step(`Pull ${base}`, () => run('docker', ['pull', '--quiet', base]));
    } catch {
      return `the Docker engine neither has nor can pull ${base}`;
    }
  }
  return undefined;
}

/** What to build. */
export interface Build {
  prefix: string;
  tag: string;
  /** As buildx takes it, such as `linux/amd64,linux/arm64`; without it that of the engine. */
  platform?: string | undefined;
  /** Pushes the images instead of keeping them, with buildx. */
  push?: boolean | undefined;
  /** The address of the source code, for the label. */
  source?: string | undefined;
}

/**
 * Builds these images as `<prefix><name>:<tag>`, and returns their names, pushed ones with their digest. Rejects with the end of the
 * build's output.
 */
export async function buildImages(names: readonly ImageName[], build: Build, progress: Progress): Promise<string[]> {
  const { args, labels, sourceDateEpoch } = await buildFacts(build);
  const options = [
    ...(await network()),
    ...args.flatMap((arg) => ['--build-arg', arg]),
    ...labels.flatMap((label) => ['--label', label]),
    ...(build.platform ? ['--platform', build.platform] : []),
  ];
  const env: Record<string, string> = sourceDateEpoch ? { SOURCE_DATE_EPOCH: sourceDateEpoch } : {};
  const built: string[] = [];
  for (const name of names) {
    const image = `${build.prefix}${name}:${build.tag}`;
    const command = ['--file', `${name}/Dockerfile`, '--tag', image, ...options, CONTEXTS[name]];
    const digest = await progress.step(`Build ${image}`, async () => {
      if (build.push) return buildAndPush(command, env);
      await run('docker', ['build', ...command], { cwd: ROOT, env });
      return '';
    });
    built.push(image + digest);
  }
  return built;
}

/** Pushes what buildx builds with these arguments, and returns `@` with its digest. */
async function buildAndPush(command: string[], env: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-push-'));
  try {
    const metadata = join(folder, 'metadata.json');
    // With the time of the source in the layers too, the same commit gives the same digest.
    const output = ['--output', 'type=image,push=true,rewrite-timestamp=true', '--metadata-file', metadata];
    await run('docker', ['buildx', 'build', ...output, ...command], { cwd: ROOT, env });
    const { 'containerimage.digest': digest } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>;
    return `@${digest}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An engine without a bridge can reach npm's registry only through the machine's network. */
async function network(): Promise<string[]> {
  const bridges = await run('docker', ['network', 'ls', '--filter', 'driver=bridge', '--quiet']);
  return bridges === '' ? ['--network', 'host'] : [];
}

async function sizeOf(image: string): Promise<string> {
  const bytes = Number(await run('docker', ['image', 'inspect', '--format', '{{.Size}}', image]));
  return `${Math.round(bytes / 1e6)} MB`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      prefix: { type: 'string', default: BUILD_DEFAULTS.prefix },
      tag: { type: 'string', default: BUILD_DEFAULTS.tag },
      platform: { type: 'string' },
      push: { type: 'boolean' },
      source: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  const unknown = positionals.find((name) => !IMAGES.some((image) => image === name));
  if (unknown !== undefined) throw new UserError(`Expected ${IMAGES.join(', ')}, got ${unknown}.`);
  const progress = new Progress();
  const why = await whyNoImages(progress);
  if (why) throw new UserError(`The images cannot be built: ${why}. npm run images:build -- --help`);
  const names = positionals.length > 0 ? (positionals as ImageName[]) : IMAGES;
  for (const image of await buildImages(names, values, progress)) {
    console.log(values.push ? image : `${image}  ${await sizeOf(image)}`);
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
