/** Seconds since 1970 of a time as the service sends it; undefined for none. */
export const secondsOf = (time: string | undefined): number | undefined => {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms / 1000;
};

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** A length of time with at most two units: `4 s`, `2 min 5 s`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const index = UNITS.findIndex(([size]) => whole >= size);
  if (index === -1) return '0 s';
  const [size, unit] = UNITS[index]!;
  const next = UNITS[index + 1];
  const rest = next && Math.floor((whole % size) / next[0]);
  return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${next[1]}` : ''}`;
}

/** How long ago, in the largest unit: `now`, `40 s ago`, `3 h ago`. */
export function formatAgo(seconds: number): string {
  if (seconds < 5) return 'now';
  const [size, unit] = UNITS.find(([one]) => seconds >= one)!;
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** The time of day: `14:02:09`. `zone` as Intl names it; the browser's where not given. */
export const formatClock = (seconds: number, zone?: string): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', zone ? { timeZone: zone } : {});

/** Date and time: `25 Nov 2026, 14:02:09`. */
export const formatMoment = (seconds: number, zone?: string): string =>
  new Date(seconds * 1000).toLocaleString('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
    ...(zone && { timeZone: zone }),
  });
