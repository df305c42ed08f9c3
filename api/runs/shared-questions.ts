import { toRunId } from '../../contract/ids.ts';

/** Sends the question about a run, for these of its jobs. */
type Ask<T> = (runId: string, jobIds: ReadonlySet<string>) => Promise<T>;

const INTERVAL_MS = 1000;

/**
 * Asks about each run at most once a second, for all who want to know by then. An answer is never older than the call that
 * gets it, so it has all that the caller has heard of.
 */
export class SharedQuestions<T> {
  readonly #ask: Ask<T>;
  /** The questions that are not sent yet, by run id. */
  readonly #waiting = new Map<string, { jobIds: Set<string>; answer: Promise<T> }>();
  /** The ends of the seconds since a run was last asked about. */
  readonly #pauses = new Map<string, Promise<void>>();

  constructor(ask: Ask<T>) {
    this.#ask = ask;
  }

  /** The answer about the job's run. Throws what `ask` throws. */
  get(jobId: string): Promise<T> {
    const runId = toRunId(jobId);
    const question = this.#waiting.get(runId) ?? this.#prepare(runId);
    question.jobIds.add(jobId);
    return question.answer;
  }

  #prepare(runId: string) {
    const jobIds = new Set<string>();
    const answer = (this.#pauses.get(runId) ?? Promise.resolve()).then(() => {
      this.#waiting.delete(runId);
      this.#pauses.set(runId, this.#pause(runId));
      return this.#ask(runId, jobIds);
    });
    const question = { jobIds, answer };
    this.#waiting.set(runId, question);
    return question;
  }

  #pause(runId: string): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#pauses.delete(runId);
        resolve();
      };
      setTimeout(end, INTERVAL_MS).unref();
    });
  }
}
