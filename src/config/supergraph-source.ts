/** `supergraph`: a supergraph that another registry has composed, instead of subgraphs that are composed here. */
import { z } from 'zod';
import type { SupergraphYaml } from './supergraph-yaml.ts';
import { parseDuration } from './units.ts';
import { duration, httpUrl } from './values.ts';

const sourceKeys = ['url', 'file', 'hive', 'oci'] as const;

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'write the name of a header');

export const supergraphSourceYaml = z
  .strictObject({
    url: httpUrl.optional().describe('A URL that answers GET with the supergraph’s SDL; an ETag is honoured.'),
    headers: z
      .record(headerName, z.string().regex(/^[^\r\n\0]*$/, 'a header is one line'))
      .default({})
      .describe('Headers of the requests to `url`, such as `authorization`.'),
    hive: z
      .strictObject({
        endpoint: httpUrl.describe('The endpoint of the CDN without `/supergraph`.'),
        key: z.string().min(1, 'name the CDN’s access key').describe('The access key of the CDN.'),
      })
      .optional()
      .describe('A supergraph of Hive’s CDN.'),
    poll: z
      .union([z.literal('off'), duration])
      .optional()
      .describe('How often `url` or `hive` is asked again while the gateway runs, or `off`. Default: 10s.'),
    file: z.string().min(1).optional().describe('A file with the supergraph’s SDL; it is watched.'),
    oci: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The folder of an OCI image layout with a layer of the type `application/apollo.schema`; it is watched.',
      ),
    tag: z
      .string()
      .min(1)
      .optional()
      .describe('Which manifest of the layout (`org.opencontainers.image.ref.name`). Default: the only one.'),
    routing_urls: z
      .record(z.string().min(1), httpUrl)
      .default({})
      .describe('Where subgraphs answer GraphQL, by their names, instead of the URLs that the supergraph has.'),
  })
  .superRefine((value, context) => {
    const sources = sourceKeys.filter((key) => value[key] !== undefined);
    if (sources.length !== 1)
      context.addIssue({ code: 'custom', message: 'name exactly one of url, file, hive and oci' });
    if (Object.keys(value.headers).length > 0 && value.url === undefined)
      context.addIssue({ code: 'custom', message: 'headers belong to url', path: ['headers'] });
    if (value.poll !== undefined && value.url === undefined && value.hive === undefined)
      context.addIssue({ code: 'custom', message: 'poll belongs to url and hive: files are watched', path: ['poll'] });
    if (value.tag !== undefined && value.oci === undefined)
      context.addIssue({ code: 'custom', message: 'tag belongs to oci', path: ['tag'] });
  })
  .optional()
  .describe('A supergraph that another registry has composed, instead of `subgraphs`.');

export type SupergraphSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'oci'; readonly folder: string; readonly tag: string | undefined }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Undefined: no polling. */
      readonly pollMs: number | undefined;
    };

export interface SupergraphConfig {
  readonly source: SupergraphSource;
  readonly routingUrls: Readonly<Record<string, string>>;
  /** What is said of single subgraphs: their names are known once the supergraph has been read (withSubgraphs). */
  readonly settings: Pick<SupergraphYaml, 'traffic' | 'headers' | 'cache'>;
}

export function resolveSupergraph(
  { supergraph, traffic, headers, cache }: SupergraphYaml,
  at: (path: string) => string,
): SupergraphConfig | undefined {
  if (supergraph === undefined) return undefined;
  const { routing_urls: routingUrls } = supergraph;
  return { source: sourceOf(supergraph, at), routingUrls, settings: { traffic, headers, cache } };
}

function sourceOf(
  { url, headers, hive, poll, file, oci, tag }: NonNullable<SupergraphYaml['supergraph']>,
  at: (path: string) => string,
): SupergraphSource {
  if (file !== undefined) return { kind: 'file', path: at(file) };
  if (oci !== undefined) return { kind: 'oci', folder: at(oci), tag };
  const pollMs = poll === 'off' ? undefined : parseDuration(poll ?? '10s');
  if (hive === undefined) return { kind: 'http', url: url ?? '', headers, pollMs };
  const endpoint = hive.endpoint.replace(/\/+$/, '');
  const whole = endpoint.endsWith('/supergraph') ? endpoint : `${endpoint}/supergraph`;
  return { kind: 'http', url: whole, headers: { 'x-hive-cdn-key': hive.key }, pollMs };
}
