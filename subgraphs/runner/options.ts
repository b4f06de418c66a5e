import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../src/config/index.ts';
import { messageOf } from '../../src/errors/index.ts';
import { root } from './services.ts';

const help = `npm start: the sample graph and its gateway, until Ctrl-C.

Usage: npm start [-- options]

  --port <number>   the gateway's port, instead of server.port of supergraph.yaml; 0 takes a free one
  --help            this text

The subgraphs listen on 4001 to 4004, their REST services on 4103 and 4104.
The gateway alone: npm run gateway. Its other commands: npm run -s isthmus -- --help
`;

export interface RunnerOptions {
  readonly host: string;
  readonly port: number;
  readonly graphqlPath: string;
  /** What the gateway's command line has besides its configuration. */
  readonly gatewayArguments: readonly string[];
}

/** Reads the command line and the configuration; ends the process for --help, and where one of them is wrong. */
export async function readOptions(args: readonly string[]): Promise<RunnerOptions> {
  const given = parse(args);
  if (given.help === true) {
    process.stdout.write(help);
    process.exit(0);
  }
  if (given.port !== undefined && !(/^\d+$/.test(given.port) && Number(given.port) <= 65_535)) {
    refuse('A port is a number from 0 to 65535.', 2);
  }
  try {
    const { server } = await loadConfig(join(root, 'supergraph.yaml'));
    return {
      host: server.host,
      port: given.port === undefined ? server.port : Number(given.port),
      graphqlPath: server.graphqlPath,
      gatewayArguments: given.port === undefined ? [] : ['--port', given.port],
    };
  } catch (error) {
    return refuse(messageOf(error), 1);
  }
}

function parse(args: readonly string[]): { readonly port?: string | undefined; readonly help?: boolean | undefined } {
  try {
    return parseArgs({
      args: [...args],
      options: { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    return refuse(`${messageOf(error)}\n\n${help}`, 2);
  }
}

function refuse(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
