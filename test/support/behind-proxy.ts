import { join } from 'node:path';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { endpoint, throughProxy } from '../chaos/lane.ts';
import { type Exchange, FaultProxy } from '../chaos/proxy.ts';
import { ADMIN, type Product } from './harness.ts';

/** A client with the controller's token whose calls go through a proxy that can let faults strike. */
export async function behindProxy(product: Product): Promise<{ client: KubeClient; proxy: FaultProxy }> {
  const { server, ca } = endpoint(ADMIN.kubeconfig);
  const proxy = await FaultProxy.start('client', server, ca);
  const kubeconfig = join(product.folder, 'behind-proxy.kubeconfig');
  await throughProxy(ADMIN, product.namespace, 'async-api-controller', proxy.url, kubeconfig);
  return { client: await createClient({ kubeconfig }), proxy };
}

/** Has this befall the next call with that label, once. */
export function onceOn(proxy: FaultProxy, label: string, strike: (exchange: Exchange) => Promise<void>): void {
  proxy.faults.add({ matches: (call) => call.label === label, strike });
}
