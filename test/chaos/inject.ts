import { callName, isWatch } from '../fault-proxy/call.ts';
import {
  ALL_CALL_FAULTS,
  CALL_FAULTS,
  type CallFault,
  type FaultContext,
  LIST_FAULTS,
  REWATCH_FAULTS,
} from '../fault-proxy/faults.ts';
import { WATCH_FAULTS } from '../fault-proxy/watch-faults.ts';
import type { Sender } from './environment.ts';
import type { Lane } from './lane.ts';
import { type FaultPoint, needsOf, reopened, watchFault } from './points.ts';

/** An armed fault, and what became of it. */
export interface Injection {
  /** Whether it was injected. */
  injected: boolean;
  /** Whether it is active now. */
  busy: boolean;
  disarm(): void;
}

/** Arms the fault of `point` on the proxies of `lane`. Throws for an unknown fault. */
export function arm(lane: Lane, point: FaultPoint, context: FaultContext): Injection {
  const senders: Sender[] = point.sender === 'controller' ? ['controller', 'standby'] : [point.sender as Sender];
  const proxies = senders.map((sender) => lane.proxies[sender]);
  const active = new Set<Promise<void>>();
  const injection: Injection = {
    injected: false,
    get busy() {
      return active.size > 0;
    },
    disarm: () => {
      for (const proxy of Object.values(lane.proxies)) proxy.mend();
    },
  };
  const onCall = (name: string, act: CallFault | undefined) => {
    if (!act) throw new Error(`Expected a known fault, got "${point.fault}"`);
    const fault = {
      matches: (call: Parameters<typeof callName>[0]) => !injection.injected && callName(call) === name,
      inject: (exchange: Parameters<CallFault>[0]) => {
        injection.injected = true;
        const acting = act(exchange, context);
        // The proxy handles the rejection: it cuts a call that could not be forwarded.
        const done = acting.catch(() => {}).then(() => void active.delete(done));
        active.add(done);
        return acting;
      },
    };
    for (const proxy of proxies) proxy.faults.add(fault);
  };
  if (!isWatch(point.call)) {
    const isOfList = needsOf(point).restart && !(point.fault in CALL_FAULTS);
    const acts = isOfList ? { ...ALL_CALL_FAULTS, ...LIST_FAULTS } : ALL_CALL_FAULTS;
    onCall(point.call, acts[point.fault]);
    return injection;
  }
  const next = reopened(point.fault);
  const { kind, event } = watchFault(next === undefined ? point.fault : 'closed');
  const act = WATCH_FAULTS[kind];
  if (!act) throw new Error(`Expected a known fault, got "${point.fault}"`);
  let events = 0;
  const watchFaultOf = {
    matches: ({ label }: { label: string }) => label === point.call && ++events === event,
    inject: (lines: AsyncIterable<string>) => {
      if (next === undefined) injection.injected = true;
      else rearm(next);
      return act(lines);
    },
  };
  const rearm = (fault: string) => {
    for (const proxy of proxies) proxy.mark();
    onCall(point.call, REWATCH_FAULTS[fault]);
  };
  for (const proxy of proxies) proxy.watchFaults.add(watchFaultOf);
  return injection;
}
