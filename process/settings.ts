import { z } from 'zod';

/** A non-empty text setting. `description` appears in --help and in errors. */
export const text = (description: string) => z.string().min(1).max(4096).describe(description);

/** A boolean setting. The default is appended to `description`. */
export const flag = (fallback: boolean, description: string) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true')
    .describe(`${description} ${fallback}.`);

/** The images set this to false: root in a container is one kernel or runtime bug away from root on the node. */
export const allowRoot = flag(true, 'Whether it may run as root;');

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
  const problems = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `  ${name}: ${issue.message}, got ${JSON.stringify(env[name])} (${schema.shape[name]?.description})`;
  });
  throw new Error(`Wrong settings in the environment:\n${problems.join('\n')}`);
}

/** The --help lines: name and description of each variable. */
export const settingsHelp = (schema: z.ZodObject): string =>
  Object.entries(schema.shape)
    .map(([name, field]) => `  ${name.padEnd(26)} ${(field as z.ZodType).description}`)
    .join('\n');
