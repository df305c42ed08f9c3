import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Client, createClient, jobIdOf } from '../../../client/index.ts';
import { startApp, type TestApp } from '../../support/app.ts';

const DOCUMENT = JSON.parse(readFileSync(join(import.meta.dirname, '../../../resources/openapi.json'), 'utf8'));
/** What a program has no use for: the trigger of an address bar, probes, the page and this document. */
const NOT_FOR_PROGRAMS = ['GET /group/{name}', 'GET /livez', 'GET /readyz', 'GET /docs', 'GET /openapi.json'];

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(DOCUMENT, 'openapi');

let app: TestApp;
let client: Client;
/** Each call that the client made, such as `GET /runs/{id}`, and what about it differs from the document. */
const made = new Set<string>();
const differences: string[] = [];

beforeAll(async () => {
  app = await startApp({ logs: { pods: async () => [], sharedPods: async () => [], read: async () => undefined } });
  client = createClient({
    server: app.url,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      await compare(new URL(String(url)), init?.method ?? 'GET', init?.body, response.clone());
      return response;
    },
  });
});
afterAll(() => app.close());

type Operation = { parameters?: { name: string; in: string }[]; requestBody?: object; responses: object };

async function compare(url: URL, method: string, body: unknown, response: Response): Promise<void> {
  const matches = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(url.pathname);
  const paths = Object.keys(DOCUMENT.paths).filter(matches);
  // `/runs/events` is no `/runs/{id}`.
  const path = paths.find((one) => one === url.pathname) ?? paths[0];
  const operation = path && (DOCUMENT.paths[path][method.toLowerCase()] as Operation | undefined);
  if (!operation) return void differences.push(`${method} ${url.pathname} is in no path of the document`);
  const call = `${method} ${path}`;
  made.add(call);
  const known = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
  for (const name of url.searchParams.keys()) if (!known.includes(name)) differences.push(`${call} has no ${name}`);
  const pointer = `openapi#/paths/${escaped(path)}/${method.toLowerCase()}`;
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  if (operation.requestBody && body)
    validate(`${pointer}/requestBody`, JSON.parse(String(body)), `the body of ${call}`);
  if (response.ok && isJson) validate(`${pointer}/responses/${response.status}`, await response.json(), call);
}

const escaped = (path: string) => encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'));

function validate(pointer: string, value: unknown, what: string): void {
  const check = ajv.getSchema(`${pointer}/content/${escaped('application/json')}/schema`);
  if (!check) differences.push(`${what} is not described`);
  else if (!check(value)) differences.push(`${what}: ${ajv.errorsText(check.errors)}`);
}

test('the client makes every call of openapi.json but those that are not for programs, as the document describes them', async () => {
  const quiet = { onEvents: () => {}, onLink: () => {} };
  const run = await client.trigger('good', {});
  expect(await client.dryRun('good', {})).toEqual({ group: 'good', parameters: {}, jobs: ['one', 'two'] });
  expect((await client.me()).groups.map(({ name }) => name)).toContain('good');
  expect((await client.groups()).map(({ name }) => name)).toEqual(['good', 'empty']);
  expect((await client.runs({ group: 'good', state: 'PENDING', limit: 1 })).runs).toHaveLength(1);
  expect((await client.run(run)).jobs.map(({ name }) => name)).toEqual(['one', 'two']);
  const job = jobIdOf(run, 2);
  expect(await client.status(job)).toEqual({ state: 'PENDING', task_id: job });
  expect(await client.cancelJob(job)).toEqual({ id: job, state: 'PENDING' });
  expect(await client.cancelRun(run)).toEqual({ id: run, state: 'PENDING' });
  app.runs.setStates(run, 'SUCCESS', 'FAILURE');
  expect(await client.rerun(run, 'failed')).not.toBe(run);
  expect((await client.wait(run)).state).toBe('FAILURE');
  await expect(client.log(job, {}, AbortSignal.timeout(5000)).next()).rejects.toMatchObject({ status: 410 });
  const abort = new AbortController();
  const watching = client.followRuns({ group: 'good' }, { ...quiet, onEvents: () => abort.abort() }, abort.signal);
  app.runs.setStates(run, 'SUCCESS', 'SUCCESS');
  abort.signal.aborted || setTimeout(() => abort.abort(), 2_000).unref();
  await watching;
  expect(differences).toEqual([]);
  const described = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(made.size).toBeGreaterThan(10);
  expect(described.filter((call) => !made.has(call)).toSorted()).toEqual(
    described.filter((call) => NOT_FOR_PROGRAMS.includes(call)).toSorted(),
  );
});
