// Runs on whatever Node the machine has (20 or newer): installs the dependencies where they are missing or changed, then
// hands over to the project's own Node, which runs TypeScript as it is.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const [script, ...args] = process.argv.slice(2);
const node = join(root, 'node_modules/node/bin/node');
const stamp = join(root, 'node_modules/.async-api-lock');
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

// A signal from the terminal reaches the child too; this process waits for its orderly end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child?.kill(signal));
let child;

function current() {
  return existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
}

if (!current()) {
  process.stderr.write('  Install dependencies (npm ci) …\n');
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (install.status === 0) writeFileSync(stamp, lock);
  else process.exitCode = install.status ?? 1;
}
if (process.exitCode === undefined) {
  child = spawn(node, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}
