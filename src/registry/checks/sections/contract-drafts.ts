/** What contracts show and hide, of elements that there were before. */
import type { HiddenElements } from '../../../supergraph/index.ts';
import type { FindPlaces } from '../examine/definition-places.ts';
import type { Draft } from './draft.ts';
import type { Elements } from './elements-of.ts';

export interface ContractedApi {
  readonly contracts: ReadonlyMap<string, HiddenElements>;
  readonly elements: Elements;
}

export function contractDrafts(before: ContractedApi, after: ContractedApi, placesOf: FindPlaces): readonly Draft[] {
  const names = new Set([...before.contracts.keys(), ...after.contracts.keys()]);
  const { elements } = after;
  return [...names].flatMap((name) => {
    const [old, now] = [before.contracts.get(name), after.contracts.get(name)];
    if (old === undefined) return [ofContract(name, 'info', 'CONTRACT_ADDED', `the contract ${name} is new`)];
    if (now === undefined) return [ofContract(name, 'warning', 'CONTRACT_REMOVED', `the contract ${name} is gone`)];
    const newlyVisible = outermost([...old].filter((element) => !now.has(element) && elements.has(element)));
    const hidden = outermost([...now].filter((element) => !old.has(element) && before.elements.has(element)));
    const newElements = outermost(
      [...elements].filter((element) => !before.elements.has(element) && !now.has(element)),
    );
    return [
      ...newlyVisible.map((element) =>
        ofElement(
          element,
          'warning',
          'CONTRACT_SHOWS',
          `the contract ${name} shows ${element}, which it hid`,
          placesOf,
        ),
      ),
      ...hidden.map((element) =>
        ofElement(
          element,
          'warning',
          'CONTRACT_HIDES',
          `the contract ${name} hides ${element}, which it showed`,
          placesOf,
        ),
      ),
      ...newElements.map((element) =>
        ofElement(
          element,
          'info',
          'CONTRACT_SHOWS_NEW',
          `the contract ${name} shows ${element}, which is new`,
          placesOf,
        ),
      ),
    ];
  });
}

function ofContract(name: string, severity: Draft['severity'], code: string, message: string): Draft {
  return { severity, code, subject: `access.contracts.${name}`, message, places: [] };
}

function ofElement(
  element: string,
  severity: Draft['severity'],
  code: string,
  message: string,
  placesOf: FindPlaces,
): Draft {
  const subject = element.replace(/\((.*):\)$/, '.$1');
  return { severity, code, subject, message, places: placesOf(subject), isChange: severity !== 'info' };
}

/** Without the members of what is listed itself. */
function outermost(elements: readonly string[]): readonly string[] {
  const all: HiddenElements = new Set(elements);
  return elements.filter((element) => {
    const type = element.split(/[.(]/)[0] ?? '';
    const field = element.replace(/\(.*$/, '');
    return (type === element || !all.has(type)) && (field === element || !all.has(field));
  });
}
