import { errorMessage, type Log } from '../process/log.ts';
import { type Sleep, sleep } from '../process/sleep.ts';
import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { FencedError } from './fenced-error.ts';
import { acquiredLease, type Lease, releasedLease } from './lease.ts';

interface Options {
  client: Pick<KubeClient, 'request'>;
  /** API server path of the namespace's Leases. */
  path: string;
  name: string;
  /** Unique to this replica; the holder identity of its Lease. */
  identity: string;
  /** Lease duration: how long candidates wait after the last renewal of another holder. Milliseconds, at least 1,000. */
  leaseMs: number;
  log: Log;
  /** A monotonic clock, milliseconds. */
  monotonic?: () => number;
  sleep?: Sleep;
  random?: () => number;
}

/**
 * Leader election by a Lease, like client-go's leaderelection. The renew deadline is two thirds of the lease duration; a
 * leader that misses it steps down, so a third of the lease separates its last write from the next leader's first. A
 * candidate measures expiry on its own monotonic clock, from when it last observed the Lease change: clocks of different
 * machines are never compared.
 */
export class Leader {
  readonly #options: Options;
  readonly #monotonic: () => number;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  #observed: { version: string | undefined; at: number } = { version: undefined, at: 0 };
  #renewedAt = Number.NEGATIVE_INFINITY;
  #lease: Lease | undefined;
  /** Aborts when the current term's lease is lost. */
  #lost = new AbortController();

  constructor(options: Options) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#sleep = options.sleep ?? sleep;
    this.#random = options.random ?? Math.random;
  }

  /** Whether this replica leads and so may write: false once the renew deadline after sending the last renewal has passed. */
  get leads(): boolean {
    return this.#monotonic() - this.#renewedAt < this.#renewDeadlineMs;
  }

  /**
   * Request options for every write of a leader. The fence throws a FencedError right before sending if this replica no longer
   * leads, and the timeout of a third of the lease ends the call before another replica can lead.
   */
  get writeOptions(): { fence: () => void; timeoutMs: number } {
    const fence = () => {
      if (this.leads) return;
      // Even if a renewal under way succeeds: what was refused is done in the next term, which starts from the caches.
      this.#lost.abort();
      throw new FencedError('This replica does not lead any more: nothing is written');
    };
    return { fence, timeoutMs: Math.floor(this.#options.leaseMs / 3) };
  }

  /**
   * Acquires the lease, runs `lead`, releases the lease when `lead` resolves, and starts again, until `signal` aborts. The
   * signal passed to `lead` aborts when the lease is lost or `signal` aborts; renewing goes on until `lead` resolves.
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

  /** client-go's retry period: 2/15 of the lease (2 s of 15), with jitter so that candidates do not try at the same moment. */
  async #pause(signal: AbortSignal): Promise<void> {
    await this.#sleep((this.#options.leaseMs / 7.5) * (0.8 + 0.4 * this.#random()), signal);
  }

  async #term(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { log, identity } = this.#options;
    log('leading', { identity });
    const lost = new AbortController();
    this.#lost = lost;
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

  /** Renews the lease until `done` aborts. Aborts `lost` when the renew deadline has passed. */
  async #renewLoop(lost: AbortController, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      await this.#pause(done);
      if (!done.aborted && !lost.signal.aborted) await this.#tryAcquireOrRenew();
      if (!this.leads) lost.abort();
    }
  }

  /** Acquires or renews the lease unless another replica holds it. Returns whether this replica leads. */
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
      // The write may or may not have been applied, so read the lease again next time.
      this.#lease = undefined;
      // 409: another candidate was faster. That is normal, so it is not logged.
      if (!(error instanceof ApiError && error.code === 409)) {
        this.#options.log('cannot renew the lease, trying again', { error: errorMessage(error) });
      }
      return this.leads;
    }
  }

  /** The current lease. While leading, the result of the last renewal, which saves a GET; if outdated, the PUT gets a 409. */
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
    // The duration written by the holder, not our own setting: the two may differ.
    const leaseDurationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#monotonic() - this.#observed.at > leaseDurationMs;
  }

  async #write(lease: Lease | undefined): Promise<Lease> {
    const body = acquiredLease(lease, this.#options, new Date());
    return lease
      ? this.#request<Lease>('PUT', this.#path, body)
      : this.#request<Lease>('POST', this.#options.path, body);
  }

  /** Releases the lease, so that the next leader need not wait for it to expire. Best effort. */
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
    // Half the renew deadline: a hanging call must leave time for a second try.
    const timeoutMs = Math.max(500, Math.floor(this.#options.leaseMs / 3));
    return this.#options.client.request<T>(method, path, { ...(body ? { body } : {}), timeoutMs });
  }
}
