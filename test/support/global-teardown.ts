import type { Cluster } from '../../dev/cluster/embedded.ts';

export default async function teardown(): Promise<void> {
  await (globalThis as { cluster?: Cluster }).cluster?.stop();
}
