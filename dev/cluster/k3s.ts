import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { K3sContainer } from '@testcontainers/k3s';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import { kubernetesVersion } from './build.ts';
import type { Cluster } from './embedded.ts';
import type { Progress } from './progress.ts';

const JOB_IMAGE = 'registry.invalid/async-api/job-image:k3s';
const JOB_IMAGE_FOLDER = join(import.meta.dirname, '../../job-image');

/** Whether a Docker engine answers, maps ports, and has or can pull the k3s image. */
export async function k3sAvailable(progress: Progress): Promise<boolean> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  if (!client) return false;
  const image = await k3sImage();
  const { dockerode } = client.container;
  // The engine maps ports only on a bridge network, and k3s needs a mapped port.
  const bridges = await dockerode.listNetworks({ filters: { driver: ['bridge'] } }).catch(() => []);
  if (bridges.length === 0) return false;
  try {
    await dockerode.getImage(image).inspect();
    return true;
  } catch {
    // The engine does not have it yet.
  }
  try {
    await progress.step(`Pull ${image}`, async () => {
      const stream = await dockerode.pull(image);
      await new Promise<void>((resolve, reject) =>
        dockerode.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())),
      );
    });
    return true;
  } catch {
    progress.note(`The Docker engine cannot pull ${image}; going on with the embedded cluster.`);
    return false;
  }
}

/** Starts k3s in a container, with the job image built from its Dockerfile. */
export async function startK3s(folder: string, progress: Progress): Promise<Cluster> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const archive = join(folder, 'job-image.tar');
  await progress.step('Build the job image with Docker', async () => {
    await GenericContainer.fromDockerfile(JOB_IMAGE_FOLDER).build(JOB_IMAGE, { deleteOnExit: false });
    const { dockerode } = (await getContainerRuntimeClient()).container;
    await pipeline(await dockerode.getImage(JOB_IMAGE).get(), createWriteStream(archive));
  });
  const image = await k3sImage();
  const container = await progress.step(`Start ${image}`, () =>
    new K3sContainer(image).withCopyFilesToContainer([{ source: archive, target: '/tmp/job-image.tar' }]).start(),
  );
  const imported = await container.exec(['ctr', '-n', 'k8s.io', 'images', 'import', '/tmp/job-image.tar']);
  if (imported.exitCode !== 0) {
    await container.stop();
    throw new Error(`k3s did not take the job image: ${imported.output}`);
  }
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, container.getKubeConfig(), { mode: 0o600 });
  return { kubeconfig, jobImage: JOB_IMAGE, stop: async () => void (await container.stop()) };
}

/** The k3s release of the embedded cluster's Kubernetes version. */
const k3sImage = async (): Promise<string> => `docker.io/rancher/k3s:${await kubernetesVersion()}-k3s1`;
