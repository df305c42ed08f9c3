import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { CatalogFile } from '../api/catalog/catalog-file.ts';
import { formatProblem } from '../api/catalog/problem.ts';

const ROOT = join(import.meta.dirname, '..');
const SHIPPED = join(ROOT, 'resources/config.yaml');
const SHIPPED_BOUNDS = join(ROOT, 'resources/bounds.yaml');
const HELP = `npm run check-config                    reads resources/config.yaml as the API does; needs no cluster
npm run check-config -- FILE            reads FILE, which is relative to the repository
npm run check-config -- --bounds FILE   what jobs may refer to, in place of resources/bounds.yaml
npm run check-config -- --strict        a group with problems makes the exit code 1 too

Prints every problem and warning with its path and line; of a file that the API cannot use, the first 20 problems.
Exit code:
  0  the API can use the file; groups with problems cannot be triggered
  1  the API cannot use the file (or a group has problems, with --strict)
  2  wrong arguments`;

class UsageError extends Error {}

interface Args {
  file: string;
  bounds?: string | undefined;
  strict?: boolean | undefined;
  help?: boolean | undefined;
}

function readArgs(): Args {
  try {
    const options = { bounds: { type: 'string' }, strict: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`Expected one FILE, got ${positionals.join(' ')}`);
    return { file: positionals[0] ?? relative(process.cwd(), SHIPPED), ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Prints what the file has, and returns the number of its problems. Rejects if the API cannot use the file. */
async function check(config: string, bounds = relative(process.cwd(), SHIPPED_BOUNDS)): Promise<number> {
  const { catalog } = await CatalogFile.open({ config, bounds }, () => {});
  const groups = [...catalog.values()];
  const problems = groups.flatMap((group) => group.problems);
  const warnings = groups.flatMap((group) => group.warnings);
  for (const problem of problems) console.error(`problem: ${formatProblem(problem)}`);
  for (const warning of warnings) console.error(`warning: ${formatProblem(warning)}`);
  const broken = groups.filter((group) => group.problems.length > 0).length;
  const where = broken > 0 ? ` in ${counted(broken, 'group')}, which cannot be triggered` : '';
  const found = `${counted(problems.length, 'problem')}${where}; ${counted(warnings.length, 'warning')}`;
  console.log(`${config} can be used: ${counted(groups.length, 'group')}; ${found}`);
  return problems.length;
}

try {
  const { file, bounds, strict, help } = readArgs();
  if (help) console.log(HELP);
  else if ((await check(file, bounds)) > 0 && strict) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
