/** Writes one line: a constant message and what it is about. */
export type Log = (message: string, fields?: Record<string, unknown>) => void;

/** A log of JSON lines on stdout. JSON escapes line breaks, so nothing a caller sends can forge a line. */
export const createLog =
  (component: string): Log =>
  (message, fields = {}) => {
    process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), component, message, ...fields })}\n`);
  };

/** What an unknown thrown value says, its causes included (undici puts the reason there). */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${errorMessage(error.cause)}` : error.message;
}
