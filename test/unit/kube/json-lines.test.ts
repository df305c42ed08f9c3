import { expect, test } from '@jest/globals';
import { jsonLines } from '../../../kube/json-lines.ts';

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function parsed(text: string, size: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(inChunks(Buffer.from(text), size))) values.push(value);
  return values;
}

test.each([1, 2, 3, 7, 1000])('lines are parsed in order, whatever the chunks: of %i bytes', async (size) => {
  expect(await parsed('{"a":"é€𝄞"}\n\n[1,\r2]\n"x"\n', size)).toEqual([{ a: 'é€𝄞' }, [1, 2], 'x']);
  expect(await parsed('{"a":1}\n{"b"', size)).toEqual([{ a: 1 }]);
  expect(await parsed('', size)).toEqual([]);
});

test('a line in many chunks takes little longer than in few', async () => {
  const line = Buffer.from(`${JSON.stringify('x'.repeat(4_000_000))}\n`);
  const msOf = async (size: number) => {
    const from = performance.now();
    for await (const _ of jsonLines(inChunks(line, size)));
    return performance.now() - from;
  };
  const least = async (size: number) => Math.min(await msOf(size), await msOf(size), await msOf(size));
  // 977 chunks, as they come from a TLS connection, or 8.
  expect(await least(4096)).toBeLessThan(30 * (await least(512 * 1024)));
});
