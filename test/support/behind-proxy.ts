import { join } from 'node:path';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { endpoint, throughProxy } from '../fault-proxy/kubeconfig.ts';
import { type Exchange, FaultProxy } from '../fault-proxy/proxy.ts';
import { ADMIN, type Product } from './harness.ts';

/** A kubeconfig with the account's token that leads through a proxy which can let faults strike. */
export async function proxied(
  product: Product,
  account: 'async-api' | 'async-api-controller',
): Promise<{ kubeconfig: string; proxy: FaultProxy }> {
  const { server, ca } = endpoint(ADMIN.kubeconfig);
  const proxy = await FaultProxy.start('client', server, ca);
  const kubeconfig = join(product.folder, `${account}-behind-proxy.kubeconfig`);
  await throughProxy(ADMIN, product.namespace, account, proxy.url, kubeconfig);
  return { kubeconfig, proxy };
}

/** A client with the controller's token whose calls go through such a proxy. */
export async function behindProxy(product: Product): Promise<{ client: KubeClient; proxy: FaultProxy }> {
  const { kubeconfig, proxy } = await proxied(product, 'async-api-controller');
  return { client: await createClient({ kubeconfig }), proxy };
}

/** Has this befall the next call with that label, once. */
export function onceOn(proxy: FaultProxy, label: string, strike: (exchange: Exchange) => Promise<void>): void {
  proxy.faults.add({ matches: (call) => call.label === label, strike });
}
