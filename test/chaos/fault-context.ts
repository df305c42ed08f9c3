import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_SELECTOR } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import { type Answer, TOO_MANY_REQUESTS } from '../fault-proxy/answer.ts';
import type { CallFault, FaultContext } from '../fault-proxy/faults.ts';
import type { Sender } from './environment.ts';
import type { Lane } from './lane.ts';

/** What a fault can do to this lane and, in a trial that runs alone, to the cluster. */
export function faultContext(
  lane: Lane,
  restart: FaultContext['restart'],
  earlier: ReadonlyMap<string, Answer>,
): FaultContext {
  return {
    leaseMs: lane.leaseMs,
    kill: (sender) => lane.end(sender as Sender, 'SIGKILL'),
    pause: (sender) => lane.signal(sender as Sender, 'SIGSTOP'),
    resume: (sender) => lane.signal(sender as Sender, 'SIGCONT'),
    moveClock: (sender, seconds) => lane.moveClock(sender as Sender, seconds),
    restart,
    partition: async (sender, ms) => {
      const proxy = lane.proxies[sender as Sender];
      proxy.partition = sleep(ms);
      await proxy.partition;
      proxy.partition = undefined;
    },
    refuse: async (sender, answer, ms) => {
      const proxy = lane.proxies[sender as Sender];
      proxy.refusal = () => answer;
      await sleep(ms);
      proxy.refusal = undefined;
    },
    throttle: async (sender, ms) => {
      const proxy = lane.proxies[sender as Sender];
      proxy.refusal = () => TOO_MANY_REQUESTS;
      proxy.cutWatches();
      await sleep(ms);
      proxy.refusal = undefined;
    },
    arm: (sender, label, act) => {
      const fault = {
        matches: (call: { label: string }) => call.label === label,
        inject: (exchange: Parameters<CallFault>[0]) => act(exchange, faultContext(lane, restart, earlier)),
      };
      lane.proxies[sender as Sender].faults.add(fault);
    },
    earlier: (url) => {
      const answer = earlier.get(new URL(url, 'http://localhost').pathname);
      if (!answer) throw new Error(`Expected an earlier list for ${url}`);
      return answer;
    },
  };
}

/** The present answers to the lists of the lane's namespace, by path. */
export async function earlierLists(lane: Lane): Promise<Map<string, Answer>> {
  const { runs, jobs, pods, events } = paths(lane.namespace);
  const ours = { query: { labelSelector: MANAGED_SELECTOR } };
  const list = async (path: string, options = {}): Promise<[string, Answer]> => {
    const body = JSON.stringify(await lane.admin.request('GET', path, options));
    return [path, { status: 200, headers: { 'content-type': 'application/json' }, body }];
  };
  return new Map(await Promise.all([list(runs), list(jobs, ours), list(pods, ours), list(events)]));
}
