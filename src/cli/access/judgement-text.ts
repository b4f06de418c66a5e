/** What a caller may read of an operation, as JSON and as text. */
import type { ExplainedField, Principal } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import { alignColumns } from '../align-columns.ts';
import { printable } from '../printable.ts';
import type { Judgement } from './judge-operation.ts';

export function judgementJson(judgement: Judgement, { mode }: ResolvedConfig['access']): object {
  switch (judgement.kind) {
    case 'refused':
      return { refused: judgement.reason, status: judgement.status };
    case 'unprotected':
      return { ...aboutCaller(judgement, mode), unprotected: true, allowed: [], denied: [] };
    case 'judged': {
      const { allowed, denied, rows, isComplete } = judgement;
      const leftOut = rows === undefined ? {} : { rows };
      return { ...aboutCaller(judgement, mode), allowed, denied, ...leftOut, isComplete };
    }
    default:
      return unreachable(judgement);
  }
}

function aboutCaller(
  { caller, contract }: { readonly caller: Principal; readonly contract: string | undefined },
  mode: string,
) {
  const { id, kind, tenant, scopes, roles } = caller;
  return { caller: { id, kind, tenant, scopes, roles }, mode, ...(contract === undefined ? {} : { contract }) };
}

export function judgementText(judgement: Judgement, { mode }: ResolvedConfig['access']): string {
  if (judgement.kind === 'refused') return printable(`refused (${judgement.status}): ${judgement.reason}`).concat('\n');
  const { id, kind, tenant, scopes, roles } = judgement.caller;
  const caller = `${id} (${kind}), tenant ${tenant}, scopes ${list(scopes)}, roles ${list(roles)}`;
  const { contract } = judgement;
  const ofContract = contract === undefined ? [] : [`contract ${contract}`];
  const head = [printable(`caller   ${caller}`), `mode     ${mode}`, ...ofContract];
  if (judgement.kind === 'unprotected')
    return [...head, 'Nothing of the schema is protected: everyone may read all of it.', ''].join('\n');
  const { allowed, denied, rows: rowRules = [], isComplete } = judgement;
  const rows = [
    ...allowed.map((field) => ['allowed', field.path, field.coordinate, reasonText(field)]),
    ...denied.map((field) => ['denied', field.path, field.coordinate, reasonText(field)]),
  ];
  const leftOut = rowRules.map(({ on, rule }) => `Objects may be left out by ${rule} on ${on}.`);
  return [
    ...head,
    ...alignColumns(rows),
    ...leftOut,
    ...(isComplete ? [] : ['There are more fields than these.']),
    '',
  ].join('\n');
}

function reasonText({ within, rules }: ExplainedField): string {
  if (within !== undefined) return `selected of ${within}`;
  if (rules.length === 0) return 'open to anyone';
  return `by ${rules.map(({ rule, missing }) => `${rule}${lackText(missing)}`).join(' and ')}`;
}

function lackText(missing: ExplainedField['rules'][number]['missing']): string {
  if (missing === undefined) return '';
  return `, lacking ${missing.map((all) => all.join(' and ')).join(' or ')}`;
}

const list = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(' '));
