const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const TIME = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;

/** What differs from one run to the next, as a document shows it, and the pattern of what may stand there instead. */
const VARYING: [shown: RegExp, pattern: string][] = [
  [/…/, '[^]*?'],
  [new RegExp(UUID), UUID],
  [new RegExp(TIME), TIME],
  // Random ends of names that Kubernetes makes.
  [/(?<=sample-)[a-z0-9]{5}/, '[a-z0-9]{5}'],
  // How far a job has come that is not over depends on the machine, and so do ages.
  [/\b(?:PENDING|STARTED)\b/, '(?:PENDING|STARTED)'],
  [/\b(?:ErrImagePull|ImagePullBackOff)\b/, '(?:ErrImagePull|ImagePullBackOff)'],
  // What a listener has seen, in the id of a Server-Sent Event.
  [/\b[psrdfx]\.(?:\d+[psrdfx])+/, String.raw`[psrdfx]\.(?:\d+(?:[psrdfx]|[PSRDFX]\w{4}))+`],
  // When a run was accepted, in the `continue` of a page.
  [/(?<=Z_)\d{13}(?=_)/, String.raw`\d{13}`],
  [/(?<=\s)\d+[sm](?:\d+s)?(?=\s|$)/, String.raw`\d+[sm](?:\d+s)?`],
  [/\s+/, String.raw`\s*`],
];
const ANY = new RegExp(VARYING.map(([shown]) => `(${shown.source})`).join('|'), 'g');

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * The pattern of outputs that are what a document shows: ids, times, ages and white space may differ, and `…` stands for
 * anything.
 */
export function outputPattern(shown: string): RegExp {
  let pattern = '';
  let from = 0;
  for (const match of shown.matchAll(ANY)) {
    const which = match.slice(1).findIndex((group) => group !== undefined);
    pattern += escaped(shown.slice(from, match.index)) + VARYING[which]![1];
    from = match.index + match[0].length;
  }
  return new RegExp(`^${pattern}${escaped(shown.slice(from))}$`);
}
