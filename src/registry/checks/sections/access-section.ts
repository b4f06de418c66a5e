/** What becomes readable to whom, and what stops being so: rules of fields, types and rows, policies, contracts. */
import { policiesOf, ruleText } from '../../../access/index.ts';
import { canonicalJson } from '../../../lib/index.ts';
import type { SupergraphParts } from '../../../read-supergraph.ts';
import type { AccessRule, RowRule } from '../../../supergraph/index.ts';
import type { FindPlaces } from '../examine/definition-places.ts';
import { isLooser } from './compare-rules.ts';
import { contractDrafts } from './contract-drafts.ts';
import type { Draft } from './draft.ts';
import { elementsOf } from './elements-of.ts';

type Parts = Pick<SupergraphParts, 'composition' | 'config' | 'policyHashes'>;

export async function accessDrafts(before: Parts, after: Parts, placesOf: FindPlaces): Promise<readonly Draft[]> {
  const [earlier, later] = [await elementsOf(before.composition), await elementsOf(after.composition)];
  // What is new or gone is a change of the API: nobody could read it, or nobody can.
  const isInBoth = (coordinate: string): boolean => earlier.has(coordinate) && later.has(coordinate);
  return [
    ...ruleDrafts(before, after, isInBoth, placesOf),
    ...rowDrafts(before, after, isInBoth, placesOf),
    ...policyDrafts(before, after),
    ...contractDrafts(
      { contracts: before.composition.contracts, elements: earlier },
      { contracts: after.composition.contracts, elements: later },
      placesOf,
    ),
  ];
}

type IsInBoth = (coordinate: string) => boolean;

function ruleDrafts(before: Parts, after: Parts, isInBoth: IsInBoth, placesOf: FindPlaces): readonly Draft[] {
  const earlier = before.composition.accessRules;
  const later = after.composition.accessRules;
  const coordinates = new Set([...earlier.keys(), ...later.keys()]);
  return [...coordinates].flatMap((coordinate): Draft[] => {
    if (!isInBoth(coordinate)) return [];
    const [old, now] = [earlier.get(coordinate) ?? [], later.get(coordinate) ?? []];
    if (canonicalJson(old) === canonicalJson(now)) return [];
    const from = `from ${rulesText(old)} to ${rulesText(now)}`;
    const opens = old.some((rule) => isLooser(rule, now));
    const closes = now.some((rule) => isLooser(rule, old));
    const of = { subject: coordinate, places: placesOf(coordinate), isChange: true };
    if (opens) {
      const whom = now.length === 0 ? 'everyone who reaches it' : `whoever satisfies ${rulesText(now)}`;
      const message = `${coordinate} becomes readable to ${whom}: ${from}`;
      return [{ ...of, severity: 'warning', code: closes ? 'ACCESS_CHANGED' : 'ACCESS_OPENED', message }];
    }
    const message = `${coordinate} is readable to fewer: ${from}`;
    return [{ ...of, severity: 'warning', code: 'ACCESS_CLOSED', message }];
  });
}

function rulesText(rules: readonly AccessRule[]): string {
  return rules.length === 0 ? 'no rule' : rules.map(ruleText).join(' and ');
}

function rowDrafts(before: Parts, after: Parts, isInBoth: IsInBoth, placesOf: FindPlaces): readonly Draft[] {
  const [earlier, later] = [before.composition.rows.rules, after.composition.rows.rules];
  const text = (rule: RowRule): string => `@rows(policy: ${JSON.stringify(rule.policy)}, denied: ${rule.denied})`;
  const isIn = (rules: readonly RowRule[], rule: RowRule): boolean =>
    rules.some(({ coordinate, policy, denied }) => {
      return coordinate === rule.coordinate && policy === rule.policy && denied === rule.denied;
    });
  const of = ({ coordinate }: RowRule) => ({ subject: coordinate, places: placesOf(coordinate), isChange: true });
  const gone = earlier.filter((rule) => !isIn(later, rule) && isInBoth(rule.coordinate));
  const newRules = later.filter((rule) => !isIn(earlier, rule) && isInBoth(rule.coordinate));
  return [
    ...gone.map((rule): Draft => {
      const message = `objects of ${rule.coordinate} are readable that ${text(rule)} left out`;
      return { ...of(rule), severity: 'warning', code: 'ROWS_OPENED', message };
    }),
    ...newRules.map((rule): Draft => {
      const message = `objects of ${rule.coordinate} are left out by ${text(rule)}`;
      return { ...of(rule), severity: 'warning', code: 'ROWS_CLOSED', message };
    }),
  ];
}

function policyDrafts(before: Parts, after: Parts): readonly Draft[] {
  const textsOf = ({ config, policyHashes }: Parts): ReadonlyMap<string, string> =>
    new Map(
      config.access.policies.map(({ place: _place, line: _line, ...policy }) => {
        return [policy.name, canonicalJson([policy, policyHashes.get(policy.name) ?? null])];
      }),
    );
  const earlier = textsOf(before);
  return [...textsOf(after)].flatMap(([name, text]): Draft[] => {
    const old = earlier.get(name);
    if (old === undefined || old === text) return [];
    const decided = [...after.composition.accessRules].flatMap(([coordinate, rules]) =>
      rules.some((rule) => policiesOf(rule).includes(name)) ? [coordinate] : [],
    );
    const rows = after.composition.rows.rules.flatMap(({ coordinate, policy }) =>
      policy === name ? [coordinate] : [],
    );
    const all = [...decided, ...rows];
    const what =
      all.length === 0 ? 'decides nothing yet' : `decides ${all.slice(0, 5).join(', ')}${all.length > 5 ? ' …' : ''}`;
    const message = `the policy ${name} is written otherwise; it ${what}`;
    return [{ severity: 'warning', code: 'POLICY_CHANGED', subject: `access.policies.${name}`, message, places: [] }];
  });
}
