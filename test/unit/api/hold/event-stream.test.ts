import { expect, test } from '@jest/globals';
import { formatEvent } from '../../../../api/hold/event-stream.ts';

test('no text in the data of an event ends a line, for a client that takes every line break of Unicode for one either', () => {
  const text = 'a\nb\rc\r\nd\u0085e\u2028f\u2029g\n\nevent: forged\ndata: 1\n\n';
  const event = formatEvent({ id: '7', event: 'run', json: JSON.stringify({ text }) });
  const lines = event.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  expect(lines).toEqual(['id: 7', 'event: run', expect.stringMatching(/^data: /), '', '']);
  expect(JSON.parse(lines[2]!.slice('data: '.length))).toEqual({ text });
});
