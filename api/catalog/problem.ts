/** One thing that is wrong with what a caller or the configuration says. */
export interface Problem {
  /** Where, such as `groups.group_b.jobs.job_b1.sleep.seconds` or `parameters.customer`. */
  path: string;
  /** In the configuration file, from 1. */
  line?: number;
  message: string;
}

export const formatProblem = ({ path, line, message }: Problem): string =>
  `${path}${line === undefined ? '' : ` (line ${line})`}: ${message}`;
