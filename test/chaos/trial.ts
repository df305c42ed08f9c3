import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../../contract/group-run.ts';
import { toRunId } from '../../contract/ids.ts';
import { poll } from '../../dev/cluster/poll.ts';
import type { Call } from '../fault-proxy/call.ts';
import type { FaultContext } from '../fault-proxy/faults.ts';
import { Caller } from './caller.ts';
import type { Sender } from './environment.ts';
import { earlierLists, faultContext } from './fault-context.ts';
import { latest, ofRunsBegun, type RunVersion, runsOf } from './history.ts';
import { arm } from './inject.ts';
import { type Broken, behind, brokenInvariants, leftOver } from './invariants.ts';
import type { Lane } from './lane.ts';
import { type FaultPoint, needsOf, TWO_LEADERS } from './points.ts';
import { SCENARIOS } from './scenarios.ts';

/** How long a run may take beyond its deadline: the Job controller works in batches and backs off, the machine is busy. */
export const GRACE_SECONDS = 30;
/** A watch that could not be reopened for long is tried again up to 45 s later, and only then Jobs of a run that is over are seen. */
const TIDY_SECONDS = 60;
/** Bound of the resident set of each of our processes. */
export const RSS_BOUND_MIB = 300;
/** How long to wait for the fault's call after the end of the run: some calls come late. */
const AFTERWARDS_MS = 4000;

export interface TrialResult {
  /** Whether the fault was injected; true for a trial without a fault. */
  injected: boolean;
  broken: Broken[];
  seconds: number;
  /** The calls of our processes to the API server, in order. */
  calls: Call[];
}

export interface Trial {
  lane: Lane;
  scenario: string;
  restart: FaultContext['restart'];
  /** The fault to inject; absent for a trial without a fault. */
  point?: FaultPoint;
  /** Processes to stop and start again when a job has started. */
  restarts?: Sender[];
  signal: AbortSignal;
}

/** Runs a scenario once, from its trigger to its end, and checks the invariants. Rejects when aborted. */
export async function runTrial(trial: Trial): Promise<TrialResult> {
  const { lane, restart, point, restarts = [], signal } = trial;
  const { cancel, deadlineSeconds, ends, retention = false } = scenarioOf(trial.scenario);
  const begun = performance.now();
  const twoLeaders = point?.fault === TWO_LEADERS;
  const needs = needsOf(point ?? { call: '', fault: '' });
  lane.proxies.standby.leases = twoLeaders ? new Map() : undefined;
  await lane.prepare({ clock: needs.clock, silence: needs.silence, retention }, needs.standby);

  const from = lane.observer.versions.length;
  const deathsBefore = lane.deaths.length;
  for (const proxy of Object.values(lane.proxies)) proxy.mark();
  const earlier = point?.fault === 'stale' ? await earlierLists(lane) : new Map();
  const injection = point && !twoLeaders ? arm(lane, point, faultContext(lane, restart, earlier)) : undefined;

  const caller = new Caller(() => lane.url, signal);
  const versions = () => ofRunsBegun(lane.observer.versions.slice(from));
  const runs = () => latest(runsOf(versions()));
  const exists = () => caller.acknowledged.every(({ run }) => runs().some(({ name }) => name === run));
  const over = () => exists() && runs().every(({ state }) => state && isTerminal(state));
  const tidy = () => leftOver(versions(), retention).length === 0 && behind(versions(), caller.told).length === 0;

  const jobs = await caller.trigger(trial.scenario);
  const asked = new AbortController();
  const started = whenStarted(runs, () => over() || asked.signal.aborted);
  const ending = needs.restart ? [point!.sender as Sender] : restarts;
  const meanwhile = Promise.all([
    caller.follow(jobs, asked.signal),
    started.then(() => Promise.all(ending.map((sender) => lane.end(sender, needs.restart ?? 'SIGTERM')))),
    cancel && started.then(() => caller.cancel(cancel(toRunId(jobs[0]!)))),
  ]);

  // Its rejection is handled where it is awaited.
  meanwhile.catch(() => {});
  const limitMs = (deadlineSeconds + GRACE_SECONDS) * 1000;
  let lastBusyAt = Date.now();
  /** Until `done`, but no longer than `ms` after a fault was last active. */
  const waitFor = async (done: () => boolean, ms: number) => {
    let until = performance.now() + ms;
    const doneOrLate = () => {
      if (done()) return true;
      if (injection?.busy || lane.busy) {
        lastBusyAt = Date.now();
        until = performance.now() + ms;
      }
      return performance.now() > until || undefined;
    };
    await poll(doneOrLate, { deadlineMs: Infinity, intervalMs: 50, signal });
  };
  try {
    await waitFor(over, limitMs);
    await waitFor(() => injection?.injected ?? true, AFTERWARDS_MS);
    await waitFor(() => !injection?.busy && !lane.busy, limitMs);
    // Time for what a paused or partitioned process does when it is back.
    if (needs.standby) await sleep(1000);
    await waitFor(() => over() && tidy(), TIDY_SECONDS * 1000);
  } finally {
    injection?.disarm();
    asked.abort();
  }
  await meanwhile;
  await lane.measure();
  const observation = {
    versions: versions(),
    acknowledged: caller.acknowledged,
    told: caller.told,
    due: new Map(runs().map(({ name }) => [name, lastBusyAt + limitMs])),
    deaths: [...lane.deaths.slice(deathsBefore), ...(await lane.unhandled())],
  };
  const bounds = { rssMiB: lane.rssMiB, rssBoundMiB: RSS_BOUND_MIB };
  return {
    injected: injection?.injected ?? true,
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

/** Resolves when one of the jobs has started, or can no longer start. */
async function whenStarted(runs: () => RunVersion[], late: () => boolean): Promise<void> {
  const started = () => runs().some(({ jobs }) => jobs.some(({ state }) => state === 'STARTED'));
  await poll(() => late() || started() || undefined, { deadlineMs: Infinity, intervalMs: 20 });
}
