import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../dev/browser/chromium.ts';
import { whyNotEmbedded } from '../dev/cluster/embedded.ts';
import { Progress } from '../dev/cluster/progress.ts';
import { BUILD_DEFAULTS, buildImages, IMAGES, whyNoImages } from '../dev/docker/images.ts';
import { jestArguments } from './jest-arguments.ts';

const ROOT = join(import.meta.dirname, '..');
/** This ring runs alone and one suite after the other, on its own cluster: it deletes cluster-wide objects. */
const IN_CLUSTER = 'in-cluster';
const RINGS = ['unit', 'integration', 'e2e', 'browser', 'images', IN_CLUSTER];
const HELP = `npm test                        checks, then all tests
npm run check                   Biome, tsc and whether generated files are current
npm run test:unit               one ring of tests; also test:integration, test:e2e, test:browser,
                                test:images, test:in-cluster
npm run test:unit -- sse        only the files with such a name
npm run test:unit -- -t words   further options go to Jest`;

const DOCKER_HINT = '(with a Docker engine of its own, on Linux as root: npm run with:docker -- npm run test:images)';

interface Counts {
  passed: number;
  failed: number;
}

/** Runs a program and returns its exit code. Ctrl-C ends the program too. */
function run(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('exit', (code) => resolve(code ?? 1));
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(1);
    });
  });
}

const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);

async function checks(): Promise<Counts> {
  const counts = { passed: 0, failed: 0 };
  for (const [what, command, ...args] of [
    ['Biome', bin('biome'), 'check', '--error-on-warnings', '.'],
    ['tsc', bin('tsc'), '--noEmit', '-p', '.'],
    ['tsc of the page', bin('tsc'), '--noEmit', '-p', 'page'],
    ['generated files', process.execPath, 'scripts/generate.ts', '--check'],
  ] as const) {
    const ok = (await run(command, args)) === 0;
    process.stderr.write(`${ok ? '✓' : '✗'} ${what}\n`);
    counts[ok ? 'passed' : 'failed']++;
  }
  return counts;
}

async function jest(rings: string[], rest: string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'async-api-test-'));
  const report = join(folder, 'report.json');
  try {
    const options = ['--json', `--outputFile=${report}`, '--silent=false', '--verbose'];
    const program = join(ROOT, 'node_modules/jest/bin/jest.js');
    const args = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      program,
      ...options,
      ...jestArguments(rings, rest),
    ];
    // With an output file, Jest does not print its JSON report on stdout.
    const code = await run(process.execPath, args, { RINGS: rings.join(' ') });
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(await readFile(report, 'utf8'));
    // A suite that fails to load has no tests to count.
    const failed = numFailedTests || numFailedTestSuites || (code === 0 ? 0 : 1);
    return { passed: numPassedTests, failed };
  } catch (error) {
    process.stderr.write(`Jest left no report: ${error}\n`);
    return { passed: 0, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds the images for their tests. Returns why this machine cannot build any; rejects if a build fails. */
async function prepareImages(): Promise<string | undefined> {
  const progress = new Progress();
  const why = await whyNoImages(progress);
  if (!why) await buildImages(IMAGES, BUILD_DEFAULTS, progress);
  return why;
}

const [what, ...rest] = process.argv.slice(2);
if (what === '--help') console.log(HELP);
else {
  // Jest and the cluster's launcher get the terminal's signal too and clean up; this process waits for them.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const total = { passed: 0, failed: 0 };
  const add = (counts: Counts) => {
    total.passed += counts.passed;
    total.failed += counts.failed;
  };
  if (what === undefined || what === 'check') add(await checks());
  const rings = new Set(what === 'check' ? [] : what ? [what] : RINGS);
  const notRun: string[] = [];
  if (rings.has('browser') && !(await findChromium())) {
    rings.delete('browser');
    notRun.push(
      'Not run: the tests of the web page in a browser, since there is no Chromium (Debian: chromium) on the PATH or as ' +
        'CHROMIUM. To run them: npm run test:browser',
    );
    if (what) add({ passed: 0, failed: 1 });
  }
  if (rings.has('images')) {
    try {
      const why = await prepareImages();
      if (why) {
        rings.delete('images');
        notRun.push(`Not run: the tests of the images, since ${why}. To run them: npm run test:images\n${DOCKER_HINT}`);
        if (what) add({ passed: 0, failed: 1 });
      }
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
      rings.delete('images');
      add({ passed: 0, failed: 1 });
    }
  }
  const inCluster = rings.delete(IN_CLUSTER);
  if (rings.size > 0) add(await jest([...rings], rest));
  if (inCluster) {
    const why = whyNotEmbedded();
    if (why) notRun.push(`Not run: the tests inside a cluster, since ${why}. To run them: npm run test:in-cluster`);
    add(why ? { passed: 0, failed: what ? 1 : 0 } : await jest([IN_CLUSTER], [...rest, '--runInBand']));
  }
  for (const line of notRun) console.log(`\n${line}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}
