import { readFileSync } from 'node:fs';

/**
 * Preloaded into one of our processes (node --import): moves its wall clock by the milliseconds in CLOCK_FILE, which is read
 * again and again. Timers and the monotonic clock stay as they are, as when a machine's clock is set.
 */
const file = process.env.CLOCK_FILE ?? '';
const RealDate = Date;
let offsetMs = 0;
const now = () => RealDate.now() + offsetMs;

setInterval(() => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // The file does not exist yet.
  }
}, 20).unref();

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
