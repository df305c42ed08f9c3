import { join } from 'node:path';
import { createClient, type KubeClient } from '../../kube/client.ts';
import type { Call } from '../fault-proxy/call.ts';
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

/** Has every call with such a label hang from now on. The function that it returns cuts them, and ends that. */
export function hang(proxy: FaultProxy, label: RegExp): () => void {
  const held = Promise.withResolvers<void>();
  const inject = async (exchange: Exchange) => {
    // A fault is injected once: arm the next one.
    arm();
    await held.promise;
    exchange.cut();
  };
  const arm = () => proxy.faults.add({ matches: (call) => label.test(call.label), inject });
  arm();
  return () => {
    proxy.faults.clear();
    held.resolve();
  };
}

/** The purposes that shared a TCP connection, of these calls. A purpose is a pattern of labels. */
export function sharedConnections(calls: Call[], purposes: Record<string, RegExp>): string[] {
  const users = new Map<number, Set<string>>();
  for (const { label, connection } of calls)
    for (const [purpose, pattern] of Object.entries(purposes))
      if (pattern.test(label)) users.set(connection, (users.get(connection) ?? new Set()).add(purpose));
  return [...users.values()].filter(({ size }) => size > 1).map((all) => [...all].join(' and '));
}
