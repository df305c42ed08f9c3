/** Parses newline-delimited JSON as it arrives. Drops a last line without a newline, because it is incomplete. */
export async function* jsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  /** The pieces of a line that is not complete. Joined once: a line of a large run arrives in a hundred pieces. */
  let pieces: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    pieces.push(first);
    for (const next of more) {
      const line = pieces.join('');
      pieces = [next];
      if (line) yield JSON.parse(line);
    }
  }
}
