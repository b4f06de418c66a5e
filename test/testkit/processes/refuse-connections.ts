/** Loaded with `--import`: reports every connection to another machine, and every name looked up for one. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const isLocal = (host: unknown): boolean => host === undefined || /^(127\.|::1$|localhost$)/.test(String(host));

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const [first] = (Array.isArray(args[0]) ? args[0] : args) as unknown[];
  const options = first as { readonly host?: unknown; readonly path?: unknown } | undefined;
  if (typeof options === 'object' && options?.path == null && !isLocal(options?.host)) {
    process.stderr.write(`OUTBOUND connection to ${String(options?.host)}\n`);
  }
  return Reflect.apply(connect, this, args) as net.Socket;
} as typeof connect;

const { lookup } = dns;
dns.lookup = ((host: string, ...rest: unknown[]) => {
  if (!isLocal(host)) process.stderr.write(`OUTBOUND look-up of ${host}\n`);
  return Reflect.apply(lookup, dns, [host, ...rest]) as unknown;
}) as typeof lookup;
syncBuiltinESMExports();
