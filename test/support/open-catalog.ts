import { rename, writeFile } from 'node:fs/promises';
import { BOUNDS_PREFIX } from '../../api/catalog/bounds.ts';
import { CatalogFile } from '../../api/catalog/catalog-file.ts';

type Open = typeof CatalogFile.open;

/** The text of a bounds.yaml with these values, all others empty. */
export const boundsText = (data: Record<string, string> = {}): string => JSON.stringify(boundsPatch(data));

/** As in bounds.yaml. */
export const boundsPatch = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'async-api',
    annotations: Object.fromEntries(Object.entries(data).map(([kind, names]) => [BOUNDS_PREFIX + kind, names])),
  },
});

/** Replaces a file at once, so that it is never read half written. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Opens this config.yaml with empty bounds, which it writes beside it. */
export async function openCatalog(
  config: string,
  log: Parameters<Open>[1] = () => {},
  parse?: Parameters<Open>[2],
): Promise<CatalogFile> {
  const bounds = `${config}.bounds`;
  await writeFile(bounds, boundsText());
  return CatalogFile.open({ config, bounds }, log, parse);
}
