import type { Problem } from '../catalog/problem.ts';

interface Extra {
  headers?: Record<string, string>;
  /** Each thing that is wrong, where there can be several; the sentence then ends in a colon. */
  problems?: Problem[];
}

/** A request that cannot be done. Its message is the answer: a sentence that says what was expected. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
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

/** Somebody whom an answer depends on cannot be asked right now. Nothing is wrong with the request. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly retryAfterSeconds: number;

  /** The sentence is what the caller reads; the cause is for the log. */
  constructor(retryAfterSeconds: number, cause: unknown, sentence = NO_KUBERNETES) {
    super(sentence, { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const NO_KUBERNETES = 'The Kubernetes API server cannot be reached right now. Try again.';

/** The earlier service's sentence, to the letter. It never holds what was asked for. */
export const unknownJob = () => new HttpError(404, "Job with given id doesn't exists : dummy");

export const unknownRun = () => new HttpError(404, 'There is no run with this id. GET /runs lists all runs.');
