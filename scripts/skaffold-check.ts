import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import * as z from 'zod';
import { SkaffoldExcerpt } from './skaffold-excerpt.ts';

const FILE = join(import.meta.dirname, '../skaffold.yaml');
const FETCH_MS = 5000;
const HELP = `npm run skaffold:check                   skaffold.yaml by Skaffold itself where it is installed, else by its published schema,
                                         else by an excerpt of it, with a line that says so
npm run skaffold:check -- --schema FILE  by that copy of the schema`;

/** The checker's name and the problems it found; undefined if the checker is not available. */
type Verdict = { by: string; problems: string[] } | undefined;

/** Has Skaffold read the file with each profile, without running anything. */
async function bySkaffold(): Promise<Verdict> {
  const skaffold = promisify(execFile);
  try {
    await skaffold('skaffold', ['version']);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const problems: string[] = [];
  for (const profile of ['', 'kind', 'minikube']) {
    const args = ['diagnose', '--yaml-only', '--filename', FILE, ...(profile && ['--profile', profile])];
    await skaffold('skaffold', args).catch((error) => problems.push(String(error.stderr || error)));
  }
  return { by: 'Skaffold itself', problems };
}

async function bySchema(document: { apiVersion: string }, path: string | undefined): Promise<Verdict> {
  const version = document.apiVersion.replace('skaffold/', '');
  const address = path ?? `https://skaffold.dev/schemas/${version}.json`;
  const text = path ? await readFile(path, 'utf8') : await published(address);
  if (text === undefined) return undefined;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(text));
  validate(document);
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
  return { by: `Skaffold's schema, ${address}`, problems };
}

const published = (address: string): Promise<string | undefined> =>
  fetch(address, { signal: AbortSignal.timeout(FETCH_MS) }).then(
    (response) => (response.ok ? response.text() : undefined),
    () => undefined,
  );

function byExcerpt(document: unknown): NonNullable<Verdict> {
  const { error } = SkaffoldExcerpt.safeParse(document);
  return {
    by: 'an excerpt of the schema (scripts/skaffold-excerpt.ts) only: neither Skaffold nor its published schema could be had',
    problems: error ? [z.prettifyError(error)] : [],
  };
}

const { values } = parseArgs({ options: { schema: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) console.log(HELP);
else {
  const document = parse(await readFile(FILE, 'utf8'));
  const verdict =
    (values.schema ? undefined : await bySkaffold()) ??
    (await bySchema(document, values.schema)) ??
    byExcerpt(document);
  for (const problem of verdict.problems) console.error(problem);
  const count = verdict.problems.length;
  console.log(`skaffold.yaml: ${count} problem${count === 1 ? '' : 's'}, checked by ${verdict.by}`);
  if (verdict.problems.length > 0) process.exitCode = 1;
}
