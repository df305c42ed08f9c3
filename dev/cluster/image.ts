import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { linkedLibraries } from './libraries.ts';
import { run } from './run.ts';

/** The content of an image that is built without a container engine. */
export interface ImageContent {
  name: string;
  /** Layers from the lowest up, each from path in the image to file on this machine. Images share an equal lowest layer. */
  layers: Record<string, string>[];
  entrypoint: string[];
  env?: string[];
  /** By default the root. */
  workingDir?: string;
}

/** The content that job-image/Dockerfile describes. */
export const jobImage = (name: string): Promise<ImageContent> =>
  nodeImage(name, { '/app/main.ts': JOB_PROGRAM }, ['ALLOW_ROOT=false']);

/** An image with this Node, its libraries and these files. It runs the first file. */
export async function nodeImage(name: string, files: Record<string, string>, env: string[]): Promise<ImageContent> {
  const node = await realpath(process.execPath);
  const base: Record<string, string> = { [NODE]: node };
  for (const library of await linkedLibraries(node)) base[library] = library;
  return { name, layers: [base, files], entrypoint: [NODE, Object.keys(files)[0]!], env, workingDir: '/app' };
}

const NODE = '/usr/local/bin/node';
const JOB_PROGRAM = join(import.meta.dirname, '../../job-image/main.ts');
/** Larger files are binaries, which are not edited in place: size and modification time identify their content. */
const HASHED_BYTES = 16 * 1024 * 1024;

/**
 * The path of the image as an OCI archive (OCI image-spec 1.1, image-layout), which is written once for each content: the
 * path holds the hash of the content.
 */
export async function ociArchive(image: ImageContent): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([image.name, image.entrypoint, image.env, image.workingDir]));
  for (const [target, path] of image.layers.flatMap((layer) => Object.entries(layer))) {
    const { size, mtimeMs } = await stat(path);
    hash.update(target).update(size > HASHED_BYTES ? `${size} ${mtimeMs}` : await readFile(path));
  }
  const archive = join(cacheFolder(), 'images', `${hash.digest('hex').slice(0, 16)}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(dirname(archive), { recursive: true });
  const folder = await mkdtemp(`${archive}.building-`);
  try {
    await writeLayout(image, folder);
    await run('tar', ['-C', join(folder, 'oci'), '-cf', join(folder, 'image.tar'), '.']);
    await rename(join(folder, 'image.tar'), archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return archive;
}

/** A layer as a reproducible tar archive: the same bytes for the same content. `root` is a scratch folder. */
async function layerTar(files: Record<string, string>, root: string): Promise<Buffer> {
  for (const [target, source] of Object.entries(files)) {
    const path = join(root, target);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(source, path);
  }
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  await run('tar', ['-C', root, ...same, '-cf', `${root}.tar`, '.']);
  return readFile(`${root}.tar`);
}

async function writeLayout(image: ImageContent, folder: string): Promise<void> {
  const blobs = join(folder, 'oci/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const blob = async (mediaType: string, content: Buffer) => {
    const digest = createHash('sha256').update(content).digest('hex');
    await writeFile(join(blobs, digest), content);
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const platform = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' };
  const layers = [];
  for (const [i, files] of image.layers.entries()) {
    layers.push(
      await blob('application/vnd.oci.image.layer.v1.tar', await layerTar(files, join(folder, `layer-${i}`))),
    );
  }
  const config = await blob(
    'application/vnd.oci.image.config.v1+json',
    json({
      ...platform,
      config: {
        Entrypoint: image.entrypoint,
        User: '65532:65532',
        WorkingDir: image.workingDir ?? '/',
        Env: ['PATH=/usr/local/bin', ...(image.env ?? [])],
      },
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const manifest = await blob(
    'application/vnd.oci.image.manifest.v1+json',
    json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers }),
  );
  const named = { ...manifest, platform, annotations: { 'io.containerd.image.name': image.name } };
  await writeFile(join(folder, 'oci/oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'oci/index.json'), json({ schemaVersion: 2, manifests: [named] }));
}
