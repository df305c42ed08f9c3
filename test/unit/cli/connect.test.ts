import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { cli } from '../../support/cli.ts';

let server: Server;
let url: string;
let folder: string;
let file: string;
/** What each request had as Authorization. */
let tokens: (string | undefined)[] = [];
let answer = { status: 200, body: '{"groups":[]}', headers: {} as Record<string, string> };
beforeAll(async () => {
  server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'async-api-context-'));
  file = join(folder, 'config.yaml');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  tokens = [];
  answer = { status: 200, body: '{"groups":[]}', headers: {} };
  await writeFile(join(folder, 'token'), 'of-file\n');
  const contexts = { plain: { server: url, token: 'of-context' }, rotated: { server: url, tokenFile: 'token' } };
  await writeFile(file, JSON.stringify({ current: 'plain', contexts }));
  await chmod(file, 0o600);
});

const groups = (env: Record<string, string>, ...args: string[]) =>
  cli(['groups', ...args], { env: { ASYNC_API_CONFIG: file, ...env } });

test.each<[string, Record<string, string>, string[], string | undefined]>([
  ['the current context', {}, [], 'Bearer of-context'],
  ['the context that the environment names', { ASYNC_API_CONTEXT: 'rotated' }, [], 'Bearer of-file'],
  ['the context that a flag names', { ASYNC_API_CONTEXT: 'plain' }, ['--context', 'rotated'], 'Bearer of-file'],
  ['the token of the environment', { ASYNC_API_TOKEN: 'of-env' }, [], 'Bearer of-env'],
  ['the token of a flag', { ASYNC_API_TOKEN: 'of-env' }, ['--token', 'of-flag'], 'Bearer of-flag'],
])('it calls with %s', async (_what, env, args, token) => {
  expect(await groups(env, ...args)).toMatchObject({ code: 0, err: '' });
  expect(tokens).toEqual([token]);
});

test('the token of a context never goes to another server', async () => {
  expect(await groups({}, '--server', url)).toMatchObject({ code: 0 });
  expect(await groups({ ASYNC_API_SERVER: url })).toMatchObject({ code: 0 });
  expect(tokens).toEqual([undefined, undefined]);
});

test('a context file with a token that others may read is warned of', async () => {
  await chmod(file, 0o644);
  expect((await groups({})).err).toBe(
    `Warning: others may read the token in ${file}. Correct that with: chmod 600 ${file}\n`,
  );
});

test.each<[string, string, string[], RegExp]>([
  [
    'an unknown context',
    '{contexts: {a: {server: "http://x"}}}',
    ['--context', 'b'],
    /one of the contexts .*\(a\), got b/,
  ],
  ['no current context', '{contexts: {a: {server: "http://x"}}}', [], /neither --context nor/],
  ['an unknown field', '{contexts: {a: {serve: "http://x"}}}', [], /cannot be used: .*serve/s],
  ['no YAML', '{', [], /is not YAML/],
])('a context file with %s is wrong usage', async (_what, text, args, says) => {
  await writeFile(file, text);
  expect(await groups({}, ...args)).toMatchObject({ code: 2, err: expect.stringMatching(says) });
});

test('a named context without a file is wrong usage', async () => {
  const env = { XDG_CONFIG_HOME: join(folder, 'none'), ASYNC_API_CONFIG: '' };
  expect(await groups(env, '--context', 'a')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/there is no .*none/),
  });
});

test.each<[string, number, string, RegExp]>([
  ['401', 401, '{"detail":"Expected a token."}', /^Expected a token\.\nGive .* a token that is valid: --token/],
  ['403', 403, '{"detail":"x may not do this."}', /^x may not do this\.\nWhat you may do: async-api whoami\n$/],
  ['a redirect', 308, '', /redirects to https:\/\/other\.example.*\nUse the address/],
])('%s is exit code 4, and says what to do', async (_what, status, body, says) => {
  answer = { status, body, headers: status === 308 ? { Location: 'https://other.example/groups' } : {} };
  expect(await groups({})).toMatchObject({ code: 4, out: '', err: expect.stringMatching(says) });
});

test('a service that is not there is exit code 4, after some tries that are told', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const nowhere = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  const { code, out, err } = await groups({}, '--server', nowhere);
  expect({ code, out }).toEqual({ code: 4, out: '' });
  expect(err.match(/Trying again/g)).toHaveLength(3);
  expect(err).toMatch(/ was not reached: connect ECONNREFUSED .*\nIs it the right one/);
});
