import type { Problem } from '../catalog/problem.ts';

interface Extra {
  headers?: Record<string, string>;
  /** Sent as a list below the sentence, which then ends in a colon. */
  problems?: Problem[];
}

/** An error response. Its message is the body: a sentence that says what was expected. */
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

/** 503: the API server, the token issuer or the cache gives no answer. The request itself may be valid. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly retryAfterSeconds: number;

  /** `sentence` is sent to the caller, `cause` only logged. */
  constructor(retryAfterSeconds: number, cause: unknown, sentence = NO_KUBERNETES) {
    super(sentence, { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const NO_KUBERNETES = 'The Kubernetes API server cannot be reached right now. Try again.';

/** The earlier service's text, word for word. The requested id is not part of it. */
export const unknownJob = () => new HttpError(404, "Job with given id doesn't exists : dummy");

export const unknownRun = () => new HttpError(404, 'There is no run with this id. GET /runs lists all runs.');
