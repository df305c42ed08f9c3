import { readFileSync } from 'node:fs';

/**
 * Loaded before a process of ours (node --import): moves its wall clock, while it runs, by the milliseconds that stand in
 * CLOCK_FILE. Timers go on, as they do when a machine's clock is set.
 */
const file = process.env.CLOCK_FILE ?? '';
const RealDate = Date;
let offsetMs = 0;
const now = () => RealDate.now() + offsetMs;

setInterval(() => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // Not written yet: not moved.
  }
}, 20).unref();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
