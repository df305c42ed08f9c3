import { expect, test } from '@jest/globals';
import type { Request } from 'express';
import { bearerToken } from '../../../../api/auth/auth.ts';

const withHeader = (authorization?: string) => ({ get: () => authorization }) as unknown as Request;
const challenge = (value: string) => expect.objectContaining({ status: 401, headers: { 'WWW-Authenticate': value } });

test('the challenge for a request without a token has no error code (RFC 6750, 3.1)', () => {
  expect(() => bearerToken(withHeader())).toThrow(challenge('Bearer realm="async-api"'));
});

test.each(['Basic YTpi', 'Bearer ', 'Bearer a b'])('the challenge for %j says that the token is invalid', (header) => {
  expect(() => bearerToken(withHeader(header))).toThrow(challenge('Bearer realm="async-api", error="invalid_token"'));
});
