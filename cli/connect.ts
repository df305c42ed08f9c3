import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { createClient } from '../client/client.ts';
import { usageError } from './exit.ts';
import type { Io } from './io.ts';
import type { Connected } from './service.ts';

export interface ConnectOptions {
  server?: string | undefined;
  token?: string | undefined;
  context?: string | undefined;
}

const DEFAULT_SERVER = 'http://localhost:5100';

const Context = z.strictObject({
  server: z.string(),
  token: z.string().optional(),
  /** Read before each request: tokens are rotated. Relative to the context file. */
  tokenFile: z.string().optional(),
});
const ContextFile = z.strictObject({ current: z.string().optional(), contexts: z.record(z.string(), Context) });
type Target = { server: string; token?: () => string | undefined };

/** The service that flags, environment and context file name, in this order. Throws a usage error. */
export function connect(options: ConnectOptions, io: Io): Connected {
  const { server, token } = targetOf(options, io);
  const { protocol, hostname } = parseServer(server);
  if (token && protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    io.err(`Warning: the token goes to ${hostname} unencrypted.\n`);
  const service = createClient({
    server,
    token,
    retry: {
      maxTries: 4,
      onRetry: (why, ms) => io.err(`${server}: ${why}. Trying again in ${(ms / 1000).toFixed(1)} s …\n`),
    },
    onAge: (seconds) => seconds > 0 && io.err(`The service cannot reach Kubernetes; this is ${seconds} s old.\n`),
  });
  return { service, server, close: async () => {} };
}

function parseServer(server: string): URL {
  const url = URL.parse(server);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw usageError(`Expected a server such as https://jobs.example, got ${server}.`);
}

function targetOf(options: ConnectOptions, { env, err }: Io): Target {
  const server = options.server ?? env.ASYNC_API_SERVER;
  const token = options.token ?? env.ASYNC_API_TOKEN;
  const given = token ? { token: () => token } : {};
  // A token of the file is for the server of the file only.
  if (server) return { server, ...given };
  const context = readContext(options.context ?? env.ASYNC_API_CONTEXT, env, err);
  return { ...(context ?? { server: DEFAULT_SERVER }), ...given };
}

export function contextPath(env: Io['env']): string {
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return env.ASYNC_API_CONFIG || join(config, 'async-api', 'config.yaml');
}

/** The context of that name, else the current one; undefined if there is no file. */
function readContext(name: string | undefined, env: Io['env'], err: Io['err']): Target | undefined {
  const path = contextPath(env);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw usageError(`Cannot read ${path}: ${error}`);
    if (name !== undefined || env.ASYNC_API_CONFIG)
      throw usageError(`Expected a context file, but there is no ${path}.`);
    return undefined;
  }
  const { current, contexts } = parseContexts(path, text);
  const wanted = name ?? current;
  const context = wanted === undefined ? undefined : contexts[wanted];
  if (!context) {
    const got = wanted === undefined ? 'neither --context nor `current`' : wanted;
    throw usageError(`Expected one of the contexts of ${path} (${Object.keys(contexts).join(', ')}), got ${got}.`);
  }
  const { server, token, tokenFile } = context;
  if (token && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    err(`Warning: others may read the token in ${path}. Correct that with: chmod 600 ${path}\n`);
  if (tokenFile) return { server, token: () => readToken(resolve(dirname(path), tokenFile)) };
  return { server, ...(token && { token: () => token }) };
}

function parseContexts(path: string, text: string): z.infer<typeof ContextFile> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw usageError(`${path} is not YAML: ${(error as Error).message}`);
  }
  const { data, error } = ContextFile.safeParse(value);
  if (data) return data;
  throw usageError(`${path} cannot be used: ${z.prettifyError(error)}`);
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usageError(`Cannot read the token: ${(error as Error).message}`);
  }
}
