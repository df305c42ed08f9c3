import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import { poll } from '../../dev/cluster/poll.ts';
import type { Call } from '../fault-proxy/call.ts';
import type { World } from '../fault-proxy/faults.ts';
import { Caller } from './caller.ts';
import { latest, ofRunsBegun, type RunVersion, runsOf } from './history.ts';
import { type Broken, behind, brokenInvariants, leftOver } from './invariants.ts';
import type { Lane, Sender } from './lane.ts';
import { type FaultPoint, needsOf, TWO_LEADERS } from './points.ts';
import { SCENARIOS } from './scenarios.ts';
import { arm } from './strike.ts';
import { earlierLists, worldOf } from './world.ts';

/** Beyond its deadline a run may take so long to be over: the Job controller's batches, backoffs, a busy machine. */
export const GRACE_SECONDS = 30;
/** Resident set of each process of ours. */
export const RSS_BOUND_MIB = 300;
/** How long after a run's end its fault is still waited for: some calls come late. */
const AFTERWARDS_MS = 4000;

export interface Life {
  /** Whether the fault's moment came; true for a life without one. */
  struck: boolean;
  broken: Broken[];
  seconds: number;
  /** What our processes asked of the API server, in order. */
  calls: Call[];
}

export interface Course {
  lane: Lane;
  scenario: string;
  restart: World['restart'];
  /** The fault to strike it; none where absent. */
  point?: FaultPoint;
  /** Processes to stop and start again in its middle. */
  restarts?: Sender[];
  signal: AbortSignal;
}

/** One life of a scenario, from its trigger to its end. Rejects when aborted. */
export async function live(course: Course): Promise<Life> {
  const { lane, restart, point, restarts = [], signal } = course;
  const { cancel, deadlineSeconds, ends, retention = false } = scenarioOf(course.scenario);
  const begun = performance.now();
  const twoLeaders = point?.fault === TWO_LEADERS;
  const needs = needsOf(point ?? { call: '', fault: '' });
  lane.proxies.standby.leases = twoLeaders ? new Map() : undefined;
  await lane.prepare({ clock: needs.clock, silence: needs.silence, retention }, needs.standby);

  const from = lane.observer.versions.length;
  const deathsBefore = lane.deaths.length;
  for (const proxy of Object.values(lane.proxies)) proxy.mark();
  const earlier = point?.fault === 'stale' ? await earlierLists(lane) : new Map();
  const strike = point && !twoLeaders ? arm(lane, point, worldOf(lane, restart, earlier)) : undefined;

  const caller = new Caller(() => lane.url, signal);
  const versions = () => ofRunsBegun(lane.observer.versions.slice(from));
  const runs = () => latest(runsOf(versions()));
  const exists = () => caller.acknowledged.every(({ run }) => runs().some(({ name }) => name === run));
  const over = () => exists() && runs().every(({ state }) => state && isTerminal(state));
  const tidy = () => leftOver(versions(), retention).length === 0 && behind(versions(), caller.told).length === 0;

  const jobs = await caller.trigger(course.scenario);
  const asked = new AbortController();
  const started = whenStarted(runs, () => over() || asked.signal.aborted);
  const ending = needs.restart ? [point!.sender as Sender] : restarts;
  const meanwhile = Promise.all([
    caller.follow(jobs, asked.signal),
    started.then(() => Promise.all(ending.map((sender) => lane.end(sender, needs.restart ?? 'SIGTERM')))),
    cancel && started.then(() => caller.cancel(cancel(toRunId(jobs[0]!)))),
  ]);

  // Its rejection is taken where it is awaited.
  meanwhile.catch(() => {});
  const limitMs = (deadlineSeconds + GRACE_SECONDS) * 1000;
  let touchedAt = Date.now();
  /** Until `done`, but no longer than `ms` after a fault was last at work. */
  const waitFor = async (done: () => boolean, ms: number) => {
    let until = performance.now() + ms;
    const doneOrLate = () => {
      if (done()) return true;
      if (strike?.busy || lane.busy) {
        touchedAt = Date.now();
        until = performance.now() + ms;
      }
      return performance.now() > until || undefined;
    };
    await poll(doneOrLate, { deadlineMs: Infinity, intervalMs: 50, signal });
  };
  try {
    await waitFor(over, limitMs);
    await waitFor(() => strike?.struck ?? true, AFTERWARDS_MS);
    await waitFor(() => !strike?.busy && !lane.busy, limitMs);
    // What a process that was away for a while does late.
    if (needs.standby) await sleep(1000);
    await waitFor(() => over() && tidy(), GRACE_SECONDS * 1000);
  } finally {
    strike?.disarm();
    asked.abort();
  }
  await meanwhile;
  await lane.measure();
  const observation = {
    versions: versions(),
    acknowledged: caller.acknowledged,
    told: caller.told,
    due: new Map(runs().map(({ name }) => [name, touchedAt + limitMs])),
    deaths: [...lane.deaths.slice(deathsBefore), ...(await lane.unhandled())],
  };
  const bounds = { rssMiB: lane.rssMiB, rssBoundMiB: RSS_BOUND_MIB };
  return {
    struck: strike?.struck ?? true,
    broken: brokenInvariants({ ...observation, ...bounds, ends, retention }),
    seconds: (performance.now() - begun) / 1000,
    calls: Object.values(lane.proxies).flatMap((proxy) => proxy.calls),
  };
}

function scenarioOf(name: string) {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`Expected a scenario of ${Object.keys(SCENARIOS).join(', ')}, got ${name}`);
  return scenario;
}

/** One of the jobs has started, or it is too late for that. */
async function whenStarted(runs: () => RunVersion[], late: () => boolean): Promise<void> {
  const started = () => runs().some(({ jobs }) => jobs.some(({ state }) => state === 'STARTED'));
  await poll(() => late() || started() || undefined, { deadlineMs: Infinity, intervalMs: 20 });
}
