// Runs on the machine's Node (20 or newer): installs the dependencies if they are missing or have changed, then runs the script
// with the project's own Node, which can run TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const [script, ...args] = process.argv.slice(2);
const node = join(root, 'node_modules/node/bin/node');
const stamp = join(root, 'node_modules/.async-api-lock');
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');

// Passes the signal on and waits for the child to end.
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
