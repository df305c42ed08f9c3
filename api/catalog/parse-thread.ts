import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { errorMessage } from '../../process/log.ts';
import { type Catalog, CatalogError, parseCatalog } from './catalog.ts';
import { Pattern } from './pattern.ts';

/** What the thread sends back. */
type Outcome = { catalog: Catalog } | { problem: string; line: number | undefined };

/** A text of this length is parsed in some milliseconds. A thread takes 0.2 s and 46 MB to start. */
const MAX_INLINE_LENGTH = 32 * 1024;

/** Parses the text of config.yaml without blocking this thread for long. Rejects as parseInThread does. */
export const parseConfig = async (text: string): Promise<Catalog> =>
  text.length <= MAX_INLINE_LENGTH ? parseCatalog(text) : parseInThread(text);

/**
 * Parses the text of config.yaml in a thread of its own: a megabyte takes seconds, for which this thread could not answer.
 * Rejects with a CatalogError as parseCatalog throws, or with another Error if the thread fails, such as for lack of memory.
 */
export async function parseInThread(text: string): Promise<Catalog> {
  // In a bundle this is the program itself; api/main.ts does nothing there.
  const worker = new Worker(new URL(import.meta.url), { workerData: { configText: text } });
  try {
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`Expected the parser to answer, got its end with code ${code}`)));
    });
    if ('problem' in outcome) throw new CatalogError(outcome.problem, outcome.line);
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

function outcomeOf(text: string): Outcome {
  try {
    return { catalog: parseCatalog(text) };
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    return { problem: errorMessage(error), line: error.line };
  }
}

if (!isMainThread && workerData?.configText !== undefined) parentPort?.postMessage(outcomeOf(workerData.configText));
