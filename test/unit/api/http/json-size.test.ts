import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countTokens } from '../../../../api/http/json-size.ts';
import { startApp, type TestApp } from '../../../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const post = (body: string | Buffer<ArrayBuffer>, type = 'application/json') =>
  fetch(`${app.url}/group/good`, { method: 'POST', body, headers: { 'Content-Type': type } });
/** About 400 kB of JSON. */
const names = (value: string) =>
  `{"parameters":{${Array.from({ length: 40_000 }, (_, i) => `"${i.toString(36)}":${value}`).join()}}}`;

test.each([
  ['{}', 1],
  ['{"a":"b"}', 2],
  ['{"a":[1,2,{"b":null}]}', 7],
  ['{"a":",:[{"}', 2],
  [String.raw`{"a":"\\\",:[{\\"}`, 2],
  [String.raw`{"a":"\\",:`, 4],
  ['"é,ü"', 0],
])('of %s the commas, colons and brackets outside of strings are counted', (json, count) => {
  expect(countTokens(Buffer.from(json))).toBe(count);
});

test.each([
  ['40,000 texts', names('"a"')],
  ['40,000 numbers', names('1')],
  ['a list of 250,000 numbers', `{"parameters":[${'1,'.repeat(250_000)}1]}`],
  ['250,000 nested lists', `{"parameters":${'['.repeat(250_000)}${']'.repeat(250_000)}}`],
])('a body of %s is refused in a small part of the time that parsing it takes', async (_what, body) => {
  const response = await post(body);
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('few names and values')]);
  const bytes = Buffer.from(body);
  const msOf = (work: () => unknown) => {
    const from = performance.now();
    work();
    return performance.now() - from;
  };
  const least = (work: () => unknown) => Math.min(...Array.from({ length: 15 }, () => msOf(work)));
  const parse = () => JSON.parse(body, (_key, value) => value);
  // The nested lists are more than the stack can hold.
  if (!body.includes('[[')) expect(least(() => countTokens(bytes))).toBeLessThan(least(parse) / 5);
});

test('a body in UTF-16, in which quotes could be part of other characters, is 415', async () => {
  const response = await post(Buffer.from('{}', 'utf16le'), 'application/json; charset=utf-16le');
  expect(response.status).toBe(415);
});

test('a body with the most that a trigger can have is read', async () => {
  const parameters = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`P${i}`, ',:[{'.repeat(1000)]));
  const response = await post(JSON.stringify({ parameters }));
  expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('parameters.P0')]);
});
