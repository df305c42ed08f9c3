import { useEffect, useState } from 'preact/hooks';

/** The time in seconds since 1970, renewed each second while `isRunning`. */
export function useNow(isRunning = true): number {
  const [now, setNow] = useState(Date.now() / 1000);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
