import { type Call, callName, isList, isMutating, isWatch } from '../fault-proxy/call.ts';
import {
  CALL_FAULTS,
  CLOCK_FAULTS,
  CLUSTER_FAULTS,
  LEADER_FAULTS,
  LIST_FAULTS,
  LONG_FAULTS,
  REWATCH_FAULTS,
  WATCH_FAULTS,
} from '../fault-proxy/faults.ts';
import { SCENARIOS } from './scenarios.ts';

/** One place in a life where one fault strikes. `name` says all of it, so that it can be replayed by its name alone. */
export interface FaultPoint {
  name: string;
  scenario: string;
  sender: string;
  /** The call by its name; `start` for what befalls a life from its beginning. */
  call: string;
  fault: string;
}

/** The events of a watch, by number, at which faults strike: the first of a life, and one in its middle. */
const EVENTS = [1, 4];
export const TWO_LEADERS = 'two leaders';
const REOPENED = 'closed, then ';
/** The scenario whose life also gets what costs much time. */
const THOROUGH = Object.keys(SCENARIOS)[0]!;

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
  /** The process is ended in the middle of the life and started again, since only then this call is made. */
  restart: 'SIGKILL' | 'SIGTERM' | undefined;
  /** The cluster to itself. */
  alone: boolean;
}

export const needsOf = ({ call, fault }: Pick<FaultPoint, 'call' | 'fault'>): Needs => ({
  standby: fault in LEADER_FAULTS || fault === TWO_LEADERS,
  clock: fault in CLOCK_FAULTS,
  silence: fault.startsWith('black-holed'),
  restart: / leases release/.test(call)
    ? 'SIGTERM'
    : isList(call) || / leases acquire/.test(call)
      ? 'SIGKILL'
      : undefined,
  alone: fault in CLUSTER_FAULTS,
});

/**
 * Every fault point of the lives recorded without faults, by scenario. A call that several lives make counts in the first
 * of them only.
 */
export function faultPoints(lives: ReadonlyMap<string, Call[]>): FaultPoint[] {
  const points: FaultPoint[] = [];
  const seen = new Set<string>();
  // In the order of SCENARIOS, whichever life was over first.
  for (const scenario of Object.keys(SCENARIOS).filter((name) => lives.has(name))) {
    for (const call of lives.get(scenario)!) {
      const name = callName(call);
      // One renewal is like another.
      if (seen.has(`${call.sender} ${name}`) || (call.occurrence > 1 && /leases|WATCH|LIST/.test(call.label))) continue;
      seen.add(`${call.sender} ${name}`);
      points.push(...faultsAt(call, scenario === THOROUGH).map((fault) => point(scenario, call.sender, name, fault)));
    }
    points.push(point(scenario, 'standby', 'start', TWO_LEADERS));
  }
  return points;
}

function faultsAt({ sender, label, occurrence }: Call, thorough: boolean): string[] {
  if (isWatch(label)) return watchFaults();
  if (isList(label) && !label.includes(' of job ')) return Object.keys(LIST_FAULTS);
  if (!isMutating(label)) return ['500', '504', 'connection reset', 'late'];
  // Of calls that say the same once more, only whether they may be the last.
  if (occurrence > 1) return ['killed before', 'killed after'];
  const always = Object.keys(CALL_FAULTS);
  if (!thorough) return always;
  return [
    ...always,
    ...Object.keys(LONG_FAULTS),
    ...Object.keys(CLOCK_FAULTS),
    ...(sender === 'api' ? [] : Object.keys(LEADER_FAULTS)),
    ...(/ (events|leases)/.test(label) ? [] : clusterFaults(label)),
  ];
}

const watchFaults = (): string[] => [
  ...Object.keys(REWATCH_FAULTS).map((fault) => REOPENED + fault),
  ...EVENTS.flatMap((event) =>
    Object.keys(WATCH_FAULTS).map((fault) => (event === 1 ? fault : `${fault} at event ${event}`)),
  ),
];

/** Each costs many seconds of everybody's time: all of them only where something is made. */
const clusterFaults = (label: string): string[] =>
  label.startsWith('POST') ? Object.keys(CLUSTER_FAULTS) : ['kube-apiserver killed'];

/** The kind of a watch's fault, and the number of the event at which it strikes. */
export function watchFault(fault: string): { kind: string; event: number } {
  const [, kind, event] = fault.match(/^(.*?)(?: at event (\d+))?$/)!;
  return { kind: kind!, event: Number(event ?? 1) };
}

/** What befalls the next opening of a watch that this fault closes first. */
export const reopened = (fault: string): string | undefined =>
  fault.startsWith(REOPENED) ? fault.slice(REOPENED.length) : undefined;
