/** An error in a request or in config.yaml. */
export interface Problem {
  /** Such as `groups.group_b.jobs.job_b1.sleep.seconds` or `parameters.customer`. */
  path: string;
  /** In config.yaml, from 1. */
  line?: number;
  message: string;
}

export const formatProblem = ({ path, line, message }: Problem): string =>
  `${path}${line === undefined ? '' : ` (line ${line})`}: ${message}`;
