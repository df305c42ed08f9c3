/** The API server stores custom resources with Go's JSON encoder, which writes these characters as \uXXXX. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const ESCAPED_BYTES = 6;

/** Size of a value in etcd, bytes. */
export const storedBytes = (value: unknown): number =>
  Buffer.byteLength(JSON.stringify(value).replace(ESCAPED, 'u'.repeat(ESCAPED_BYTES)));

/**
 * Removes characters from the start of `text` until it takes at most `maxBytes` in etcd, its quotes not counted. Never
 * splits a character.
 */
export function truncateStart(text: string, maxBytes: number): string {
  // The usual case, kept cheap: every status write checks every message again.
  if (storedBytes(text) - 2 <= maxBytes) return text;
  // Each character takes at least one byte.
  const characters = [...text.slice(-maxBytes)];
  let from = characters.length;
  for (let left = maxBytes; from > 0; from--) {
    left -= storedBytes(characters[from - 1]) - 2;
    if (left < 0) break;
  }
  return characters.slice(from).join('');
}
