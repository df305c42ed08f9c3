import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient, RequestOptions } from '../../kube/client.ts';
import type { Lease } from '../../kube/lease.ts';

/** One Lease kept in memory, with resourceVersions and conflicts like those of the API server. */
export class MemoryLease implements Pick<KubeClient, 'request'> {
  lease: Lease | undefined;
  /** Methods of the calls, in the order they were sent. */
  readonly calls: string[] = [];
  /** How long after a call its response comes, milliseconds; the call takes effect at once. */
  latencyMs = 0;
  /** What calls fail with. */
  failure: Error | undefined;
  #version = 0;

  async request<T>(method: string, _path: string, { body }: RequestOptions = {}): Promise<T> {
    this.calls.push(method);
    if (this.failure) throw this.failure;
    const response = this.#apply(method, body as Lease);
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    return response as T;
  }

  /** Stores a lease as another client would: without a look at its resourceVersion. */
  store(lease: Lease): Lease {
    this.#version += 1;
    const metadata = { ...lease.metadata, resourceVersion: String(this.#version) };
    this.lease = structuredClone({ ...lease, metadata });
    return structuredClone(this.lease);
  }

  #apply(method: string, body: Lease): Lease {
    if (method === 'GET') {
      if (!this.lease) throw new ApiError(404, 'NotFound', 'not found');
      return structuredClone(this.lease);
    }
    if (method === 'POST' && this.lease) throw new ApiError(409, 'AlreadyExists', 'already exists');
    if (method === 'PUT' && body.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) {
      throw new ApiError(409, 'Conflict', 'the object has been modified');
    }
    return this.store(body);
  }
}
