import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ROOT } from './doc-blocks.ts';

const BASE = join(ROOT, 'manifests/base');

/** Copies manifests/overlays/production to a new folder, and makes these replacements in its kustomization.yaml. */
export async function copyProduction(folder: string, replacements: Record<string, string> = {}): Promise<void> {
  await cp(join(ROOT, 'manifests/overlays/production'), folder, { recursive: true });
  const file = join(folder, 'kustomization.yaml');
  let text = await readFile(file, 'utf8');
  for (const [from, to] of Object.entries({ '../../base': relative(folder, BASE), ...replacements })) {
    if (!text.includes(from)) throw new Error(`Expected ${from} in manifests/overlays/production/kustomization.yaml`);
    text = text.replaceAll(from, to);
  }
  await writeFile(file, text);
}
