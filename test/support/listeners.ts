import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** A TCP socket on which a process accepts connections. */
export interface Listener {
  /** The name of the process's binary. */
  program: string;
  address: string;
  port: number;
}

/** The state of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h). */
const LISTEN = '0A';

/** The TCP sockets on which a process listens, over IPv4 and IPv6. */
export async function listenersOf(pid: number): Promise<Listener[]> {
  const program = basename(await readlink(`/proc/${pid}/exe`));
  const links = (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
  const sockets = new Set(await Promise.all(links));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(`socket:[${inode}]`))
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { program, address: ipAddress(address), port: Number.parseInt(port, 16) };
    });
}

/** An IPv4 address in dotted form; one of IPv6 stays in the kernel's form. */
const ipAddress = (hex: string): string =>
  hex.length === 8 ? [...Buffer.from(hex, 'hex').reverse()].join('.') : `IPv6 ${hex}`;
