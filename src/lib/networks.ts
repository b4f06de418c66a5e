/** Addresses of the network, each in one spelling, and lists of networks that they may be within. */
import { BlockList, isIP, SocketAddress } from 'node:net';

/** @param list addresses, and networks in CIDR notation */
export function networks(list: readonly string[]): BlockList {
  const within = new BlockList();
  for (const entry of list) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) within.addAddress(address, family);
    else within.addSubnet(address, Number(bits), family);
  }
  return within;
}

/** An IPv4 address in an IPv6 one counts as what it is. What is no address is within nothing. */
export function isWithin(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** The address of a connection as it is written everywhere: an IPv4 address that an IPv6 socket received as IPv4, without a zone. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  const zone = mapped.indexOf('%');
  return zone === -1 ? mapped : mapped.slice(0, zone);
}

/** The same for an address that someone else has written: `undefined` where it is none. */
export function parseAddress(text: string): string | undefined {
  const address = plainAddress(text.toLowerCase());
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/**
 * The unit of fairness between clients: the address, of IPv6 its first 64 bits. One household has a network of its own
 * (RFC 6177) of many addresses.
 */
export function clientNetwork(address: string): string {
  if (address.includes('.') || !address.includes(':')) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined && groups.length < 4) {
    const last = after === '' ? [] : after.split(':');
    while (groups.length + last.length < 8) groups.push('0');
    groups.push(...last);
  }
  return groups.slice(0, 4).join(':');
}

const loopback = networks(['127.0.0.0/8', '::1']);

/** Whether only this machine reaches what listens at this host. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return address.toLowerCase() === 'localhost' || isWithin(loopback, address);
}
