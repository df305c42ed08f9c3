import { LRUCache } from 'lru-cache';
import type { Log } from '../process/log.ts';

/** One warning: code, agent, text in quotes (with `\` before each `"` and `\`), and perhaps a date in quotes (RFC 7234, 5.5). */
const WARNING = /\s*\d{3} [^\s"]+ "((?:[^"\\]|\\.)*)"(?: "[^"]*")?\s*(?:,|$)/y;
/** A text can name objects, so there is no end to them. */
const MAX_REMEMBERED = 500;

/** The texts in the Warning headers of a response, in order. A header is read up to its first malformed part. */
export function warningTexts(headers: string | string[] | undefined): string[] {
  return [headers ?? []].flat().flatMap((header) => {
    // Undici reads headers as Latin-1, the API server writes UTF-8.
    const line = Buffer.from(header, 'latin1').toString();
    const texts: string[] = [];
    WARNING.lastIndex = 0;
    for (let found = WARNING.exec(line); found; found = WARNING.exec(line))
      texts.push(found[1]!.replace(/\\(.)/g, '$1'));
    return texts;
  });
}

/** Returns a function that logs the warnings of a response, each text once, as kubectl prints them. */
export function warningLog(log: Log): (call: string, headers: string | string[] | undefined) => void {
  const logged = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  return (call, headers) => {
    for (const warning of warningTexts(headers)) {
      if (!logged.get(warning)) log('the API server warned', { call, warning }, 'warn');
      logged.set(warning, true);
    }
  };
}
