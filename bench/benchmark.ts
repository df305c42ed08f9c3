import type { Environment } from './environment.ts';
import type { Row } from './report.ts';

/** One measurement that the command can be asked for by name. */
export interface Benchmark {
  name: string;
  /** For --help. */
  summary: string;
  run(environment: Environment): Promise<Row[]>;
}
