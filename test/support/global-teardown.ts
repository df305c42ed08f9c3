import type { Cluster } from '../../cluster/embedded.ts';

export default async function teardown(): Promise<void> {
  await (globalThis as { cluster?: Cluster }).cluster?.stop();
}
