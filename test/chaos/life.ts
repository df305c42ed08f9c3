import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../../kube/group-run.ts';
import { MANAGED_SELECTOR } from '../../kube/labels.ts';
import { paths } from '../../kube/paths.ts';
import type { Call } from './call.ts';
import type { World } from './faults.ts';
import { type Broken, brokenInvariants, type RunVersion, type Told, type Version } from './invariants.ts';
import type { Lane, Sender } from './lane.ts';
import { type FaultPoint, needsOf, TWO_LEADERS } from './points.ts';
import type { Answer } from './proxy.ts';
import { SCENARIOS } from './scenarios.ts';
import { arm, type Strike, worldOf } from './strike.ts';

/** Beyond its deadline a run may take so long to be over: the Job controller's batches, backoffs, a busy machine. */
export const GRACE_SECONDS = 30;
/** Resident set of each process of ours. */
export const RSS_BOUND_MIB = 300;
/** How long after a life's end its fault is waited for: what tidies up comes late. */
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
  /** Processes to kill in its middle. */
  restarts?: Sender[];
  signal: AbortSignal;
}

/** One life of a scenario, from its trigger to its end. Rejects when aborted. */
export async function live({
  lane,
  scenario: scenarioName,
  restart,
  point,
  restarts = [],
  signal,
}: Course): Promise<Life> {
  const scenario = SCENARIOS[scenarioName];
  if (!scenario) throw new Error(`Expected a scenario of ${Object.keys(SCENARIOS).join(', ')}, got ${scenarioName}`);
  const begun = Date.now();
  const needs = point ? needsOf(point) : undefined;
  const twoLeaders = point?.fault === TWO_LEADERS;
  lane.proxies.standby.leases = twoLeaders ? new Map() : undefined;
  await lane.prepare({ clock: needs?.clock ?? false, silence: needs?.silence ?? false }, needs?.standby ?? false);
  const from = lane.observer.versions.length;
  const deathsBefore = lane.deaths.length;
  for (const proxy of Object.values(lane.proxies)) proxy.mark();

  const earlier = point?.fault === 'stale' ? await lists(lane) : new Map<string, Answer>();
  const strike: Strike | undefined =
    point && !twoLeaders ? arm(lane, point, worldOf(lane, restart, earlier)) : undefined;
  const acknowledged: string[] = [];
  const told: Told[] = [];
  const versions = () => ofRunsBegun(lane.observer.versions.slice(from));
  const runs = () => latestRuns(versions());
  const over = () =>
    acknowledged.every((accepted) => runs().some(({ name }) => name === accepted)) &&
    runs().every(({ state }) => state && isTerminal(state));

  const jobs = await trigger(lane, scenarioName, signal);
  acknowledged.push(`${jobs[0]!.slice(0, -4)}0000`);
  const asked = new AbortController();
  const asking = ask(lane, jobs, told, asked.signal);
  const killed = killInTheMiddle(lane, needs?.restart ? [point!.sender as Sender] : restarts, runs, over);

  const limitMs = (scenario.deadlineSeconds + GRACE_SECONDS) * 1000;
  let touchedAt = Date.now();
  const busy = () => strike?.busy || lane.busy;
  while (!over() && Date.now() < touchedAt + limitMs) {
    if (busy()) touchedAt = Date.now();
    await sleep(50, undefined, { signal });
  }
  const endedAt = Date.now();
  while (strike && !strike.struck && Date.now() < endedAt + AFTERWARDS_MS) await sleep(50);
  await killed;
  while (busy()) await sleep(50);
  strike?.disarm();
  // What a process that was away for a while does late.
  if (strike?.struck) await sleep(500);
  asked.abort();
  await asking;
  await lane.measure();
  const due = new Map(runs().map(({ name }) => [name, touchedAt + limitMs]));
  const deaths = [...lane.deaths.slice(deathsBefore), ...(await lane.unhandled())];
  const observation = { versions: versions(), acknowledged, told, due, deaths };
  return {
    struck: strike?.struck ?? true,
    broken: brokenInvariants({ ...observation, ends: scenario.ends, rssMiB: lane.rssMiB, rssBoundMiB: RSS_BOUND_MIB }),
    seconds: (Date.now() - begun) / 1000,
    calls: Object.values(lane.proxies).flatMap((proxy) => proxy.calls),
  };
}

/** What is about runs that were made in this time, and about their Jobs. */
export function ofRunsBegun(versions: Version[]): Version[] {
  const begun = new Set(
    versions.flatMap(({ kind, type, uid }) => (kind === 'GroupRun' && type === 'ADDED' ? [uid] : [])),
  );
  return versions.filter((one) => begun.has(one.kind === 'GroupRun' ? one.uid : (one.owner ?? '')));
}

const latestRuns = (versions: Version[]): RunVersion[] => [
  ...new Map(versions.flatMap((one) => (one.kind === 'GroupRun' ? [[one.uid, one] as const] : []))).values(),
];

/** Triggers the group until it is accepted, as a caller would; returns the ids of its jobs. */
async function trigger(lane: Lane, group: string, signal: AbortSignal): Promise<string[]> {
  const until = Date.now() + 90_000;
  for (;;) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${lane.url}/group/${group}`, { method: 'POST' });
      const text = await response.text();
      if (response.status === 202) {
        return (JSON.parse(text)['Check job status at'] as string[]).map((path) => path.slice('/status/'.length));
      }
    } catch {
      // The API is down for a moment.
    }
    if (Date.now() > until) throw new Error(`No trigger of ${group} was accepted within 90 s`);
    await sleep(200);
  }
}

/** Asks for each job's status all the time and notes what is told. */
async function ask(lane: Lane, jobs: string[], told: Told[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const id of jobs) {
      try {
        const response = await fetch(`${lane.url}/status/${id}`, { signal: AbortSignal.timeout(5000) });
        const text = await response.text();
        told.push({
          id,
          at: Date.now(),
          code: response.status,
          ...(response.ok ? { state: JSON.parse(text).state } : {}),
        });
      } catch {
        // The API is down for a moment.
      }
    }
    await sleep(300);
  }
}

/** Kills these as soon as one of the run's jobs has started. */
async function killInTheMiddle(
  lane: Lane,
  senders: Sender[],
  runs: () => RunVersion[],
  over: () => boolean,
): Promise<void> {
  if (senders.length === 0) return;
  while (!over() && !runs().some((run) => run.jobs.some(({ state }) => state === 'STARTED'))) await sleep(20);
  await Promise.all(senders.map((sender) => lane.kill(sender)));
}

/** Every list as it is now, by its path. */
async function lists(lane: Lane): Promise<Map<string, Answer>> {
  const all = paths(lane.namespace);
  const query = { labelSelector: MANAGED_SELECTOR };
  const entries = [all.runs, all.jobs, all.pods, all.events].map(async (path): Promise<[string, Answer]> => {
    const list = await lane.admin.request('GET', path, path === all.jobs || path === all.pods ? { query } : {});
    return [path, { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(list) }];
  });
  return new Map(await Promise.all(entries));
}
