/** What Go's JSON encoder, with which the API server stores a custom resource, writes as \uXXXX. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const ESCAPED_BYTES = 6;

/** How many bytes a value takes where the API server stores it in etcd. */
export const storedBytes = (value: unknown): number =>
  Buffer.byteLength(JSON.stringify(value).replace(ESCAPED, 'u'.repeat(ESCAPED_BYTES)));

/** The end of a text that takes at most so many stored bytes, its quotes left out; no character is cut in half. */
export function truncateStart(text: string, maxBytes: number): string {
  // Nearly always; a message that is stored is looked at again with each status.
  if (storedBytes(text) - 2 <= maxBytes) return text;
  // Each character takes a byte at least.
  const characters = [...text.slice(-maxBytes)];
  let from = characters.length;
  for (let left = maxBytes; from > 0; from--) {
    left -= storedBytes(characters[from - 1]) - 2;
    if (left < 0) break;
  }
  return characters.slice(from).join('');
}
