import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { errorMessage } from '../../process/log.ts';
import { parseBounds } from './bounds.ts';
import { type Catalog, parseCatalog } from './catalog.ts';
import { CatalogError } from './catalog-error.ts';
import { Pattern } from './pattern.ts';

/** The texts of config.yaml and bounds.yaml. */
export interface Texts {
  config: string;
  bounds: string;
}

/** What the thread sends back. */
type Outcome = { catalog: Catalog } | { problem: string; line: number | undefined; file: CatalogError['file'] };

/** Texts of this length are parsed in some milliseconds. A thread takes 0.2 s and 46 MB to start. */
const MAX_INLINE_LENGTH = 32 * 1024;

const parse = ({ config, bounds }: Texts): Catalog => parseCatalog(config, parseBounds(bounds));

/** Parses the texts without blocking this thread for long. Rejects as parseInThread does. */
export const parseConfig = async (texts: Texts): Promise<Catalog> =>
  texts.config.length + texts.bounds.length <= MAX_INLINE_LENGTH ? parse(texts) : parseInThread(texts);

/**
 * Parses the texts in a thread of its own: a megabyte takes seconds, for which this thread could not answer.
 * Rejects with a CatalogError as parseBounds and parseCatalog throw, or with another Error if the thread fails, such as for lack of memory.
 */
export async function parseInThread(texts: Texts): Promise<Catalog> {
  // In a bundle this is the program itself; api/main.ts does nothing there.
  const worker = new Worker(new URL(import.meta.url), { workerData: { texts } });
  try {
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`Expected the parser to answer, got its end with code ${code}`)));
    });
    if ('problem' in outcome) throw new CatalogError(outcome.problem, outcome.line, outcome.file);
    return withPatterns(outcome.catalog);
  } finally {
    await worker.terminate();
  }
}

/** A copy from another thread has only the text of each pattern. It was compiled there, so here it is on first use. */
function withPatterns(catalog: Catalog): Catalog {
  for (const { parameters } of catalog.values()) {
    for (const parameter of parameters.values()) {
      if (parameter.pattern) parameter.pattern = new Pattern(parameter.pattern.text, { isCorrect: true });
    }
  }
  return catalog;
}

function outcomeOf(texts: Texts): Outcome {
  try {
    return { catalog: parse(texts) };
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    return { problem: errorMessage(error), line: error.line, file: error.file };
  }
}

if (!isMainThread && workerData?.texts !== undefined) parentPort?.postMessage(outcomeOf(workerData.texts));
