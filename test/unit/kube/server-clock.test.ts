import { expect, test } from '@jest/globals';
import { ServerClock } from '../../../kube/server-clock.ts';

const SERVER = Date.parse('2026-11-25T12:00:00.600Z');
/** A server whose time is SERVER when the monotonic clock is 0. */
function start() {
  let monotonic = 0;
  const clock = new ServerClock(() => monotonic);
  const dateAt = (ms: number) => new Date(SERVER + ms).toUTCString();
  return {
    clock,
    /** A response whose date was written at this time, received `lateMs` later. */
    respond: (writtenAt: number, lateMs = 0) => {
      monotonic = writtenAt + lateMs;
      clock.observe(dateAt(writtenAt), lateMs);
    },
    pass: (ms: number) => {
      monotonic += ms;
    },
    errorMs: () => clock.now().getTime() - (SERVER + monotonic),
  };
}

test('before the first response it is the time of this machine', () => {
  const before = Date.now();
  expect(start().clock.now().getTime()).toBeGreaterThanOrEqual(before);
});

test('after a response it is the time of the server, but for less than a second', () => {
  const server = start();
  server.respond(0);
  expect(server.errorMs()).toBe(-600);
  server.pass(3_600_000);
  expect(server.errorMs()).toBe(-600);
});

test('each response makes it more exact, and none less', () => {
  const server = start();
  const errors = [0, 100, 399, 400, 900, 1350].map((at) => {
    server.respond(at);
    return server.errorMs();
  });
  expect(errors).toEqual([-600, -600, -600, 0, 0, 0]);
});

test('a response that was long under way does not set it back', () => {
  const server = start();
  server.respond(0);
  server.respond(1000, 30_000);
  expect(server.errorMs()).toBe(-600);
});

test('it follows a server whose clock was set back or forth', () => {
  const server = start();
  server.respond(0);
  server.clock.observe('Wed, 25 Nov 2026 13:00:00 GMT', 0);
  expect(server.clock.now().toISOString()).toBe('2026-11-25T13:00:00.000Z');
  server.clock.observe('Wed, 25 Nov 2026 11:00:00 GMT', 0);
  expect(server.clock.now().toISOString()).toBe('2026-11-25T11:00:01.000Z');
});

test.each([undefined, '', 'yesterday'])('a date of %j changes nothing', (date) => {
  const server = start();
  server.respond(0);
  server.clock.observe(date, 0);
  expect(server.errorMs()).toBe(-600);
});
