/** An error in a request or in config.yaml. */
export interface Problem {
  /** Such as `groups.group_b.jobs.job_b1.sleep.seconds` or `parameters.customer`; empty for a file as a whole. */
  path: string;
  /** In config.yaml, from 1. */
  line?: number;
  message: string;
}

export function formatProblem({ path, line, message }: Problem): string {
  if (line === undefined) return `${path}: ${message}`;
  return path === '' ? `line ${line}: ${message}` : `${path} (line ${line}): ${message}`;
}

/** A path as text. Long keys are cut: a key of many bytes may be part of many paths. */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.map((part) => String(part).slice(0, 100)).join('.');
