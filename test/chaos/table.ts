import type { Broken } from './invariants.ts';
import type { FaultPoint } from './points.ts';

/** What became of one fault point. */
export interface Result {
  point: FaultPoint;
  /** Lives lived for it, the last of which was struck if any was. */
  tries: number;
  struck: boolean;
  broken: Broken[];
  seconds: number;
}

/** One line a fault: at how many points it struck, how many lives that took, at how many of them all invariants held. */
export function table(results: Result[]): string {
  const rows = [...Map.groupBy(results, ({ point }) => `${what(point)}\t${point.fault}`)].map(([key, all]) => {
    const [kind, fault] = key.split('\t') as [string, string];
    const struck = all.filter((one) => one.struck);
    const held = struck.filter(({ broken }) => broken.length === 0).length;
    const tries = all.reduce((sum, one) => sum + one.tries, 0);
    return [kind, fault, String(struck.length), String(tries), `${held}/${struck.length}`];
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

/** The sender and the kind of call, without scenario and detail. */
const what = ({ sender, call }: FaultPoint): string => {
  const [verb, resource = ''] = call.split(' ');
  return `${sender} ${verb} ${resource.replace(/\/\d+$/, '')}`.trim();
};
