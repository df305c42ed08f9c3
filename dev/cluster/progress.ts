/** Reports steps on stderr, a line with its duration for each; on a terminal the line is updated during the step. */
export class Progress {
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
    const terminal = process.stderr.isTTY;
    if (!terminal) this.note(`${what} …`);
    // CI systems end a job without output; a minute is far below their limits.
    const tick = setInterval(
      () =>
        terminal ? process.stderr.write(`\r\x1b[K  … ${what}  ${elapsed()}`) : this.note(`${what} … ${elapsed()}`),
      terminal ? 200 : 60_000,
    );
    try {
      const result = await work();
      process.stderr.write(`${terminal ? '\r\x1b[K' : ''}  ✓ ${what}  ${elapsed()}\n`);
      return result;
    } catch (error) {
      process.stderr.write(`${terminal ? '\r\x1b[K' : ''}  ✗ ${what}  ${elapsed()}\n`);
      throw error;
    } finally {
      clearInterval(tick);
    }
  }

  note(line: string): void {
    process.stderr.write(`  ${line}\n`);
  }
}
