import { readFile } from 'node:fs/promises';
import { NO_BOUNDS, parseBounds } from '../../api/catalog/bounds.ts';
import { parseCatalog } from '../../api/catalog/catalog.ts';
import { CatalogError } from '../../api/catalog/catalog-error.ts';
import type { Call } from '../call.ts';
import { CliError, EXIT, usageError } from '../exit.ts';
import { PROBLEMS } from '../kinds.ts';
import { print } from '../output.ts';

/** Checks a config.yaml as the API reads it, without a service. The exit code is 1 if it or one of its groups has a problem. */
export async function check(
  { io, format }: Pick<Call, 'io' | 'format'>,
  [file]: string[],
  { bounds }: { bounds?: string },
): Promise<number> {
  const texts = { config: await read(file!), bounds: bounds === undefined ? undefined : await read(bounds) };
  const groups = [...parse(texts, { config: file!, bounds: bounds ?? 'bounds' }).values()];
  const found = groups.flatMap(({ problems, warnings }) => [
    ...problems.map((problem) => ({ kind: 'problem', ...problem })),
    ...warnings.map((warning) => ({ kind: 'warning', ...warning })),
  ]);
  const problems = found.filter(({ kind }) => kind === 'problem').length;
  if (found.length > 0 || format === 'json' || format === 'yaml') print(io, format, PROBLEMS, found, found);
  io.err(`${file}: ${groups.length} groups, ${problems} problems, ${found.length - problems} warnings\n`);
  return problems > 0 ? EXIT.failed : EXIT.ok;
}

function parse(texts: { config: string; bounds: string | undefined }, paths: { config: string; bounds: string }) {
  try {
    return parseCatalog(texts.config, texts.bounds === undefined ? NO_BOUNDS : parseBounds(texts.bounds));
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    throw new CliError(EXIT.failed, `${paths[error.file]} cannot be used:\n${error.message}`);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(`Cannot read ${path}: ${(error as Error).message}`);
  }
}
