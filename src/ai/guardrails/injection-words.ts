/**
 * The words an injected order is made of, in several languages, each with the part it plays. Looked up by a hash that
 * does not care about the order of a word's inner letters: so `ignroe prveious instrcutions` is found in the same look
 * as the words themselves, and so is their rot13 (in bits of its own). Short of the table, nothing is allocated.
 */
import { foldLetter } from './fold-letters.ts';

/** The part a word plays. */
export const part = {
  /** ignore, disregard, forget … */
  override: 1,
  /** previous, above, prior … */
  previous: 2,
  /** instructions, prompt, rules … */
  orders: 4,
  /** all, your, any … */
  every: 8,
  /** reveal, print, repeat … */
  reveal: 16,
  /** system, hidden, initial … */
  hidden: 32,
  /** jailbreak, unrestricted, uncensored … */
  unbound: 64,
  /** not, never, don't */
  negation: 128,
  you: 256,
  now: 512,
  pretend: 1024,
  /** developer, debug, god (mode) */
  mode: 2048,
  without: 4096,
} as const;

/** Where the bits of words in rot13 begin. */
export const rotated = 13;

const words: readonly (readonly [number, string])[] = [
  [part.override, 'ignore ignoring disregard forget bypass override overrule neglect skip discard'],
  [part.override, 'ignoriere ignorieren vergiss missachte missachten ignorez ignorer ignore oubliez oublie oublier'],
  [
    part.override,
    'ignora ignorad ignorar olvida olvidar olvide ignorare dimentica dimenticare trascura negeer negeren vergeet',
  ],
  [
    part.override,
    'esqueça esquece desconsidere zignoruj zapomnij игнорируй игнорируйте забудь забудьте تجاهل ignorera glöm',
  ],
  [part.previous, 'previous prior above preceding earlier foregoing former before past existing'],
  [
    part.previous,
    'vorherigen vorherige bisherigen bisherige vorigen obigen früheren vorangegangenen précédentes précédents antérieures',
  ],
  [
    part.previous,
    'anteriores anterior previas previos precedenti precedente vorige eerdere bovenstaande poprzednie предыдущие прежние السابقة tidigare',
  ],
  [
    part.orders,
    'instruction instructions prompt prompts rules directions directives guidelines commands orders programming guardrails',
  ],
  [
    part.orders,
    'anweisungen anweisung regeln befehle vorgaben instrucciones instrucción reglas órdenes directives consignes règles',
  ],
  [
    part.orders,
    'istruzioni regole instructies regels opdrachten instruções regras instrukcje polecenia инструкции инструкцию правила указания التعليمات instruktioner',
  ],
  [
    part.every,
    'all any every your the these those my alle deine meine toutes tous les vos todas todos las tus tutte tutti le je jouw todas as все wszystkie',
  ],
  [
    part.reveal,
    'reveal print repeat show output display disclose expose leak dump recite tell echo translate summarize',
  ],
  [
    part.reveal,
    'zeige nenne wiederhole verrate montre affiche répète muestra revela repite mostra rivela ripeti toon herhaal покажи повтори',
  ],
  [
    part.hidden,
    'system hidden initial secret original internal confidential developer systemprompt système sistema systeem systems interne системный',
  ],
  [part.unbound, 'jailbreak jailbroken unrestricted unfiltered uncensored unaligned unmoderated'],
  [part.negation, 'not never dont doesnt cannot cant nicht nie kein ne pas no nunca non mai niet'],
  [part.without, 'without ohne sans sin senza zonder'],
  [part.you, 'you are youre du bist'],
  [part.now, 'now henceforth jetzt ab maintenant ahora adesso nu anything'],
  [part.pretend, 'pretend roleplay simulate impersonate act'],
  [part.mode, 'mode modus dan restrictions filters limits limitations restrictionless'],
];

/** A weight for each folded letter, 1 and above: sums of them tell words apart that differ in any letter. */
export const letterWeights: Int32Array = new Int32Array(0x8000);
for (let letter = 1; letter < letterWeights.length; letter += 1) {
  let mixed = Math.imul(letter, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  letterWeights[letter] = (mixed ^ (mixed >>> 13)) & 0x3ffffff;
}

/** The hash of a word: its first and last letter, its length, and what letters stand between. */
export function wordHash(first: number, last: number, length: number, sum: number): number {
  return (Math.imul(first, 0x1f123bb5) ^ Math.imul(last, 0x3c6ef372) ^ Math.imul(length, 0x51ed2701) ^ sum) | 0;
}

function hashOf(letters: readonly number[]): number {
  let sum = 0;
  for (const letter of letters) sum = (sum + (letterWeights[letter] ?? 0)) | 0;
  return wordHash(letters[0] ?? 0, letters.at(-1) ?? 0, letters.length, sum);
}

const l = 12;
const i = 9;

/** The parts of a word by its hash; those of rot13 words are shifted by `rotated`. */
export const partsByHash: ReadonlyMap<number, number> = (() => {
  const parts = new Map<number, number>();
  const add = (letters: readonly number[], bits: number) => {
    const hash = hashOf(letters);
    parts.set(hash, (parts.get(hash) ?? 0) | bits);
  };
  for (const [bits, list] of words)
    for (const word of list.split(' ')) {
      const letters = [...word]
        .map((character) => foldLetter(character.codePointAt(0) ?? 0))
        .filter((letter) => letter > 0);
      add(letters, bits);
      if (letters.includes(l))
        add(
          letters.map((letter) => (letter === l ? i : letter)),
          bits,
        ); // `a11`: 1 is read as i
      if (letters.length >= 4 && letters.every((letter) => letter <= 26))
        add(
          letters.map((letter) => ((letter + 12) % 26) + 1),
          bits << rotated,
        );
    }
  return parts;
})();
