import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  GenericContainer,
  getContainerRuntimeClient,
  type StartedTestContainer,
  StartupCheckStrategy,
  type StartupStatus,
} from 'testcontainers';
import { run } from '../../dev/cluster/run.ts';
import { BUILD_DEFAULTS, type ImageName } from '../../dev/docker/images.ts';

type Docker = Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['dockerode'];

/** The image's default name in `npm run images:build`. */
export const imageOf = (name: ImageName): string => `${BUILD_DEFAULTS.prefix}${name}:${BUILD_DEFAULTS.tag}`;

/** A container under the restricted Pod Security Standard, on the machine's network. */
export class ImageContainer extends GenericContainer {
  constructor(name: ImageName) {
    super(imageOf(name));
    this.withNetworkMode('host').withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges');
    this.hostConfig.ReadonlyRootfs = true;
  }

  /** Makes its root file system writable, so that `changes` shows what it writes. */
  withWritableRoot(): this {
    this.hostConfig.ReadonlyRootfs = false;
    return this;
  }
}

class Ended extends StartupCheckStrategy {
  override async checkStartupState(docker: Docker, id: string): Promise<StartupStatus> {
    const { State } = await docker.getContainer(id).inspect();
    return State.Status === 'exited' ? 'SUCCESS' : 'PENDING';
  }
}

export interface End {
  code: number;
  /** What it wrote to stdout and stderr. */
  output: string;
}

/** Starts the container, waits for its end, and removes it. */
export async function runToEnd(container: ImageContainer): Promise<End> {
  return endOf(await container.withWaitStrategy(new Ended()).start());
}

/** Sends SIGTERM, then SIGKILL after the grace period (seconds), and removes the container. */
export async function stop(container: StartedTestContainer, graceSeconds = 10): Promise<End> {
  await (await inEngine(container)).stop({ t: graceSeconds });
  return endOf(container);
}

/** The paths in its root file system that it created, changed or deleted. */
export async function changes(container: StartedTestContainer): Promise<string[]> {
  const lines = (await run('docker', ['diff', container.getId()])).trim().split('\n').filter(Boolean);
  return lines.map((line) => line.slice('A '.length));
}

/** The first line of its log that matches; undefined if the container ends without one. */
export async function lineOf(container: StartedTestContainer, pattern: RegExp): Promise<string | undefined> {
  const log = await container.logs();
  try {
    for await (const line of createInterface({ input: log })) if (pattern.test(line)) return line;
    return undefined;
  } finally {
    log.destroy();
  }
}

const inEngine = async (container: StartedTestContainer): Promise<ReturnType<Docker['getContainer']>> =>
  (await getContainerRuntimeClient()).container.dockerode.getContainer(container.getId());

async function endOf(container: StartedTestContainer): Promise<End> {
  const ended = await inEngine(container);
  const { State } = await ended.inspect();
  const output = await textOf(await container.logs());
  await ended.remove();
  return { code: State.ExitCode, output };
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
