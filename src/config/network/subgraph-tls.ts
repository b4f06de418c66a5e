/** `traffic.….tls`: how the gateway proves itself to a subgraph, and whose certificates it accepts there. */
import { z } from 'zod';
import type { YamlPath } from '../read-yaml.ts';
import { type TlsFile, tlsFileAt } from './server-tls.ts';

const file = z.string().min(1);

export const subgraphTlsYaml = z.strictObject({
  ca: file
    .optional()
    .describe('A PEM file with the authorities that its certificate must be of. Default: those of Node.'),
  cert: file.optional().describe('A PEM file with the client certificate that the gateway proves itself with.'),
  key: file.optional().describe('A PEM file with its private key, not encrypted.'),
  server_name: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'write a host name such as reviews.internal')
    .optional()
    .describe('The name that its certificate must have. Default: the host of its URL.'),
  verify: z
    .boolean()
    .optional()
    .describe('Whether its certificate is verified; `false` trusts whoever answers. Default: true.'),
});

type SubgraphTlsYaml = z.output<typeof subgraphTlsYaml>;

export interface SubgraphTlsConfig {
  readonly ca: TlsFile | undefined;
  /** The client certificate; undefined: none. */
  readonly pair: { readonly cert: TlsFile; readonly key: TlsFile } | undefined;
  readonly serverName: string | undefined;
  readonly verify: boolean;
}

/** What resolves the keys of `all` with those of one subgraph, which win. */
export function resolveSubgraphTls(
  all: SubgraphTlsYaml | undefined,
  own: SubgraphTlsYaml | undefined,
  subgraph: string,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): SubgraphTlsConfig | undefined {
  if (all === undefined && own === undefined) return undefined;
  const fileAt = tlsFileAt(at, lineOf);
  const fileOf = (key: 'ca' | 'cert' | 'key'): TlsFile | undefined =>
    own?.[key] === undefined
      ? fileAt(all?.[key], ['traffic', 'all', 'tls', key])
      : fileAt(own[key], ['traffic', 'subgraphs', subgraph, 'tls', key]);
  const [cert, key] = [fileOf('cert'), fileOf('key')];
  return {
    ca: fileOf('ca'),
    pair: cert === undefined || key === undefined ? undefined : { cert, key },
    serverName: own?.server_name ?? all?.server_name,
    verify: own?.verify ?? all?.verify ?? true,
  };
}
