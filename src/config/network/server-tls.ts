/** `server.tls`: the certificate of the server, and those of its clients. */
import { z } from 'zod';
import { formatPath, type YamlPath } from '../read-yaml.ts';
import { parseDuration } from '../units.ts';
import { duration } from '../values.ts';

const file = z.string().min(1);

export const serverTlsYaml = z
  .strictObject({
    cert: file.describe(
      'A PEM file with the server’s certificate; intermediate certificates follow it, or are in `ca`.',
    ),
    key: file.describe('A PEM file with its private key, not encrypted.'),
    ca: file.optional().describe('A PEM file with the intermediate certificates, where `cert` has the server’s alone.'),
    min_version: z
      .literal(['1.2', '1.3', 1.2, 1.3])
      .default('1.2')
      .describe('The lowest version of TLS that is accepted.'),
    reload: z
      .union([z.literal('off'), duration])
      .default('10s')
      .describe(
        'How often the files are read again. Changed ones are checked, then used for new connections; `off`: files are read at the start only.',
      ),
    client_auth: z
      .strictObject({
        ca: file.describe('A PEM file with the authorities whose client certificates are accepted.'),
        mode: z
          .enum(['required', 'optional'])
          .default('required')
          .describe(
            'Whether clients without a certificate are refused in the handshake. A certificate that is not valid always is.',
          ),
        crl: file
          .optional()
          .describe('A PEM file with the revocation list of each of these authorities, all of them current.'),
      })
      .optional()
      .describe('Certificates of clients (mutual TLS); `access.mtls` says who their holders are.'),
  })
  .optional()
  .describe('Serves HTTPS instead of HTTP, with this certificate. Default: HTTP.');

/** A file that is named in the configuration. */
export interface TlsFile {
  /** Absolute. */
  readonly path: string;
  /** The YAML path of the key that names it, and its line where the configuration is a file. */
  readonly place: string;
  readonly line: number | undefined;
}

export interface ServerTlsConfig {
  readonly cert: TlsFile;
  readonly key: TlsFile;
  readonly ca: TlsFile | undefined;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Undefined: the files are read once. */
  readonly reloadMs: number | undefined;
  readonly clientAuth:
    | { readonly ca: TlsFile; readonly crl: TlsFile | undefined; readonly isRequired: boolean }
    | undefined;
}

/** @returns what makes a TlsFile of the text at a YAML path */
export function tlsFileAt(
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): { (text: string, path: YamlPath): TlsFile; (text: string | undefined, path: YamlPath): TlsFile | undefined } {
  function tlsFile(text: string, path: YamlPath): TlsFile;
  function tlsFile(text: string | undefined, path: YamlPath): TlsFile | undefined;
  function tlsFile(text: string | undefined, path: YamlPath): TlsFile | undefined {
    return text === undefined ? undefined : { path: at(text), place: formatPath(path), line: lineOf(path) };
  }
  return tlsFile;
}

export function resolveServerTls(
  yaml: z.output<typeof serverTlsYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): ServerTlsConfig | undefined {
  if (yaml === undefined) return undefined;
  const fileAt = tlsFileAt(at, lineOf);
  const place = ['server', 'tls'];
  const { cert, key, ca, min_version: minVersion, reload, client_auth: clientAuth } = yaml;
  return {
    cert: fileAt(cert, [...place, 'cert']),
    key: fileAt(key, [...place, 'key']),
    ca: fileAt(ca, [...place, 'ca']),
    minVersion: Number(minVersion) === 1.3 ? 'TLSv1.3' : 'TLSv1.2',
    reloadMs: reload === 'off' ? undefined : parseDuration(reload),
    clientAuth: clientAuth && {
      ca: fileAt(clientAuth.ca, [...place, 'client_auth', 'ca']),
      crl: fileAt(clientAuth.crl, [...place, 'client_auth', 'crl']),
      isRequired: clientAuth.mode === 'required',
    },
  };
}
