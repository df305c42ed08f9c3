import { formatDuration } from './time.ts';

/** What the header Log-May-Be-Cut says, in words; undefined where the log is whole. */
export function cutWords(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (header === 'kept') return 'Its pods are gone. This is the last output that was kept.';
  const [, seconds] = /first-line-after=(\d+)/.exec(header) ?? [];
  const after = seconds ? ` The first line is from ${formatDuration(Number(seconds))} after its start.` : '';
  return `The beginning may be missing: a node keeps only the newest part of a large log.${after}`;
}
