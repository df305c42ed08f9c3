import type * as z from 'zod';
import type { ProblemDetails } from '../api/views/schemas.ts';

type Problem = z.infer<typeof ProblemDetails>;

/** Whether the same request can succeed later, from the status of an answer. */
export const isTemporary = (status: number): boolean => [408, 429, 502, 503, 504].includes(status);

/** An answer of 300 or more, in the words of the service. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** Everything that is wrong with the request, each with its path. */
  readonly problems: NonNullable<Problem['problems']>;

  constructor(status: number, { detail, problems = [] }: Pick<Problem, 'detail' | 'problems'>) {
    super(detail);
    this.status = status;
    this.problems = problems;
  }

  /** Whether the same request can succeed later. */
  get isTemporary(): boolean {
    return isTemporary(this.status);
  }
}

export interface Http {
  /** As the global one. */
  fetch: typeof fetch;
  /** Sent with each request; undefined for none. */
  token(): string | undefined;
  /** Called with the age in seconds of what an answer shows, 0 where it is current. */
  onAge(seconds: number): void;
  /** Called when an answer is 401. */
  onUnauthorized(): void;
}

/** Sends a request. Rejects with an ApiError, or a TypeError if there is no connection. */
export async function send(http: Http, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('Accept')) headers.set('Accept', 'application/json');
  const token = http.token();
  if (token) headers.set('Authorization', `Bearer ${token}`);
  const response = await http.fetch(path, { cache: 'no-store', ...init, headers });
  if (response.status === 401) http.onUnauthorized();
  if (!response.ok) throw await toError(response);
  http.onAge(response.headers.has('Warning') ? Number(response.headers.get('Age') ?? 0) : 0);
  return response;
}

async function toError(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const body = JSON.parse(text) as Problem;
    if (typeof body.detail === 'string') return new ApiError(response.status, body);
  } catch {
    // A proxy in between may answer with HTML.
  }
  const location = response.headers.get('Location');
  const redirect = location ? `: it redirects to ${location}` : '';
  return new ApiError(response.status, { detail: `${response.status} ${response.statusText}`.trim() + redirect });
}
