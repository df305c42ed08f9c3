import { setTimeout as sleep } from 'node:timers/promises';
import { EXPIRED, INTERNAL_ERROR, LATE_MS } from './answer.ts';

/** Changes the lines of a watch from the next event on. An error that it throws cuts the connection. */
export type StreamFault = (lines: AsyncIterable<string>) => AsyncIterable<string>;
const CUT = new Error('cut');

/** Faults of an open watch, from one of its events on. */
export const WATCH_FAULTS: Record<string, StreamFault> = {
  closed: async function* () {},
  'cut in an event': async function* (lines) {
    for await (const line of lines) {
      yield line.slice(0, line.length / 2);
      throw CUT;
    }
  },
  '410': async function* () {
    yield `${JSON.stringify({ type: 'ERROR', object: JSON.parse(EXPIRED.body) })}\n`;
  },
  '500 event': async function* () {
    yield `${JSON.stringify({ type: 'ERROR', object: JSON.parse(INTERNAL_ERROR.body) })}\n`;
  },
  'black-holed': (lines) => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        // Ends when the sender closes the connection.
        for await (const _ of lines);
        return { done: true, value: undefined };
      },
    }),
  }),
  'each event twice': async function* (lines) {
    for await (const line of lines) {
      yield line;
      yield line;
    }
  },
  late: async function* (lines) {
    const events = lines[Symbol.asyncIterator]();
    const delayed = () => {
      const event = events.next().then((next) => sleep(LATE_MS, next));
      // Handled where the event is awaited, unless the sender closes the connection first.
      event.catch(() => {});
      return event;
    };
    // Many delays run at the same time: each event is late by LATE_MS, and none waits for the one before it.
    const pending = Array.from({ length: 500 }, delayed);
    for (let event = await pending.shift()!; !event.done; event = await pending.shift()!) {
      pending.push(delayed());
      yield event.value;
    }
  },
};
