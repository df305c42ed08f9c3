import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fingerprint, goBuild } from './build.ts';
import { builtOnce } from './cache.ts';
import { Component } from './component.ts';
import { freePorts } from './layout.ts';
import type { Progress } from './progress.ts';

const HERE = join(import.meta.dirname, 'ingress');

/** The path of Traefik, built once for each content of dev/cluster/ingress/go.mod and go.sum. */
export async function buildIngressController(progress: Progress): Promise<string> {
  const name = `ingress-${await fingerprint(HERE, ['go.sum', 'go.mod'])}`;
  const folder = await builtOnce(name, (building) =>
    progress.step('Build Traefik from its Go module (the first time only: some minutes)', async () => {
      await goBuild(HERE, ['-ldflags', '-s -w', '-o', `${building}/`, 'github.com/traefik/traefik/v3/cmd/traefik']);
    }),
  );
  return join(folder, 'traefik');
}

/** How the ingress controller connects to the API server. */
export interface IngressAccess {
  server: string;
  ca: Buffer;
  token: string;
}

/**
 * Runs Traefik with its defaults as an ingress controller on this machine, outside the cluster. It connects to pods directly,
 * so this machine must reach their network. Its files go into `folder`, which must exist.
 */
export async function startIngressController(
  program: string,
  { server, ca, token }: IngressAccess,
  folder: string,
  onDeath: (why: string) => void,
): Promise<{ url: string; secureUrl: string; stop(): Promise<void> }> {
  const files = join(folder, 'ingress');
  await mkdir(files, { recursive: true, mode: 0o700 });
  await writeFile(join(files, 'ca.crt'), ca);
  await writeFile(join(files, 'token'), token, { mode: 0o600 });
  const { web, websecure, health } = await freePorts(['web', 'websecure', 'health']);
  const config = {
    entryPoints: {
      web: { address: `127.0.0.1:${web}` },
      // TLS by default, as Traefik's Helm chart sets it.
      websecure: { address: `127.0.0.1:${websecure}`, http: { tls: {} } },
      health: { address: `127.0.0.1:${health}` },
    },
    ping: { entryPoint: 'health' },
    providers: {
      kubernetesIngress: { endpoint: server, certAuthFilePath: join(files, 'ca.crt'), token: join(files, 'token') },
    },
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: 'INFO' },
  };
  await writeFile(join(files, 'traefik.yaml'), stringify(config));
  const command = [program, `--configfile=${join(files, 'traefik.yaml')}`];
  const traefik = new Component('traefik', command, { logs: join(folder, 'logs'), onDeath });
  await traefik.healthy(async () => (await fetch(`http://127.0.0.1:${health}/ping`)).ok);
  return { url: `http://127.0.0.1:${web}`, secureUrl: `https://127.0.0.1:${websecure}`, stop: () => traefik.stop() };
}
