// Real: processes with an open server, as ours have. Not real: what they do.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

const PROGRAM = join(import.meta.dirname, '../../support/ending-process.ts');

/** Runs the process to its end. One that does not end fails the test by its timeout. */
async function run(how: string) {
  const child = spawn(process.execPath, [PROGRAM, how], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const lines = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, lines, err };
}

test.each([
  ['fails', { error: 'broken' }],
  ['ends', { error: 'Expected to work until a signal comes, but all work has ended' }],
  ['rejects unhandled', { error: 'nobody waits for this', origin: 'unhandledRejection' }],
  ['throws in a timer', { error: 'nobody catches this', origin: 'uncaughtException' }],
])('a process of which a part %s ends with code 1 and one line, and leaves no server', async (how, fields) => {
  const { code, lines, err } = await run(how);
  expect([code, err]).toEqual([1, '']);
  expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'cannot go on', ...fields })]);
});

test('a process that a signal stops ends with code 0', async () => {
  const { code, lines } = await run('is stopped');
  expect([code, lines.map(({ message }) => message)]).toEqual([0, ['stopped']]);
});
