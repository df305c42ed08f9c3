import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_SELECTOR } from '../../contract/labels.ts';
import { paths } from '../../contract/paths.ts';
import type { Answer } from '../fault-proxy/answer.ts';
import type { CallFault, World } from '../fault-proxy/faults.ts';
import type { Lane, Sender } from './lane.ts';

/** What a fault can do to this lane and, where it has the cluster to itself, to the cluster. */
export function worldOf(lane: Lane, restart: World['restart'], earlier: ReadonlyMap<string, Answer>): World {
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
      proxy.refusal = answer;
      await sleep(ms);
      proxy.refusal = undefined;
    },
    arm: (sender, label, act) => {
      const fault = {
        matches: (call: { label: string }) => call.label === label,
        strike: (exchange: Parameters<CallFault>[0]) => act(exchange, worldOf(lane, restart, earlier)),
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

/** Every list of the lane's namespace as it is now, by its path. */
export async function earlierLists(lane: Lane): Promise<Map<string, Answer>> {
  const { runs, jobs, pods, events } = paths(lane.namespace);
  const ours = { query: { labelSelector: MANAGED_SELECTOR } };
  const list = async (path: string, options = {}): Promise<[string, Answer]> => {
    const body = JSON.stringify(await lane.admin.request('GET', path, options));
    return [path, { status: 200, headers: { 'content-type': 'application/json' }, body }];
  };
  return new Map(await Promise.all([list(runs), list(jobs, ours), list(pods, ours), list(events)]));
}
