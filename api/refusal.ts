import type { Problem } from './problem.ts';

interface Extra {
  headers?: Record<string, string>;
  /** Each thing that is wrong, where there can be several; the sentence then ends in a colon. */
  problems?: Problem[];
}

/** A request that cannot be done. Its message is the answer: a sentence that says what was expected. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly problems: Problem[];

  constructor(status: number, sentence: string, { headers = {}, problems = [] }: Extra = {}) {
    super(sentence);
    this.status = status;
    this.headers = headers;
    this.problems = problems;
  }
}

/** The API server cannot be reached, or has too much to do. Nothing is wrong with the request. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause: unknown) {
    super('The Kubernetes API server cannot be reached right now', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The earlier service's sentence, to the letter. It never holds what was asked for. */
export const unknownJob = () => new Refusal(404, "Job with given id doesn't exists : dummy");

export const unknownRun = () => new Refusal(404, 'There is no run with this id. GET /runs lists all runs.');
