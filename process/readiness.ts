/** One condition of `/readyz`, which is ready when all are ok. */
export interface ReadinessCheck {
  name: string;
  ok: boolean;
  note?: string;
}

/** Whether all checks are ok, and the body of `/readyz`; with `verbose` a line for each check. */
export function readiness(checks: ReadinessCheck[], verbose: boolean): { ready: boolean; text: string } {
  const ready = checks.every((check) => check.ok);
  const lines = checks.map(({ name, ok, note }) => `[${ok ? '+' : '-'}] ${name}${note ? `: ${note}` : ''}`);
  return { ready, text: verbose ? lines.join('\n') : ready ? 'ok' : 'not ready' };
}
