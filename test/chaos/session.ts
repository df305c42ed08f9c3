import type { Call } from '../fault-proxy/call.ts';
import type { World } from '../fault-proxy/faults.ts';
import type { Lane } from './lane.ts';
import { live } from './life.ts';
import { type FaultPoint, faultPoints, needsOf } from './points.ts';
import { SCENARIOS } from './scenarios.ts';
import { shuffled } from './shuffle.ts';
import type { Result } from './table.ts';

/** Lanes to live in, and what is done around the lives. */
export interface Session {
  lanes: Lane[];
  restart: World['restart'];
  signal: AbortSignal;
  log: (line: string) => void;
}

/** A point's moment may not come in one life (states are coalesced): so many lives are given to it. */
const TRIES = 3;

/**
 * Every fault point of these scenarios, in the order of the seed, from lives without faults. Rejects when such a life
 * already breaks an invariant.
 */
export async function enumerate(
  session: Session,
  seed: number,
  scenarios = Object.keys(SCENARIOS),
): Promise<FaultPoint[]> {
  const lives = new Map<string, Call[]>();
  const record = async (lane: Lane, scenario: string, restarts: boolean) => {
    const life = await live({ ...session, lane, scenario, restarts: restarts ? ['api', 'controller'] : [] });
    if (life.broken.length > 0) {
      throw new Error(`Without any fault, ${scenario} broke: ${life.broken.map(({ what }) => what).join('; ')}`);
    }
    lives.set(scenario, [...(lives.get(scenario) ?? []), ...life.calls]);
  };
  // Twice each: the states between may differ. The second time with a restart, since some calls come only then.
  const planned = [false, true].flatMap((restarts) => scenarios.map((scenario) => ({ scenario, restarts })));
  await share(session, planned, ({ scenario, restarts }, lane) => record(lane, scenario, restarts));
  return shuffled(faultPoints(lives), seed);
}

/** Has each fault strike once: those that touch everyone one after the other, the rest in all lanes at a time. */
export async function strikeAll(session: Session, points: FaultPoint[]): Promise<Result[]> {
  const results: Result[] = [];
  const strike = async (point: FaultPoint, lane: Lane) => {
    const result = await strikeOnce(session, lane, point);
    results.push(result);
    const verdict = !result.struck ? 'not reached' : result.broken.length === 0 ? 'held' : 'BROKEN';
    session.log(
      `${results.length}/${points.length} ${verdict} ${point.name} ${result.seconds.toFixed(1)} s, ${result.tries} tries`,
    );
    for (const { invariant, what } of result.broken) session.log(`    (${invariant}) ${what}`);
  };
  // Those that need the same setting follow one another: fewer starts.
  const shared = points.filter((point) => !needsOf(point).alone);
  const rank = (point: FaultPoint) => {
    const { clock, silence } = needsOf(point);
    return [SCENARIOS[point.scenario]?.retention, clock, silence].findIndex(Boolean);
  };
  await share(
    session,
    shared.toSorted((a, b) => rank(a) - rank(b)),
    strike,
  );
  const alone = points.filter((point) => needsOf(point).alone);
  await share({ ...session, lanes: session.lanes.slice(0, 1) }, alone, strike);
  return results;
}

async function strikeOnce(session: Session, lane: Lane, point: FaultPoint): Promise<Result> {
  let seconds = 0;
  for (let tries = 1; ; tries++) {
    const life = await live({ ...session, lane, scenario: point.scenario, point });
    seconds += life.seconds;
    if (life.struck || life.broken.length > 0 || tries === TRIES || session.signal.aborted) {
      return { point, tries, struck: life.struck, broken: life.broken, seconds };
    }
  }
}

/** Gives the items to whichever lane is free, until all are done or the signal aborts. The first error ends it too. */
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
