/** The languages of the extractive model: enough to detect a language and a negation. */
export type Language = 'en' | 'de' | 'fr' | 'es' | 'ja';

interface Grammar {
  /** Frequent function words that the other languages here do not share, accents folded. */
  readonly stopWords: ReadonlySet<string>;
  readonly negators: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

export const grammars: Readonly<Record<Language, Grammar>> = {
  en: {
    stopWords:
      words(`the a an and is are was were be been it its this that these those i my we you your they of to for with
      not but have has had do does did would will can very too so at on by from as than after just all when again`),
    negators: words('not no never none nothing neither nor without hardly barely cannot nobody'),
  },
  de: {
    stopWords:
      words(`der die das den dem des ein eine einen einem einer und ist sind war waren ich mir mich wir sie er es
      nicht kein keine aber auch sehr mit fur auf von zu im am nach bei wie nur noch schon wenn weil dass hat habe haben wird
      wurde uber aus sich mein meine immer mehr wieder leider nichts nie ohne bin vom zum zur als`),
    negators: words('nicht kein keine keinen keiner keinem nie niemals nichts ohne kaum weder'),
  },
  fr: {
    stopWords:
      words(`le la les un une des du et est sont etait je j il elle nous vous ils ce cette ces c ne pas n mais avec
      pour sur dans en que qui qu tres trop plus tout au aux mon ma mes son sa ses l d ai a ete bien apres jamais`),
    negators: words('ne n pas jamais aucun aucune sans rien ni non'),
  },
  es: {
    stopWords:
      words(`el la los las un una unos y es son era esta este estos estas yo me mi lo se que con para por en de del
      al muy pero mas como ha he fue tiene sin su sus le nada todo ya cuando despues`),
    negators: words('no nunca jamas sin tampoco ningun ninguna ni'),
  },
  // Written without spaces: matched by phrases only.
  ja: { stopWords: new Set(), negators: new Set() },
};

/** The languages that are detected by their words; Japanese is detected by its script. */
export const spacedLanguages: readonly Language[] = ['en', 'de', 'fr', 'es'];
const kana = /[\p{sc=Hiragana}\p{sc=Katakana}]/u;

/** Lower case, accents and ligatures folded, elisions split (`n'aime` is `n aime`, `don't` is `do not`). */
export function foldedWords(text: string): string[] {
  return text
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll("won't", 'will not')
    .replaceAll("can't", 'cannot')
    .replaceAll(/n't\b/g, ' not')
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replaceAll('ß', 'ss')
    .replaceAll('œ', 'oe')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Whether a word is a function word in any of the languages. */
export function isGrammar(word: string): boolean {
  const folded = foldedWords(word)[0] ?? '';
  return spacedLanguages.some((language) => grammars[language].stopWords.has(folded));
}

/** The language with the most function words in the text; `undefined` if there are none. */
export function languageOf(text: string): Language | undefined {
  if (kana.test(text)) return 'ja';
  const words = foldedWords(text);
  let best: Language | undefined;
  let most = 0;
  for (const language of spacedLanguages) {
    const { stopWords } = grammars[language];
    const count = words.reduce((sum, word) => sum + (stopWords.has(word) ? 1 : 0), 0);
    if (count > most) [best, most] = [language, count];
  }
  return best;
}
