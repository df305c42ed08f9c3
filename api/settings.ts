import * as z from 'zod';
import { allowRoot, describeSettings, flag, readSettings, settingsHelp, text } from '../process/settings.ts';
import { isLoopback } from './http/loopback.ts';

const count = (fallback: number, description: string, min = 1) =>
  z.coerce.number().int().min(min).max(1_000_000).default(fallback).describe(description);
const port = (fallback: number, description: string) =>
  z.coerce.number().int().min(0).max(65_535).default(fallback).describe(description);
/** Plain HTTP can be changed in transit, so it cannot say which keys to trust. */
const secureUrl = (description: string) =>
  z
    .url()
    .refine((url) => url.startsWith('https://') || isLoopback(new URL(url).hostname), 'expected https')
    .optional()
    .describe(description);

const SOME_PROXIES = 'expected the addresses or networks of proxies, such as 10.0.0.7 or 10.0.0.0/8, not their number';
const Network = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], SOME_PROXIES)
  .refine((network) => !network.endsWith('/0'), 'expected no network of all addresses: any client could forge its own');

const Environment = z
  .object({
    PORT: port(5100, 'The port of the REST API; 0 selects a free port, which the log names.'),
    HOST: text('').default('127.0.0.1').describe('The address of the REST API.'),
    NAMESPACE: text('').default('async-api').describe('The namespace of the runs.'),
    CONFIG_FILE: text('')
      .default('resources/config.yaml')
      .describe('The file of groups and jobs; the API reads it again when it changes.'),
    BOUNDS_FILE: text('')
      .default('resources/bounds.yaml')
      .describe(
        'What jobs may refer to, as annotations of the namespace. The API reads the file again when it changes.',
      ),
    PAGE_DIR: text('')
      .optional()
      .describe(
        'The folder of the web page, read once at the start; by default dist/page, of a bundle the folder page beside it.',
      ),
    METRICS_HOST: text('').default('127.0.0.1').describe('The address of /metrics, /livez and /readyz.'),
    METRICS_PORT: port(0, 'The port of /metrics, /livez and /readyz; 0 selects a free port, which the log names.'),
    ALLOW_ROOT: allowRoot,
    LOG_LEVEL: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('The lowest level that the API logs.'),
    AUTH: z
      .enum(['none', 'kubernetes', 'oidc'])
      .default('none')
      .describe(
        'How the API authenticates callers: not at all, by a token of the cluster, or by a token of an OIDC issuer.',
      ),
    ALLOW_ANONYMOUS: flag(
      false,
      'With AUTH=none: whether other machines may call. Without it the API listens on loopback addresses only.',
    ),
    AUTH_AUDIENCES: text('')
      .optional()
      .describe('With AUTH=kubernetes: the accepted audiences of tokens, separated by commas.'),
    OIDC_ISSUER: secureUrl('With AUTH=oidc, required: the issuer of the tokens.'),
    OIDC_AUDIENCE: text('').optional().describe('With AUTH=oidc, required: the audience that tokens must have.'),
    OIDC_ALGORITHM: z
      .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
      .default('RS256')
      .describe('With AUTH=oidc: the only accepted signature algorithm.'),
    OIDC_JWKS_URL: secureUrl("With AUTH=oidc: the URL of the issuer's keys; by default found by discovery."),
    OIDC_NAME_CLAIM: text('').default('sub').describe('With AUTH=oidc: the claim with the name of the caller.'),
    OIDC_GROUPS_CLAIM: text('').default('groups').describe('With AUTH=oidc: the claim with the groups of the caller.'),
    TRUST_PROXY: text('')
      .transform((list) => list.split(/[\s,]+/).filter(Boolean))
      .pipe(z.array(Network))
      .optional()
      .describe(
        'The addresses and networks (CIDR) of the proxies before the API, separated by commas. X-Forwarded-For counts only from these.',
      ),
    GET_TRIGGERS: flag(true, 'Whether GET /group/<name> triggers.'),
    RATE_LIMIT: count(1000, 'Requests per second of one caller, with a burst of twice as many; 0 for no limit.', 0),
    MAX_ACTIVE_RUNS: count(10_000, 'Maximum of active runs of all groups together.'),
    MAX_ACTIVE_RUNS_PER_GROUP: count(1000, 'Maximum of active runs of one group.'),
    MAX_HELD: count(2000, 'Maximum of open long-lived responses: events, logs, waits.'),
    MAX_HELD_PER_CALLER: count(200, 'Maximum of open long-lived responses of one caller.'),
    STOP_DELAY_SECONDS: count(
      0,
      'How long the API serves new requests after SIGTERM, until proxies have removed it. The manifests set it to 5.',
      0,
    ),
    MAX_CONNECTIONS: count(20_000, 'Maximum of open connections; beyond it the longest idle one is closed.'),
    MAX_CONNECTIONS_PER_ADDRESS: count(1000, 'Maximum of open connections of one client address.'),
  })
  .superRefine((settings, context) => {
    const wrong = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (settings.AUTH === 'none' && !settings.ALLOW_ANONYMOUS && !isLoopback(settings.HOST)) {
      wrong('HOST', 'expected a loopback address with AUTH=none, unless ALLOW_ANONYMOUS=true');
    }
    if (settings.AUTH !== 'oidc') return;
    for (const name of ['OIDC_ISSUER', 'OIDC_AUDIENCE'] as const) {
      if (settings[name] === undefined) wrong(name, 'expected a value with AUTH=oidc');
    }
  });
export type Settings = z.infer<typeof Environment>;

/** Every setting, for --help and docs/settings.md. */
export const settings = describeSettings(Environment);

/** The settings in these environment variables. Throws an Error that lists every problem. */
export const loadSettings = (environment: Record<string, string | undefined>): Settings =>
  readSettings(Environment, environment);

/** What `--help` prints. */
export const help = (): string => settingsHelp('The REST service of Async API.', settings);
