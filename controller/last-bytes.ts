/** The end of a text, in at most so many bytes of UTF-8; no character is cut in half. */
export function lastBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let from = encoded.length - bytes;
  // Bytes that continue a character begin with the bits 10.
  while (from < encoded.length && (encoded[from]! & 0xc0) === 0x80) from += 1;
  return encoded.toString('utf8', from);
}
