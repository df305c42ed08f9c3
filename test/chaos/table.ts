import type { Broken } from './invariants.ts';
import type { FaultPoint } from './points.ts';

/** What became of one fault point. */
export interface Result {
  point: FaultPoint;
  /** Trials that it took; if the fault was injected, then in the last one. */
  tries: number;
  injected: boolean;
  broken: Broken[];
  seconds: number;
}

/** A line for each fault: at how many points it was injected, in how many trials, and at how many all invariants held. */
export function table(results: Result[]): string {
  const rows = [...Map.groupBy(results, ({ point }) => `${what(point)}\t${point.fault}`)].map(([key, all]) => {
    const [kind, fault] = key.split('\t') as [string, string];
    const injected = all.filter((one) => one.injected);
    const held = injected.filter(({ broken }) => broken.length === 0).length;
    const tries = all.reduce((sum, one) => sum + one.tries, 0);
    return [kind, fault, String(injected.length), String(tries), `${held}/${injected.length}`];
  });
  const lines = [['at', 'fault', 'points', 'tries', 'invariants held'], ...rows.toSorted()];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))),
    )
    .map((line) => `  ${line.join('  ')}`.trimEnd())
    .join('\n');
}

/** The sender and the kind of call, without the scenario and the job's index. */
const what = ({ sender, call }: FaultPoint): string => {
  const [verb, resource = ''] = call.split(' ');
  return `${sender} ${verb} ${resource.replace(/\/\d+$/, '')}`.trim();
};
