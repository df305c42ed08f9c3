import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line: a constant message and what it is about. The level is info where not given. */
export type Log = (message: string, fields?: Record<string, unknown>, level?: LogLevel) => void;

/** A log of JSON lines on stdout. JSON escapes line breaks, so nothing a caller sends can forge a line. */
export function createLog(component: string, level: LogLevel = 'info'): Log {
  const logger = pino({
    level,
    base: { component },
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  });
  return (message, fields = {}, at = 'info') => logger[at](fields, message);
}

/** What an unknown thrown value says, its causes included (undici puts the reason there). */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${errorMessage(error.cause)}` : error.message;
}
