/** `access.contracts`: named variants of the API schema by `@tag`, and the requests that each is for. */
import { z } from 'zod';
import { formatPath, type YamlPath } from '../read-yaml.ts';

/** The tag names that federation allows. */
const tag = z.string().regex(/^[A-Za-z0-9_/-]{1,128}$/, 'a tag has letters, digits, _, - and /');

const contractYaml = z.strictObject({
  include: z
    .array(tag)
    .default([])
    .describe(
      'Fields and unions without one of these tags are left out; a tag of an object or interface is one of its fields, too. Default: nothing is left out.',
    ),
  exclude: z.array(tag).default([]).describe('What has one of these tags is left out, even if it is included.'),
  hide_unreachable_types: z
    .boolean()
    .default(true)
    .describe('Whether types that no field of the contract leads to are left out.'),
  when: z
    .string()
    .min(1)
    .optional()
    .describe('The callers it is for: a CEL expression over `principal` and `request`. Default: all.'),
  header: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, 'write a header name such as x-contract')
        .transform((name) => name.toLowerCase())
        .describe('The name of the header.'),
      value: z.string().min(1).describe('The value that it has to have.'),
    })
    .optional()
    .describe(
      'The requests it is for: those with this header. Clients write it: it offers a contract, and protects nothing.',
    ),
  path: z
    .string()
    .regex(/^(\/[A-Za-z0-9_-]+)+$/, 'write a path below server.graphql_path, such as /graphql/public')
    .optional()
    .describe('A path of its own below `server.graphql_path`. Default: `server.graphql_path`.'),
});

export const contractsYaml = z
  .record(
    z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
        'a name starts with a letter and has at most 64 letters, digits, _ and -',
      ),
    contractYaml,
  )
  .default({})
  .describe(
    'Named variants of the API schema by `@tag`. A request has the first contract whose conditions all hold, and the whole schema where none does.',
  );

export interface ContractConfig {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hideUnreachableTypes: boolean;
  /** A CEL expression; undefined: it is for every caller. */
  readonly when: string | undefined;
  /** The name in lower case. */
  readonly header: { readonly name: string; readonly value: string } | undefined;
  /** Undefined: that of the GraphQL endpoint. */
  readonly path: string | undefined;
  /** Its YAML path, and its line where the configuration is a file. */
  readonly place: string;
  readonly line: number | undefined;
}

export function resolveContracts(
  contracts: z.output<typeof contractsYaml>,
  lineOf: (path: YamlPath) => number | undefined,
): readonly ContractConfig[] {
  return Object.entries(contracts).map(([name, { when, header, path, ...contract }]) => {
    const place = ['access', 'contracts', name];
    return {
      name,
      include: contract.include,
      exclude: contract.exclude,
      hideUnreachableTypes: contract.hide_unreachable_types,
      when,
      header,
      path,
      place: formatPath(place),
      line: lineOf(place),
    };
  });
}

interface ContractProblem {
  readonly path: YamlPath;
  readonly message: string;
}

/** Contracts that no request would have: below another path, or after one that has no condition. */
export function unreachableContracts(
  contracts: z.output<typeof contractsYaml>,
  graphqlPath: string,
): readonly ContractProblem[] {
  const unconditional = new Map<string, string>();
  return Object.entries(contracts).flatMap(([name, { when, header, path = graphqlPath }]) => {
    const place: YamlPath = ['access', 'contracts', name];
    if (path !== graphqlPath && !path.startsWith(`${graphqlPath}/`)) {
      const message = `the path of a contract is below server.graphql_path: write ${graphqlPath}/${name}`;
      return [{ path: [...place, 'path'], message }];
    }
    const earlier = unconditional.get(path);
    if (earlier !== undefined) {
      const message = `no request has this contract: "${earlier}", above it, has no condition; put "${earlier}" last`;
      return [{ path: place, message }];
    }
    if (when === undefined && header === undefined) unconditional.set(path, name);
    return [];
  });
}
