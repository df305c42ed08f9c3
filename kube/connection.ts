import type { RequestOptions as HttpsOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** Address of the API server and credentials. */
export interface Connection {
  /** Such as https://10.0.0.1:6443, without a trailing slash. */
  server: string;
  tls: Record<string, unknown>;
  /** That of the kubeconfig's context, or of the pod. */
  namespace?: string | undefined;
  /** Authorization headers. Read again before every call, because tokens are rotated. */
  headers(): Promise<Record<string, string>>;
}

function loadConfig({ kubeconfig, context }: { kubeconfig?: string; context?: string }): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else if (context === undefined && process.env.KUBERNETES_SERVICE_HOST) config.loadFromCluster();
  else if (context !== undefined || process.env.KUBECONFIG) config.loadFromDefault();
  else {
    // Never the default context of ~/.kube: it may be a production cluster.
    throw new Error('Expected a cluster: run inside one, set KUBECONFIG, or name a kubeconfig or context');
  }
  if (context !== undefined) {
    if (!config.getContextObject(context)) throw new Error(`Expected a context of the kubeconfig, got "${context}"`);
    config.setCurrentContext(context);
  }
  return config;
}

/** The cluster and identity of the kubeconfig, or of the pod it runs in. Throws if neither exists. */
export async function connect(options: { kubeconfig?: string; context?: string }): Promise<Connection> {
  const config = loadConfig(options);
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, '');
  if (!server) throw new Error('Expected a kubeconfig whose current context names a cluster');
  const authenticate = async (): Promise<HttpsOptions> => {
    const https: HttpsOptions = { headers: {} };
    await config.applyToHTTPSOptions(https);
    return https;
  };
  const { ca, cert, key, servername, rejectUnauthorized } = await authenticate();
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(([, value]) => value !== undefined),
  );
  const headers = async () => {
    const { headers: authHeaders, auth } = await authenticate();
    const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
    return { ...basic, ...(authHeaders as Record<string, string>) };
  };
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return { server, tls, namespace, headers };
}
