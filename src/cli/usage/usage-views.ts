/** The lists that `isthmus usage` prints: what each is, what the admin graph is asked for it, and its table. */
import type {
  ClientUse,
  CoordinateUse,
  DeprecatedUse,
  OperationUse,
  UnusedCoordinate,
} from '../../usage/coordinates/index.ts';
import type { ClientTotal } from '../../usage/index.ts';
import { alignColumns } from '../align-columns.ts';
import { printable } from '../printable.ts';

export type ViewName = 'coordinates' | 'operations' | 'clients' | 'unused' | 'deprecated';

export interface UsageView {
  readonly description: string;
  readonly examples: readonly string[];
  /** Of the admin graph. */
  readonly selection: string;
  /** What is printed where the list is empty. */
  readonly nothing: string;
  /** @param requests all that were counted */
  readonly table: (list: readonly object[], requests: number) => readonly string[];
}

const coordinateFields = 'coordinate requests operations clients { name version requests } lastUsed';

export const usageViews: Readonly<Record<ViewName, UsageView>> = {
  coordinates: {
    description: 'Print which types, fields, arguments, input fields and enum values are used, how often and by whom.',
    examples: ['isthmus usage coordinates --of Product --since 30d', 'isthmus usage coordinates --client web --json'],
    selection: `{ ${coordinateFields} }`,
    nothing: 'nothing of that name was used in this time',
    table: (list, all) =>
      alignColumns([
        ['coordinate', 'requests', 'of all', 'operations', 'last used', 'clients'],
        ...(list as readonly CoordinateUse[]).map(({ coordinate, requests, operations, clients, lastUsed }) => [
          ...[coordinate, String(requests), shareOf(requests, all), String(operations), hourOf(lastUsed)],
          clientsOf(clients),
        ]),
      ]),
  },
  operations: {
    description: 'Print which operations were sent, how often, with how many errors, and by whom.',
    examples: ['isthmus usage operations --since 24h', 'isthmus usage operations --client web --json'],
    selection:
      '{ signature kind operationName document requests errors averageMs maxMs clients { name version requests } lastUsed }',
    nothing: 'no operation of that client in this time',
    table: (list) =>
      alignColumns([
        ['operation', 'signature', 'requests', 'errors', 'ms', 'most', 'last used', 'clients'],
        ...(list as readonly OperationUse[]).map((use) => [
          use.signature == null ? '(others)' : printable(use.operationName ?? `(${use.kind})`),
          use.signature?.slice(0, signatureLength) ?? '-',
          ...[String(use.requests), String(use.errors), use.averageMs.toFixed(1), use.maxMs.toFixed(0)],
          ...[hourOf(use.lastUsed), clientsOf(use.clients)],
        ]),
      ]),
  },
  clients: {
    description: 'Print which clients sent operations, by name and version.',
    examples: ['isthmus usage clients --since 30d'],
    selection: '{ name version requests errors operations }',
    nothing: 'no client of that name in this time',
    table: (list) =>
      alignColumns([
        ['client', 'version', 'requests', 'errors', 'operations'],
        ...(list as readonly ClientUse[]).map(({ name, version, requests, errors, operations }) => [
          printable(name ?? '-'),
          printable(version ?? '-'),
          ...[requests, errors, operations].map(String),
        ]),
      ]),
  },
  unused: {
    description: 'Print what the graph has and no operation used.',
    examples: ['isthmus usage unused --since 30d', 'isthmus usage unused --since 90d --json'],
    selection: '{ coordinate kind }',
    nothing: 'all that the graph has was used in this time',
    table: (list) =>
      alignColumns([
        ['coordinate', 'kind'],
        ...(list as readonly UnusedCoordinate[]).map(({ coordinate, kind }) => [coordinate, kind]),
      ]),
  },
  deprecated: {
    description: 'Print what is deprecated, until when it stays, and who still uses it.',
    examples: ['isthmus usage deprecated --since 30d', 'isthmus usage deprecated --gateway http://127.0.0.1:4400'],
    selection: `{ reason since sunset ${coordinateFields} }`,
    nothing: 'nothing of the graph is deprecated',
    table: (list) =>
      alignColumns([
        ['coordinate', 'sunset', 'requests', 'last used', 'clients', 'reason'],
        ...(list as readonly DeprecatedUse[]).map(({ coordinate, sunset, requests, lastUsed, clients, reason }) => [
          ...[coordinate, sunset ?? '-', String(requests), hourOf(lastUsed), clientsOf(clients), printable(reason)],
        ]),
      ]),
  },
};

const signatureLength = 12;
const printedClients = 3;

/** The first of them, as `web 1.2: 40`. */
function clientsOf(clients: readonly ClientTotal[]): string {
  const some = clients.slice(0, printedClients).map(({ name, version, requests }) => {
    const called = [name ?? '(no name)', ...(version == null ? [] : [version])].join(' ');
    return `${printable(called)}: ${requests}`;
  });
  const more = clients.length - some.length;
  return [...some, ...(more > 0 ? [`${more} more`] : [])].join(', ') || '-';
}

function hourOf(moment: string | null | undefined): string {
  return moment == null ? '-' : `${moment.slice(0, 13).replace('T', ' ')}h`;
}

const shareOf = (part: number, all: number): string => `${((part / all) * 100).toFixed(1)} %`;
