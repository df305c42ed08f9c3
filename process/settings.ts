import { z } from 'zod';

/** A setting's environment variable that must not be empty, with what it is for. */
export const text = (description: string) => z.string().min(1).max(4096).describe(description);

/** A setting that is true or false; the description's end says which where it is not given. */
export const flag = (fallback: boolean, description: string) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true')
    .describe(`${description} ${fallback}.`);

/** The images set it to false: what runs in a container as root is one flaw nearer to being root on its node. */
export const allowRoot = flag(true, 'Whether it may run as root;');

/** Throws an Error that says what to do where the process is root's and may not be. */
export function requireNonRoot(allowed: boolean, uid = process.getuid?.()): void {
  if (allowed || uid !== 0) return;
  throw new Error("Expected a user other than root: leave the image's own (65532), or set ALLOW_ROOT=true");
}

/**
 * Reads settings from the environment; an empty variable is one that is not set. Throws an Error that names every wrong
 * variable and says what it is for.
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

/** The lines of --help that tell of each variable. */
export const settingsHelp = (schema: z.ZodObject): string =>
  Object.entries(schema.shape)
    .map(([name, field]) => `  ${name.padEnd(26)} ${(field as z.ZodType).description}`)
    .join('\n');
