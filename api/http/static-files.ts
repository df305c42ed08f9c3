import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';

/** A file in memory. */
export interface StaticFile {
  /** Such as `.js`. */
  extension: string;
  etag: string;
  plain: Buffer;
  gzip: Buffer;
}

/** The files of a folder by their names, without those of its folders; undefined if there is no such folder. */
export async function loadStaticFiles(folder: string): Promise<Map<string, StaticFile> | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const names = entries?.filter((entry) => entry.isFile()).map(({ name }) => name);
  return (
    names && new Map(await Promise.all(names.map(async (name) => [name, await load(join(folder, name))] as const)))
  );
}

async function load(path: string): Promise<StaticFile> {
  const plain = await readFile(path);
  const hash = createHash('sha256').update(plain).digest('base64url');
  // Weak: the plain and the compressed file have the same (RFC 9110, 8.8.1).
  return { extension: extname(path), etag: `W/"${hash}"`, plain, gzip: await promisify(gzip)(plain) };
}

/** Responds with the file, with 304 if the client has it. */
export function sendStaticFile(request: Request, response: Response, file: StaticFile, cacheControl: string): void {
  response.set({ ETag: file.etag, 'Cache-Control': cacheControl }).type(file.extension).vary('Accept-Encoding');
  const isGzip = request.acceptsEncodings(['gzip', 'identity']) === 'gzip';
  if (isGzip) response.set('Content-Encoding', 'gzip');
  response.send(isGzip ? file.gzip : file.plain);
}
