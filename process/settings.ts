import * as z from 'zod';

/** A non-empty text setting. `description` appears in --help and in errors. */
export const text = (description: string) => z.string().min(1).max(4096).describe(description);

/** A setting that is true or false. */
export const flag = (fallback: boolean, description: string) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true')
    .describe(description);

/** The images set this to false: root in a container is one kernel or runtime bug away from root on the node. */
export const allowRoot = flag(true, 'Whether the process may run as root. The images set it to false.');

/** Throws if the process runs as root although that is not `allowed`. */
export function requireNonRoot(allowed: boolean, uid = process.getuid?.()): void {
  if (allowed || uid !== 0) return;
  throw new Error("Expected a user other than root: leave the image's own (65532), or set ALLOW_ROOT=true");
}

/**
 * Reads settings from the environment; an empty variable counts as not set. Throws one Error that lists every invalid
 * variable with its description.
 */
export function readSettings<T extends z.ZodObject>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const about = new Map(describeSettings(schema).map((setting) => [setting.name, setting.description]));
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `  ${name}: ${issue.message}, got ${JSON.stringify(env[name])} (${about.get(name)})`;
  });
  throw new Error(`Wrong settings in the environment:\n${problems.join('\n')}`);
}

/** A setting, for --help and docs/settings.md. */
export interface Setting {
  name: string;
  description: string;
  /** The values it takes, such as `0 to 65535`; empty where any text will do. */
  values: string;
  /** Undefined where it has none. */
  default: string | undefined;
  required: boolean;
}

interface JsonSchema {
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  format?: string;
}

/** Every setting of the schema, in its order. */
export function describeSettings(schema: z.ZodObject): Setting[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    description: property.description ?? '',
    values: valuesOf(property),
    default: property.default === undefined ? undefined : String(property.default),
    required: required.includes(name),
  }));
}

function valuesOf({ enum: values, minimum, maximum, format }: JsonSchema): string {
  if (values) return values.join(', ');
  if (minimum !== undefined) return `${minimum} to ${maximum}`;
  return format === 'uri' ? 'a URL' : '';
}

/** What `--help` of a process prints: this sentence about it, then each setting. */
export function settingsHelp(sentence: string, settings: Setting[]): string {
  const about = settings.map((setting): [string, string] => [
    setting.name,
    [setting.description, fallback(setting)].filter(Boolean).join(' '),
  ]);
  const lines = [...about, ['KUBECONFIG', 'The cluster to use, if the process runs outside of one.'] as const];
  const body = lines.map(([name, text]) => `  ${name.padEnd(26)} ${text}`).join('\n');
  return `${sentence} Settings are environment variables:\n\n${body}`;
}

const fallback = (setting: Setting): string =>
  setting.required ? 'Required.' : setting.default === undefined ? '' : `Default: ${setting.default}.`;
