import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line: a constant message, with variable data in `fields`. The default level is info. */
export type Log = (message: string, fields?: Record<string, unknown>, level?: LogLevel) => void;

/** Logs JSON lines to stdout. JSON escapes line breaks, so callers cannot forge log lines. */
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

/** The message of any thrown value, including its causes (undici puts the reason there). */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${errorMessage(error.cause)}` : error.message;
}
