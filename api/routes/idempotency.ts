import { createHash } from 'node:crypto';
import { toRunId } from '../../contract/ids.ts';
import { HttpError } from '../http/http-error.ts';
import { IdempotencyKey } from '../views/schemas.ts';

/**
 * The key in an Idempotency-Key header field (draft-ietf-httpapi-idempotency-key-header-07): a String of RFC 9651, such as
 * "8e03978e-40d5". Accepts it without quotes too, as many clients send it. Throws an HttpError (400) for anything else.
 */
export function parseKey(header: string): string {
  const key = IdempotencyKey.safeParse(header.trim()).data;
  if (key === undefined) {
    throw new HttpError(
      400,
      'Expected as Idempotency-Key one string of 1 to 255 printable characters, such as "8e03978e".',
    );
  }
  return key.startsWith('"') ? key.slice(1, -1).replace(/\\(["\\])/g, '$1') : key;
}

/** The run id for a caller's key: always the same UUID, version 8 (RFC 9562), made from a hash of both. */
export function runIdFromKey(caller: string, key: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([caller, key]))
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return toRunId(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** A hash that is equal for equal requests, whatever the order of their parameters. */
export function fingerprint(action: string, target: string, parameters: Record<string, unknown> = {}): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([action, target, sorted]))
    .digest('hex');
}
