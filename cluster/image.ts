import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { run } from './run.ts';

/** An image made without a container engine: files by their path in it, and how it starts. */
export interface ImageContent {
  name: string;
  /** Path in the image → file on this machine. */
  files: Record<string, string>;
  entrypoint: string[];
}

/** The job image as job-image/Dockerfile describes it, on this machine's node and the libraries it is linked with. */
export async function jobImage(name: string): Promise<ImageContent> {
  const node = await realpath(process.execPath);
  const libraries = (await run('ldd', [node])).matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g);
  const files: Record<string, string> = { '/usr/local/bin/node': node, '/app/main.ts': jobProgram };
  for (const [, library] of libraries) files[library!] = library!;
  return { name, files, entrypoint: ['/usr/local/bin/node', '/app/main.ts'] };
}

const jobProgram = join(import.meta.dirname, '../job-image/main.ts');

/**
 * Writes the image as an OCI archive (OCI image-spec 1.1, image-layout) of one layer, and returns its path. Made once
 * for each content: the path holds its hash.
 */
export async function ociArchive(image: ImageContent): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(image));
  for (const path of Object.values(image.files)) {
    const { size, mtimeMs } = await stat(path);
    // The binaries are large and never edited in place; the program is small and edited all the time.
    hash.update(path === jobProgram ? await readFile(path) : `${size} ${mtimeMs}`);
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

async function writeLayout(image: ImageContent, folder: string): Promise<void> {
  for (const [target, source] of Object.entries(image.files)) {
    const path = join(folder, 'root', target);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(source, path);
  }
  const layer = join(folder, 'layer.tar');
  await run('tar', ['-C', join(folder, 'root'), '--owner=0', '--group=0', '--mode=a+rX', '-cf', layer, '.']);
  const blobs = join(folder, 'oci/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const blob = async (mediaType: string, content: Buffer) => {
    const digest = createHash('sha256').update(content).digest('hex');
    await writeFile(join(blobs, digest), content);
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const platform = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' };
  const layerBlob = await blob('application/vnd.oci.image.layer.v1.tar', await readFile(layer));
  const config = await blob(
    'application/vnd.oci.image.config.v1+json',
    json({
      ...platform,
      config: { Entrypoint: image.entrypoint, User: '65532:65532', WorkingDir: '/', Env: ['PATH=/usr/local/bin'] },
      rootfs: { type: 'layers', diff_ids: [layerBlob.digest] },
    }),
  );
  const manifest = await blob(
    'application/vnd.oci.image.manifest.v1+json',
    json({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [layerBlob] }),
  );
  const named = { ...manifest, platform, annotations: { 'io.containerd.image.name': image.name } };
  await writeFile(join(folder, 'oci/oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'oci/index.json'), json({ schemaVersion: 2, manifests: [named] }));
}
