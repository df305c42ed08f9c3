import { type Call, callName, isList, isMutating, isWatch } from './call.ts';
import {
  CALL_FAULTS,
  CLOCK_FAULTS,
  CLUSTER_FAULTS,
  LEADER_FAULTS,
  LIST_FAULTS,
  LONG_FAULTS,
  REWATCH_FAULTS,
  WATCH_FAULTS,
} from './faults.ts';

/** One place in a life where one fault strikes. `name` says all of it, so that it can be replayed by its name alone. */
export interface FaultPoint {
  name: string;
  scenario: string;
  sender: string;
  /** The call by its name; `start` for what befalls a life from its beginning. */
  call: string;
  fault: string;
}

/** A watch's events by number at which faults strike: the first of a life, and one in its middle. */
const EVENTS = [1, 4];
/** The life that also gets what costs much time; the others get what each call can. */
const THOROUGH = 'mixed';
export const TWO_LEADERS = 'two leaders';
const REOPENED = 'closed, then ';

const point = (scenario: string, sender: string, call: string, fault: string): FaultPoint => ({
  name: `${scenario}: ${sender} ${call}: ${fault}`,
  scenario,
  sender,
  call,
  fault,
});

/** The point of that name. Throws an Error that shows the form of a name. */
export function parsePoint(name: string): FaultPoint {
  const [, scenario, sender, call, fault] = name.match(/^([^:]+): (\S+) ([^:]+): (.+)$/) ?? [];
  if (fault === undefined) {
    throw new Error(`Expected a fault point such as "mixed: controller POST jobs/1: killed before", got "${name}"`);
  }
  return point(scenario!, sender!, call!, fault);
}

/** What a life needs around it for this fault to mean something. */
export interface Needs {
  /** Another controller that waits for the lease. */
  standby: boolean;
  /** Clocks that can be moved. */
  clock: boolean;
  /** A guard against silent watches that does not take minutes. */
  silence: boolean;
  /** The process is killed in the middle of the life, since it lists only when it starts. */
  restart: boolean;
  /** The cluster to itself. */
  alone: boolean;
}

export const needsOf = ({ call, fault }: FaultPoint): Needs => ({
  standby: fault in LEADER_FAULTS || fault === TWO_LEADERS,
  clock: fault in CLOCK_FAULTS,
  silence: fault.startsWith('black-holed'),
  restart: isList(call) || / leases acquire/.test(call),
  alone: fault in CLUSTER_FAULTS,
});

/**
 * Every fault point of the lives recorded without faults, by scenario. A call that is the same in many lives (the API's
 * one write, a lease) counts once.
 */
export function faultPoints(lives: ReadonlyMap<string, Call[]>): FaultPoint[] {
  const points = new Map<string, FaultPoint>();
  const seen = new Set<string>();
  const add = (...args: Parameters<typeof point>) => {
    const one = point(...args);
    points.set(one.name, one);
  };
  for (const [scenario, calls] of lives) {
    for (const call of calls) {
      const name = callName(call);
      const once = /groupruns$| leases /.test(call.label);
      if (once && (call.occurrence > 1 || seen.has(`${call.sender} ${call.label}`))) continue;
      seen.add(`${call.sender} ${call.label}`);
      for (const fault of faultsOf(call.label, scenario)) add(scenario, call.sender, name, fault);
      if (isWatch(call.label)) {
        for (const fault of Object.keys(REWATCH_FAULTS)) add(scenario, call.sender, call.label, REOPENED + fault);
        for (const event of EVENTS) {
          const at = event === 1 ? '' : ` at event ${event}`;
          for (const fault of Object.keys(WATCH_FAULTS)) add(scenario, call.sender, call.label, fault + at);
        }
      }
    }
    add(scenario, 'standby', 'start', TWO_LEADERS);
  }
  return [...points.values()];
}

function faultsOf(label: string, scenario: string): string[] {
  const thorough = scenario === THOROUGH;
  if (isList(label)) return thorough && !label.includes(' of job ') ? Object.keys(LIST_FAULTS) : [];
  if (isWatch(label)) return [];
  if (!isMutating(label)) return ['500', '504', 'connection reset', 'late'];
  const always = Object.keys(CALL_FAULTS);
  if (!thorough) return always;
  return [
    ...always,
    ...Object.keys({ ...LONG_FAULTS, ...CLOCK_FAULTS, ...CLUSTER_FAULTS }),
    ...(label.includes('groupruns ') || label === 'POST groupruns' ? [] : Object.keys(LEADER_FAULTS)),
  ];
}

/** The event number in a watch's fault, and the fault without it. */
export function watchFault(fault: string): { kind: string; event: number } {
  const [, kind, event] = fault.match(/^(.*?)(?: at event (\d+))?$/)!;
  return { kind: kind!, event: Number(event ?? 1) };
}

/** What befalls the next opening of a watch that this fault closes first. */
export const reopened = (fault: string): string | undefined =>
  fault.startsWith(REOPENED) ? fault.slice(REOPENED.length) : undefined;

/** A shuffle that the seed decides (mulberry32). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
