import { isIPv6 } from 'node:net';

/**
 * The part of a client's address that limits count by: an IPv4 address, or the /64 network of an IPv6 address, because a
 * single machine may use every address of its /64. Returns other text as it is.
 */
export function clientNetwork(address: string): string {
  // As a socket that takes both versions shows an IPv4 address.
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).map((digits) => Number.parseInt(digits, 16).toString(16));
  return `${network.join(':')}::/64`;
}
