import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtOnce } from './cache.ts';
import { UserError } from './errors.ts';
import type { Progress } from './progress.ts';
import { run } from './run.ts';

const HERE = import.meta.dirname;
const RUNTIME = join(HERE, 'runtime');

const KUBERNETES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
].map((name) => `k8s.io/kubernetes/cmd/${name}`);
const CONTAINERD = ['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
  (name) => `github.com/containerd/containerd/v2/cmd/${name}`,
);
const CNI = ['ipam/host-local', 'main/bridge', 'main/loopback'].map(
  (name) => `github.com/containernetworking/plugins/plugins/${name}`,
);

/**
 * Builds what `dev/cluster/go.mod` and `dev/cluster/runtime/go.mod` name, once for each content of their go.sum, and returns the
 * folder of the binaries. Takes minutes the first time, nothing later. Throws UserError where a tool is missing.
 */
export const buildCluster = async (progress: Progress): Promise<string> =>
  builtOnce(await fingerprint(HERE, ['go.sum', 'go.mod', 'runtime/go.sum', 'runtime/go.mod', 'build.ts']), (building) =>
    progress.step('Build Kubernetes from its Go modules (the first time only: some minutes)', async () => {
      await needTools();
      // First, since it may fail: better at once than after minutes.
      const seccomp = await seccompFlags(building, progress);
      // Two modules at once: they share no packages, and one compiles while the other links.
      const results = await Promise.allSettled([buildKubernetes(building), buildRuntime(building, seccomp)]);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }),
  );

/** The version of Kubernetes that dev/cluster/go.mod requires, such as `v1.36.3`. */
export async function kubernetesVersion(): Promise<string> {
  const found = /k8s\.io\/kubernetes (v\S+)/.exec(await readFile(join(HERE, 'go.mod'), 'utf8'));
  if (!found?.[1]) throw new Error('dev/cluster/go.mod does not require k8s.io/kubernetes');
  return found[1];
}

/** What a build on this machine depends on, as 16 hex digits: these files' content. */
export async function fingerprint(folder: string, files: string[]): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

async function needTools(): Promise<void> {
  const missing: string[] = [];
  for (const [tool, args] of Object.entries({ go: ['version'], gcc: ['--version'], ip: ['-V'], tar: ['--version'] })) {
    await run(tool, args).catch(() => missing.push(tool));
  }
  if (missing.length === 0) return;
  throw new UserError(
    `To build the embedded cluster, ${missing.join(', ')} must be installed (Go 1.26.6 or newer; on Debian: ` +
      'apt-get install gcc libc6-dev iproute2 tar). Or use a cluster of your own: npm start -- --context NAME',
  );
}

/** `-dwarf=false` and a lazy garbage collector take a fifth off the build; nobody debugs these binaries. */
export const goBuild = (cwd: string, args: string[], env: Record<string, string> = {}) =>
  run('go', ['build', '-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', ...args], {
    cwd,
    env: { GOGC: '400', CGO_ENABLED: '0', GOFLAGS: '', ...env },
  });

async function buildKubernetes(out: string): Promise<void> {
  const version = await kubernetesVersion();
  const [major, minor] = version.slice(1).split('.');
  const stamp = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor })
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
  await goBuild(HERE, ['-ldflags', `-s -w ${stamp}`, '-o', `${out}/`, ...KUBERNETES]);
  await goBuild(HERE, ['-ldflags', '-s -w', '-o', join(out, 'etcd'), 'go.etcd.io/etcd/server/v3']);
  const source = (await run('go', ['list', '-m', '-f', '{{.Dir}}', 'k8s.io/kubernetes'], { cwd: HERE })).trim();
  await run('gcc', ['-static', '-Os', '-o', join(out, 'pause'), join(source, 'build/pause/linux/pause.c')]);
}

async function buildRuntime(out: string, seccomp: Record<string, string>): Promise<void> {
  await goBuild(RUNTIME, ['-ldflags', '-s -w', '-o', `${out}/`, ...CONTAINERD, ...CNI]);
  // Without the seccomp tag every pod with a seccomp profile fails, and restricted pods have one.
  await goBuild(
    RUNTIME,
    ['-tags', 'seccomp', '-ldflags', '-s -w', '-o', join(out, 'runc'), 'github.com/opencontainers/runc'],
    { CGO_ENABLED: '1', ...seccomp },
  );
}

/**
 * Where runc finds libseccomp: installed, or else Debian's package unpacked beside the binaries, with package lists of
 * its own, so that nothing of the system changes.
 */
async function seccompFlags(out: string, progress: Progress): Promise<Record<string, string>> {
  const installed = await run('pkg-config', ['--exists', 'libseccomp']).then(
    () => true,
    () => false,
  );
  if (installed) return {};
  const folder = join(out, 'libseccomp');
  const state = ['-o', `Dir::State::Lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`];
  const user = ['-o', 'APT::Sandbox::User=root'];
  try {
    await mkdir(join(folder, 'lists/partial'), { recursive: true });
    await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
    await run('apt-get', [...state, ...user, 'update'], { cwd: folder });
    await run('apt-get', [...state, ...user, 'download', 'libseccomp-dev'], { cwd: folder });
    await run('sh', ['-c', 'dpkg -x libseccomp-dev_*.deb root'], { cwd: folder });
  } catch (error) {
    progress.note(String(error));
    throw new UserError('runc needs libseccomp to build. Install its headers (libseccomp-dev) and pkg-config.');
  }
  const lib = (await run('sh', ['-c', 'dirname root/usr/lib/*/libseccomp.a'], { cwd: folder })).trim();
  const answer = join(folder, 'pkg-config');
  await writeFile(answer, '#!/bin/sh\n', { mode: 0o755 });
  // Not by pkg-config's answer: Go caches what it compiled with it under a key that leaves it out, so a later build would look
  // for the library in the folder of this one.
  return {
    PKG_CONFIG: answer,
    CGO_CFLAGS: `-O2 -I${folder}/root/usr/include`,
    CGO_LDFLAGS: `-O2 -L${join(folder, lib)} -l:libseccomp.a`,
  };
}
