import type { ApiError } from './api-error.ts';

type Answer = Pick<ApiError, 'code' | 'message'>;

/**
 * The beginning of the API server's message when admission denies an object: a webhook, a ValidatingAdmissionPolicy, a
 * MutatingAdmissionPolicy. What the client sent comes later in a message, so it cannot imitate one.
 */
const ADMISSION_DENIALS = [
  /^admission webhook "[^"]*" denied the request/,
  /^\S+ "[^"]*" is forbidden: ValidatingAdmissionPolicy '[^']*' (with binding '[^']*' )?denied request: /,
  /^policy ['"][^'"]*['"] (with binding '[^']*' )?denied request: /,
];
const WEBHOOK_FAILURE = /^Internal error occurred: failed calling webhook "/;

/** Error codes about the object that was sent. All others are about the call, such as 401, 404, 409, 429 and 500. */
const OBJECT_ERRORS = [400, 403, 413, 422];

/** Whether an admission policy or webhook denied the object. A webhook chooses its code freely, so 500 and 429 occur too. */
export const isAdmissionDenial = ({ message }: Pick<Answer, 'message'>): boolean =>
  ADMISSION_DENIALS.some((beginning) => beginning.test(message));

/**
 * How the API server refused to create an object of this kind: `invalid` (final) if it breaks the kind's schema; `denied` (tried
 * again) if a policy, webhook, quota or role does not allow it now; undefined for an error that says nothing about the object.
 */
export function refusal(answer: Answer, kind: string): 'invalid' | 'denied' | undefined {
  const { code, message } = answer;
  const isObjectError = OBJECT_ERRORS.includes(code);
  // Policies and webhooks answer 400 and 422 too: only the message tells them from the schema.
  const schemaError = new RegExp(
    `^${kind}(\\.\\S+)? ("[^"]*" is invalid: |in version "[^"]*" cannot be handled as a )`,
  );
  if (isObjectError && schemaError.test(message)) return 'invalid';
  return isObjectError || isAdmissionDenial(answer) || WEBHOOK_FAILURE.test(message) ? 'denied' : undefined;
}
