import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, type Log } from '../process/log.ts';
import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { acquiredLease, type Lease, releasedLease } from './lease.ts';

interface Options {
  client: Pick<KubeClient, 'request'>;
  /** Of the namespace's leases. */
  path: string;
  name: string;
  /** Of this replica; no two may be the same. */
  identity: string;
  /** How long others wait after the last sign of life of a leader, milliseconds, at least 1,000. */
  leaseMs: number;
  log: Log;
  /** Milliseconds of a clock that never jumps. */
  monotonic?: () => number;
  random?: () => number;
}

/**
 * Elects one of several replicas by a Lease, in the manner of client-go's leaderelection: a leader that could not renew for
 * two thirds of the lease steps down, so a third of it stands between its last write and the next leader's first. Who
 * else leads is judged by when the Lease was last seen to change, on this machine's monotonic clock: no two clocks are compared.
 */
export class Leader {
  readonly #options: Options;
  readonly #monotonic: () => number;
  readonly #random: () => number;
  #observed: { version: string | undefined; at: number } = { version: undefined, at: 0 };
  #renewedAt = Number.NEGATIVE_INFINITY;
  #lease: Lease | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** Whether this replica may write now. False from two thirds of a lease after the last renewal was sent. */
  get leads(): boolean {
    return this.#monotonic() - this.#renewedAt < this.#renewDeadlineMs;
  }

  /**
   * Options for every write of a leader: refused right before it is sent where this replica does not lead any more, and
   * given up within a third of the lease, so before the next leader can begin.
   */
  get writeOptions(): { fence: () => void; timeoutMs: number } {
    const fence = () => {
      if (!this.leads) throw new Error('This replica does not lead any more: nothing is written');
    };
    return { fence, timeoutMs: Math.floor(this.#options.leaseMs / 3) };
  }

  /**
   * Waits for the lease, has `lead` run while it is held, and waits again, until `signal` aborts; then gives it up. The
   * signal `lead` gets aborts when the lease is lost or `signal` does; the lease is renewed until `lead` resolves.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#tryAcquireOrRenew()) await this.#term(lead, signal);
      await this.#pause(signal);
    }
  }

  get #renewDeadlineMs(): number {
    return (this.#options.leaseMs * 2) / 3;
  }

  /** Between two tries: about two fifteenths of the lease (2 s of 15), jittered so that candidates do not march in step. */
  async #pause(signal: AbortSignal): Promise<void> {
    const ms = (this.#options.leaseMs / 7.5) * (0.8 + 0.4 * this.#random());
    await sleep(ms, undefined, { signal }).catch(() => {});
  }

  async #term(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { log, identity } = this.#options;
    log('leading', { identity });
    const lost = new AbortController();
    const done = new AbortController();
    const work = lead(AbortSignal.any([signal, lost.signal])).finally(() => done.abort());
    const renewing = this.#renewLoop(lost, done.signal);
    try {
      await work;
    } finally {
      await renewing;
      await this.#release();
      log('stopped leading', { identity });
    }
  }

  /** Renews until the work is done; tells `lost` when that did not succeed for too long. */
  async #renewLoop(lost: AbortController, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      await this.#pause(done);
      if (!done.aborted && !lost.signal.aborted) await this.#tryAcquireOrRenew();
      if (!this.leads) lost.abort();
    }
  }

  /** Takes or renews the lease where that is due to this replica; whether it holds it now. */
  async #tryAcquireOrRenew(): Promise<boolean> {
    const sentAt = this.#monotonic();
    try {
      const lease = await this.#read();
      if (!this.#isFree(lease)) {
        this.#renewedAt = Number.NEGATIVE_INFINITY;
        return false;
      }
      this.#lease = await this.#write(lease);
      this.#renewedAt = sentAt;
      return true;
    } catch (error) {
      // What the write came to is unknown: the lease is read again.
      this.#lease = undefined;
      // Another candidate was faster: how an election usually ends.
      if (!(error instanceof ApiError && error.code === 409)) {
        this.#options.log('cannot renew the lease, trying again', { error: errorMessage(error) });
      }
      return this.leads;
    }
  }

  /** The lease as it is; this replica's own last write while it leads, which saves a call and loses to any other by a 409. */
  async #read(): Promise<Lease | undefined> {
    if (this.#lease && this.leads) return this.#lease;
    try {
      const lease = await this.#request<Lease>('GET', this.#path);
      const version = lease.metadata.resourceVersion;
      if (version !== this.#observed.version) this.#observed = { version, at: this.#monotonic() };
      return lease;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  #isFree(lease: Lease | undefined): boolean {
    const holder = lease?.spec?.holderIdentity;
    if (!holder || holder === this.#options.identity) return true;
    // Its own word on how long it holds: a replica with another setting must not be overtaken.
    const leaseDurationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#monotonic() - this.#observed.at > leaseDurationMs;
  }

  async #write(lease: Lease | undefined): Promise<Lease> {
    const body = acquiredLease(lease, this.#options, new Date());
    return lease
      ? this.#request<Lease>('PUT', this.#path, body)
      : this.#request<Lease>('POST', this.#options.path, body);
  }

  /** Gives the lease up, so that the next leader need not wait for its end. Best effort. */
  async #release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    const led = this.leads;
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    if (!lease || !led) return;
    await this.#request('PUT', this.#path, releasedLease(lease, new Date())).catch((error) => {
      this.#options.log('cannot give up the lease, others wait for its end', { error: errorMessage(error) });
    });
  }

  get #path(): string {
    return `${this.#options.path}/${this.#options.name}`;
  }

  #request<T>(method: string, path: string, body?: unknown): Promise<T> {
    // Shorter than the renew deadline: a call that hangs must leave time for another.
    const timeoutMs = Math.max(500, Math.floor(this.#options.leaseMs / 3));
    return this.#options.client.request<T>(method, path, { ...(body ? { body } : {}), timeoutMs });
  }
}
