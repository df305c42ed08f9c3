import { join } from 'node:path';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { endpoint, throughProxy } from '../fault-proxy/kubeconfig.ts';
import { type Exchange, FaultProxy } from '../fault-proxy/proxy.ts';
import { ADMIN, type Product } from './harness.ts';

/** Starts a fault proxy, and writes a kubeconfig with the account's token that leads through it. */
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

/** A client with the controller's token behind a fault proxy. */
export async function behindProxy(product: Product): Promise<{ client: KubeClient; proxy: FaultProxy }> {
  const { kubeconfig, proxy } = await proxied(product, 'async-api-controller');
  return { client: await createClient({ kubeconfig }), proxy };
}

/** Injects a fault into the next call with that label. */
export function onceOn(proxy: FaultProxy, label: string, inject: (exchange: Exchange) => Promise<void>): void {
  proxy.faults.add({ matches: (call) => call.label === label, inject });
}
