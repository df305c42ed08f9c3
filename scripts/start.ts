import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { settings as apiSettings } from '../api/settings.ts';
import { settings as controllerSettings } from '../controller/settings.ts';
import { type ClusterChoice, startCluster } from '../dev/cluster/choose.ts';
import type { Cluster } from '../dev/cluster/embedded.ts';
import { UserError } from '../dev/cluster/errors.ts';
import { accountKubeconfig, BOUNDS_FILE, installManifests, NAMESPACE } from '../dev/cluster/install.ts';
import { Progress } from '../dev/cluster/progress.ts';
import { buildPage } from './page.ts';
import { Service } from './service.ts';

const ROOT = join(import.meta.dirname, '..');
const HELP = `npm start                       a cluster, the API and the controller; Ctrl-C stops all of it
npm start -- --context NAME --job-image IMAGE
                                the same against a cluster of yours, which has IMAGE
PORT=5101 npm start             the API on another port
CONFIG_FILE=my.yaml npm start   other groups and jobs
BOUNDS_FILE=my.yaml npm start   what jobs may refer to, such as secrets
JOB_TTL_SECONDS=60 npm start    any other setting of docs/settings.md, but NAMESPACE and JOB_IMAGE`;

/** Those of these settings that the environment has. */
const given = (settings: readonly { name: string }[]): Record<string, string> =>
  Object.fromEntries(settings.flatMap(({ name }) => (process.env[name] ? [[name, process.env[name]]] : [])));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { context: { type: 'string' }, 'job-image': { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(HELP);
  const port = process.env.PORT || '5100';
  const folder = join(ROOT, '.cluster');
  const progress = new Progress();
  const ended = Promise.withResolvers<void>();
  const onDeath = (why: string) => ended.reject(new Error(why));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.resolve());
  // Its rejection is handled where it is awaited.
  ended.promise.catch(() => {});

  const choice: ClusterChoice = {
    ...(values.context ? { context: values.context } : {}),
    ...(values['job-image'] ? { jobImage: values['job-image'] } : {}),
  };
  const cluster = await startCluster(choice, folder, progress, onDeath);
  const services: Service[] = [];
  try {
    await Promise.race([ended.promise, startProduct(cluster, folder, port, progress, services, onDeath)]);
    await ended.promise;
  } finally {
    await progress.step('Stop everything', async () => {
      for (const service of services.toReversed()) await service.stop();
      await cluster.stop();
    });
  }
}

async function startProduct(
  cluster: Cluster,
  folder: string,
  port: string,
  progress: Progress,
  services: Service[],
  onDeath: (why: string) => void,
): Promise<void> {
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const kubeconfigs = { api: join(folder, 'api.kubeconfig'), controller: join(folder, 'controller.kubeconfig') };
  const boundsFile = process.env.BOUNDS_FILE || BOUNDS_FILE;
  await progress.step('Apply the CRD, the service accounts and their roles', async () => {
    await installManifests(cluster, NAMESPACE, { withAuth: process.env.AUTH === 'kubernetes', boundsFile });
    await Promise.all([
      accountKubeconfig(cluster, NAMESPACE, 'async-api', kubeconfigs.api),
      accountKubeconfig(cluster, NAMESPACE, 'async-api-controller', kubeconfigs.controller),
    ]);
  });
  await progress.step('Build the web page', () => buildPage());
  await progress.step('Start the API and the controller', async () => {
    const start = (name: 'api' | 'controller', env: Record<string, string>) => {
      const settings = { ...env, NAMESPACE, KUBECONFIG: kubeconfigs[name] };
      const service = new Service(name, settings, join(logs, `${name}.log`), onDeath);
      services.push(service);
      return service.ready();
    };
    const configFile = process.env.CONFIG_FILE || join(ROOT, 'resources/config.yaml');
    await Promise.all([
      start('api', { ...given(apiSettings), PORT: port, CONFIG_FILE: configFile, BOUNDS_FILE: boundsFile }),
      start('controller', {
        ...given(controllerSettings.filter(({ name }) => !name.startsWith('METRICS_'))),
        JOB_IMAGE: cluster.jobImage,
      }),
    ]);
  });
  const kubectl = `${cluster.kubectl ?? 'kubectl'} --kubeconfig ${relative(process.cwd(), cluster.kubeconfig)}${
    cluster.context ? ` --context ${cluster.context}` : ''
  } -n ${NAMESPACE}`;
  console.log(`
Async API listens on http://localhost:${port}: open it in a browser, or try, in another terminal:

  curl localhost:${port}/group/group_a        three jobs; the answer names where to ask for each
  curl localhost:${port}/status/<id>          the state of one of them
  curl localhost:${port}/group/group_b        definitions that are wrong, and what is wrong with them
  curl localhost:${port}/group/group_d        a job that now and then runs forever
  curl localhost:${port}/group/group_e        a container, with a parameter and a result
  curl localhost:${port}/group/group_f        jobs that wait for others, and use their results

  ${kubectl} get groupruns,jobs,pods

Logs: ${relative(process.cwd(), logs)}/   Ctrl-C stops everything.`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `\n${error instanceof UserError ? error.message : error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
