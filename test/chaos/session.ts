import type { Call } from '../fault-proxy/call.ts';
import type { FaultContext } from '../fault-proxy/faults.ts';
import type { Lane } from './lane.ts';
import { type FaultPoint, faultPoints, needsOf } from './points.ts';
import { SCENARIOS } from './scenarios.ts';
import { shuffled } from './shuffle.ts';
import type { Result } from './table.ts';
import { runTrial } from './trial.ts';

/** What all trials of a session share. */
export interface Session {
  lanes: Lane[];
  restart: FaultContext['restart'];
  signal: AbortSignal;
  log: (line: string) => void;
}

/** Trials of a fault point before it counts as not reached: controllers coalesce states, so a call may not come. */
const TRIES = 3;

/**
 * Every fault point of these scenarios, found by trials without faults, in the order that the seed gives. Rejects when
 * such a trial breaks an invariant.
 */
export async function enumerate(
  session: Session,
  seed: number,
  scenarios = Object.keys(SCENARIOS),
): Promise<FaultPoint[]> {
  const trials = new Map<string, Call[]>();
  const record = async (lane: Lane, scenario: string, restarts: boolean) => {
    const trial = await runTrial({ ...session, lane, scenario, restarts: restarts ? ['api', 'controller'] : [] });
    if (trial.broken.length > 0) {
      throw new Error(`Without any fault, ${scenario} broke: ${trial.broken.map(({ what }) => what).join('; ')}`);
    }
    trials.set(scenario, [...(trials.get(scenario) ?? []), ...trial.calls]);
  };
  // Two trials each, since intermediate states differ. The second restarts the processes: some calls come only then.
  const planned = [false, true].flatMap((restarts) => scenarios.map((scenario) => ({ scenario, restarts })));
  await share(session, planned, ({ scenario, restarts }, lane) => record(lane, scenario, restarts));
  return shuffled(faultPoints(trials), seed);
}

/** Injects each fault once: those that affect the whole cluster one at a time, the others in all lanes in parallel. */
export async function injectAll(session: Session, points: FaultPoint[]): Promise<Result[]> {
  const results: Result[] = [];
  const inject = async (point: FaultPoint, lane: Lane) => {
    const result = await injectOnce(session, lane, point);
    results.push(result);
    const verdict = !result.injected ? 'not reached' : result.broken.length === 0 ? 'held' : 'BROKEN';
    session.log(
      `${results.length}/${points.length} ${verdict} ${point.name} ${result.seconds.toFixed(1)} s, ${result.tries} tries`,
    );
    for (const { invariant, what } of result.broken) session.log(`    (${invariant}) ${what}`);
  };
  // Grouped by setting: each change of the setting restarts the processes.
  const shared = points.filter((point) => !needsOf(point).alone);
  const rank = (point: FaultPoint) => {
    const { clock, silence } = needsOf(point);
    return [SCENARIOS[point.scenario]?.retention, clock, silence].findIndex(Boolean);
  };
  await share(
    session,
    shared.toSorted((a, b) => rank(a) - rank(b)),
    inject,
  );
  const alone = points.filter((point) => needsOf(point).alone);
  await share({ ...session, lanes: session.lanes.slice(0, 1) }, alone, inject);
  return results;
}

async function injectOnce(session: Session, lane: Lane, point: FaultPoint): Promise<Result> {
  let seconds = 0;
  for (let tries = 1; ; tries++) {
    const trial = await runTrial({ ...session, lane, scenario: point.scenario, point });
    seconds += trial.seconds;
    if (trial.injected || trial.broken.length > 0 || tries === TRIES || session.signal.aborted) {
      return { point, tries, injected: trial.injected, broken: trial.broken, seconds };
    }
  }
}

/** Works through the items in all lanes, until the last item or an abort. Rejects with the first error. */
async function share<T>({ lanes, signal }: Session, items: T[], work: (item: T, lane: Lane) => Promise<void>) {
  const rest = items.values();
  const done = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (const item of rest) {
        if (signal.aborted) return;
        await work(item, lane);
      }
    }),
  );
  const failed = done.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed && !signal.aborted) throw failed.reason;
}
