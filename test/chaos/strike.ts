import { callName, isWatch } from '../fault-proxy/call.ts';
import {
  ALL_CALL_FAULTS,
  CALL_FAULTS,
  type CallFault,
  LIST_FAULTS,
  REWATCH_FAULTS,
  WATCH_FAULTS,
  type World,
} from '../fault-proxy/faults.ts';
import type { Lane, Sender } from './lane.ts';
import { type FaultPoint, needsOf, reopened, watchFault } from './points.ts';

/** A fault in wait, and what became of it. */
export interface Strike {
  /** Whether its moment came. */
  struck: boolean;
  /** Whether it is at work just now. */
  busy: boolean;
  disarm(): void;
}

/** Has the fault of `point` wait for its call on the proxies of `lane`. Throws where there is no such fault. */
export function arm(lane: Lane, point: FaultPoint, world: World): Strike {
  const senders: Sender[] = point.sender === 'controller' ? ['controller', 'standby'] : [point.sender as Sender];
  const proxies = senders.map((sender) => lane.proxies[sender]);
  const going = new Set<Promise<void>>();
  const strike: Strike = {
    struck: false,
    get busy() {
      return going.size > 0;
    },
    disarm: () => {
      for (const proxy of Object.values(lane.proxies)) proxy.mend();
    },
  };
  const onCall = (name: string, act: CallFault | undefined) => {
    if (!act) throw new Error(`Expected a known fault, got "${point.fault}"`);
    const fault = {
      matches: (call: Parameters<typeof callName>[0]) => !strike.struck && callName(call) === name,
      strike: (exchange: Parameters<CallFault>[0]) => {
        strike.struck = true;
        const acting = act(exchange, world);
        // A call that could not be passed on is cut by the proxy, which is told by the rejection.
        const done = acting.catch(() => {}).then(() => void going.delete(done));
        going.add(done);
        return acting;
      },
    };
    for (const proxy of proxies) proxy.faults.add(fault);
  };
  if (!isWatch(point.call)) {
    const isOfList = needsOf(point).restart && !(point.fault in CALL_FAULTS);
    const acts = isOfList ? { ...ALL_CALL_FAULTS, ...LIST_FAULTS } : ALL_CALL_FAULTS;
    onCall(point.call, acts[point.fault]);
    return strike;
  }
  const next = reopened(point.fault);
  const { kind, event } = watchFault(next === undefined ? point.fault : 'closed');
  const act = WATCH_FAULTS[kind];
  if (!act) throw new Error(`Expected a known fault, got "${point.fault}"`);
  let events = 0;
  const watchFaultOf = {
    matches: ({ label }: { label: string }) => label === point.call && ++events === event,
    strike: (lines: AsyncIterable<string>) => {
      if (next === undefined) strike.struck = true;
      else rearm(next);
      return act(lines);
    },
  };
  const rearm = (fault: string) => {
    for (const proxy of proxies) proxy.mark();
    onCall(point.call, REWATCH_FAULTS[fault]);
  };
  for (const proxy of proxies) proxy.watchFaults.add(watchFaultOf);
  return strike;
}
