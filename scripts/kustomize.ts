import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from '../dev/cluster/run.ts';

const ROOT = join(import.meta.dirname, '..');
const OVERLAYS = join(ROOT, 'manifests/overlays');
const BASE = join(ROOT, 'manifests/base');

/**
 * Copies that overlay to a new folder, and makes these replacements in its kustomization.yaml. Throws if a text to replace does not
 * occur.
 */
export async function copyOverlay(
  overlay: string,
  folder: string,
  replacements: Record<string, string> = {},
): Promise<void> {
  await cp(join(OVERLAYS, overlay), folder, { recursive: true });
  const file = join(folder, 'kustomization.yaml');
  let text = await readFile(file, 'utf8');
  for (const [from, to] of Object.entries({ '../../base': relative(folder, BASE), ...replacements })) {
    if (!text.includes(from)) throw new Error(`Expected ${from} in manifests/overlays/${overlay}/kustomization.yaml`);
    text = text.replaceAll(from, to);
  }
  await writeFile(file, text);
}

/** What `kubectl apply -k` would apply of a copy of that overlay with these replacements, as YAML. */
export async function renderOverlay(
  kubectl: string,
  overlay: string,
  replacements: Record<string, string>,
): Promise<string> {
  // Inside the checkout: kustomize resolves links, and a system's folder for temporary files may be one.
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, 'dist/overlay-'));
  try {
    await copyOverlay(overlay, folder, replacements);
    return await run(kubectl, ['kustomize', folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
