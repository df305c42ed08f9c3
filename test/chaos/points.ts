import { type Call, callName, isList, isMutating, isWatch } from '../fault-proxy/call.ts';
import {
  CALL_FAULTS,
  CLOCK_FAULTS,
  CLUSTER_FAULTS,
  LEADER_FAULTS,
  LIST_FAULTS,
  LONG_FAULTS,
  REWATCH_FAULTS,
} from '../fault-proxy/faults.ts';
import { WATCH_FAULTS } from '../fault-proxy/watch-faults.ts';
import { SCENARIOS } from './scenarios.ts';

/** One fault at one call of a scenario. The name holds all other fields, so it is enough for a replay. */
export interface FaultPoint {
  name: string;
  scenario: string;
  sender: string;
  /** The call's name; `start` for a fault from the beginning of the trial. */
  call: string;
  fault: string;
}

/** The events of a watch, by number, that get faults: the first of a trial, and one in its middle. */
const EVENTS = [1, 4];
export const TWO_LEADERS = 'two leaders';
const REOPENED = 'closed, then ';
/** The one scenario that also gets the slow faults. */
const THOROUGH = Object.keys(SCENARIOS)[0]!;

const point = (scenario: string, sender: string, call: string, fault: string): FaultPoint => ({
  name: `${scenario}: ${sender} ${call}: ${fault}`,
  scenario,
  sender,
  call,
  fault,
});

/** The fault point of that name. Throws an Error with an example for another form. */
export function parsePoint(name: string): FaultPoint {
  const [, scenario, sender, call, fault] = name.match(/^([^:]+): (\S+) ([^:]+): (.+)$/) ?? [];
  if (fault === undefined) {
    throw new Error(`Expected a fault point such as "mixed: controller POST jobs/1: killed before", got "${name}"`);
  }
  return point(scenario!, sender!, call!, fault);
}

/** What a fault needs of its trial. */
export interface Needs {
  /** A standby controller. */
  standby: boolean;
  /** Clocks that can be moved. */
  clock: boolean;
  /** A silent watch is closed after seconds rather than minutes. */
  silence: boolean;
  /** How the process is ended in the middle of the trial, where it makes this call only at its end or start. */
  restart: 'SIGKILL' | 'SIGTERM' | undefined;
  /** No other trial may run on the cluster. */
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
 * Every fault point of the calls recorded without faults, by scenario. A call that several scenarios make counts for the
 * first of them only.
 */
export function faultPoints(trials: ReadonlyMap<string, Call[]>): FaultPoint[] {
  const points: FaultPoint[] = [];
  const seen = new Set<string>();
  // The order of SCENARIOS, not the one in which trials ended.
  for (const scenario of Object.keys(SCENARIOS).filter((name) => trials.has(name))) {
    for (const call of trials.get(scenario)!) {
      const name = callName(call);
      // Later renewals, watches and lists are like the first.
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
  // For a repeated call, only a process that ends before or after it.
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

/** Each stops all other trials for many seconds: only creations get every one. */
const clusterFaults = (label: string): string[] =>
  label.startsWith('POST') ? Object.keys(CLUSTER_FAULTS) : ['kube-apiserver killed'];

/** A watch fault's name in WATCH_FAULTS, and the number of the event at which to inject it. */
export function watchFault(fault: string): { kind: string; event: number } {
  const [, kind, event] = fault.match(/^(.*?)(?: at event (\d+))?$/)!;
  return { kind: kind!, event: Number(event ?? 1) };
}

/** The fault of the call that reopens the watch, for a fault that first closes it. */
export const reopened = (fault: string): string | undefined =>
  fault.startsWith(REOPENED) ? fault.slice(REOPENED.length) : undefined;
