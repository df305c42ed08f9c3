import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of a benchmark beside the product: bench/processes/NAME.ts. It answers each message with one, and ends with this process. */
export class Helper {
  readonly #child: ChildProcess;

  constructor(name: 'bare' | 'load') {
    this.#child = fork(join(import.meta.dirname, `processes/${name}.ts`));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Its answer to this message. Rejects if it ends instead. */
  ask<Answer>(message: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`A helper process ended with ${code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (answer) => {
        this.#child.off('exit', ended);
        resolve(answer as Answer);
      });
      this.#child.send(message);
    });
  }

  stop(): void {
    this.#child.kill();
  }
}
