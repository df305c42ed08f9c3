import type { RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

/** Names and values of all header fields together. */
export const MAX_FIELDS_BYTES = 16 * 1024;
/** A long job id still gets the contract's 404. */
export const MAX_ADDRESS_BYTES = 32 * 1024;
/** In characters; every valid URL of this service is shorter. */
const MAX_URL_LENGTH = 8192;

/** Rejects header fields that are too large (431). Node has one bound for the address and the fields together. */
export const limitHeaderSize: RequestHandler = (request, _response, next) => {
  const bytes = request.rawHeaders.reduce((sum, text) => sum + text.length, 0);
  if (bytes > MAX_FIELDS_BYTES) {
    const sentence = `Expected at most ${MAX_FIELDS_BYTES} bytes of header fields, got ${bytes}.`;
    throw new HttpError(431, sentence, { headers: { Connection: 'close' } });
  }
  next();
};

/** Rejects overlong URLs (414); later under /status/, where the contract answers any unknown id with 404. */
export const limitUrlLength: RequestHandler = (request, _response, next) => {
  const max = request.path.startsWith('/status/') ? MAX_ADDRESS_BYTES : MAX_URL_LENGTH;
  if (request.url.length > max) throw new HttpError(414, `Expected an address of at most ${max} characters.`);
  next();
};
