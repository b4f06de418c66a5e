/**
 * The commands of `isthmus`, in the order of its help. Each is loaded where it is named: all of them together take a second
 * of CPU.
 */
import type { Command } from 'commander';

export interface ListedCommand {
  readonly name: string;
  /** As the command itself has it. */
  readonly description: string;
  readonly load: () => Promise<Command>;
}

export const commandList: readonly ListedCommand[] = [
  {
    name: 'init',
    description: 'Write a new graph with a native, a REST-wrapping and an AI subgraph, which runs as it is.',
    load: async () => (await import('./init/init.ts')).initCommand(),
  },
  {
    name: 'dev',
    description: 'Compose, serve and watch the graph, with subgraphs of this machine in place of others.',
    load: async () => (await import('./serve/dev.ts')).devCommand(),
  },
  {
    name: 'doctor',
    description: 'Find what is wrong on this machine or in a configuration, and say how to fix it.',
    load: async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  },
  {
    name: 'serve',
    description: 'Serve the supergraph.',
    load: async () => (await import('./serve/serve.ts')).serveCommand(),
  },
  {
    name: 'reload',
    description: 'Make the running gateway reload its configuration, schemas and prompts, as SIGHUP does.',
    load: async () => (await import('./serve/reload.ts')).reloadCommand(),
  },
  {
    name: 'compose',
    description: 'Compose the supergraph and write it.',
    load: async () => (await import('./compose.ts')).composeCommand(),
  },
  {
    name: 'operations',
    description: 'The trusted documents of applications.',
    load: async () => (await import('./operations/operations.ts')).operationsCommand(),
  },
  {
    name: 'subgraph',
    description: 'One subgraph of a graph.',
    load: async () => (await import('./subgraph/subgraph.ts')).subgraphCommand(),
  },
  {
    name: 'supergraph',
    description: 'A graph with all its subgraphs, as it is published.',
    load: async () => (await import('./supergraph/supergraph.ts')).supergraphCommand(),
  },
  {
    name: 'registry',
    description: 'The registry of a store, for many gateways.',
    load: async () => (await import('./registry/registry.ts')).registryCommand(),
  },
  {
    name: 'bundle',
    description:
      'Pack configuration, schemas, prompts, trusted documents and modules into one file that starts offline.',
    load: async () => (await import('./bundle/bundle.ts')).bundleCommand(),
  },
  {
    name: 'types',
    description: 'Write the TypeScript types for the code of AI subgraphs.',
    load: async () => (await import('./types.ts')).typesCommand(),
  },
  {
    name: 'ai',
    description: 'The cached answers of AI fields.',
    load: async () => (await import('./ai.ts')).aiCommand(),
  },
  {
    name: 'cache',
    description: 'Cached answers of a running gateway.',
    load: async () => (await import('./cache/cache.ts')).cacheCommand(),
  },
  {
    name: 'prompt',
    description: 'The prompts of AI fields.',
    load: async () => (await import('./prompt/prompt.ts')).promptCommand(),
  },
  {
    name: 'price',
    description: 'Price the operations of files in points, and their AI fields in dollars, by the configuration alone.',
    load: async () => (await import('./money/price.ts')).priceCommand(),
  },
  {
    name: 'explain',
    description: 'Show how an operation is answered: its plan, its cost, who may read it, how long it is cached.',
    load: async () => (await import('./explain/explain.ts')).explainCommand(),
  },
  {
    name: 'limits',
    description: 'Limits of operations.',
    load: async () => (await import('./money/limits.ts')).limitsCommand(),
  },
  {
    name: 'access',
    description: 'Who may read what of the graph.',
    load: async () => (await import('./access/access.ts')).accessCommand(),
  },
  {
    name: 'keys',
    description: 'The API keys that callers identify themselves with.',
    load: async () => (await import('./keys/keys.ts')).keysCommand(),
  },
  {
    name: 'audit',
    description: 'List the newest changes of what the store has, such as API keys: who, what, before, after.',
    load: async () => (await import('./audit.ts')).auditCommand(),
  },
  {
    name: 'store',
    description: 'Where API keys, the audit log and the ledger are kept.',
    load: async () => (await import('./store.ts')).storeCommand(),
  },
  {
    name: 'backup',
    description: 'Write the store to one file, as it is at one moment, while gateways serve.',
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  {
    name: 'restore',
    description: 'Make the store what a backup of the same kind of store has; gateways are stopped before.',
    load: async () => (await import('./backup.ts')).restoreCommand(),
  },
  {
    name: 'costs',
    description: 'Print what models have cost, from the ledger.',
    load: async () => (await import('./money/costs.ts')).costsCommand(),
  },
  {
    name: 'log',
    description: 'Print the operations that are recorded, the newest last; with the id of a request, that one whole.',
    load: async () => (await import('./log/log.ts')).logCommand(),
  },
  {
    name: 'usage',
    description: 'What operations use of the graph, and what nobody uses.',
    load: async () => (await import('./usage/usage.ts')).usageCommand(),
  },
  {
    name: 'budgets',
    description: 'List what is spent and left of every budget, from the ledger; calls in flight are not in it yet.',
    load: async () => (await import('./money/budgets.ts')).budgetsCommand(),
  },
  {
    name: 'replay',
    description: 'Send the operations of a recording to a gateway, and tell what differs: data, errors, price, time.',
    load: async () => (await import('./replay/replay.ts')).replayCommand(),
  },
  {
    name: 'export',
    description:
      'Write what is stored of a person: API keys, increases of budgets, model calls, records; a JSON line each.',
    load: async () => (await import('./people/export.ts')).exportCommand(),
  },
  {
    name: 'erase',
    description:
      'Remove a person from the records, the ledger and the API keys, and empty the caches of a running gateway. Sums stay as they are.',
    load: async () => (await import('./people/erase.ts')).eraseCommand(),
  },
  {
    name: 'config',
    description: 'The configuration file.',
    load: async () => (await import('./config-schema.ts')).configCommand(),
  },
  {
    name: 'completion',
    description: 'Print a script by which a shell completes the commands of isthmus.',
    load: async () => (await import('./completion/completion.ts')).completionCommand(),
  },
];
