import type { Language } from './languages.ts';

/**
 * Words and phrases that carry an opinion on a product, for the extractive model. Accents are folded; a `*` ends a word
 * of which only the prefix is listed. For an English clause without any of them, wink-nlp's sentiment is used.
 */
export interface OpinionWords {
  /** 1 for a word of praise, -1 for one of criticism, ±2 for strong ones. */
  valueOf(word: string): number;
  /** Fixed phrases, read before the words and taken out of the clause; a negation in them is part of them. */
  readonly phrases: readonly { readonly pattern: RegExp; readonly value: number }[];
}

type Entry = readonly [value: number, words: string];

const english: readonly Entry[] = [
  [
    2,
    'love loves loved adore adores amazing excellent fantastic perfect perfectly superb outstanding brilliant wonderful flawless flawlessly awesome stunning incredible gorgeous best delighted',
  ],
  [
    1,
    `good great nice nicely well solid sturdy sturdier comfortable comfy comfortably crisp clear clean rich warm bright quick quickly fast
    easy easily effortless* happy pleased satisfied impressed impressive recommend recommended recommends worth reliable reliably beautiful
    beautifully lovely enjoy enjoys enjoyed fun light lightweight durable quiet smooth smoothly sharp accurate handy useful helpful
    premium elegant favorite favourite bargain generous works working work better exceeded exceeds accurate precise robust stable
    delicious cozy cosy sleek responsive intuitive powerful lasts holds survived fine pleasant punchy soft value
    balanced firmly firm tidy spotless dry evenly impressively plausible happily cheerful generously`,
  ],
  [
    -1,
    `bad poor poorly weak slow slowly loud noisy flimsy cheap cheaply uncomfortable difficult hard heavy bulky expensive overpriced
    disappointing disappointed disappoint* disappoints annoying annoyed frustrating frustrated problem problems issue issues
    fault* fail fails failed failing failure crack cracks cracked leak leaks leaked leaking scratch scratches scratched rattle rattles rattling
    crackle crackles crackling tinny muffled dull blurry stiff tight loose wobbly wobbles wobble smell smells smelly rust rusts rusted rusty
    confusing complicated useless unreliable inaccurate worse mediocre lacking lacks lack missing dies drain drains drained drops
    disconnects disconnect disconnecting complain complaint complaints complaining gripe downside downsides drawback sadly unfortunately
    return returned returning refund regret regrets hurts hurt peeled peeling fell fades faded fades buggy laggy lag lags overheats sags squeaks
    squeaky scam misleading dead stopped glitchy jams jammed sticks dirty faint patchy hiss hisses stains sheds shedding shed
    snapped snaps tore tears torn rips ripped chipped chips slips slipped creak creaks creaky hums beeps boring nuisance skips skipped
    delay delays forgot forgets slower weaker thinner crowded muddy booming wishful wanders warped bent dented
    fragile clumsy fiddly awkward burns burned burnt stuck stains shame pity unfinished unusable inconsistent`,
  ],
  [
    -2,
    'terrible horrible awful worst hate hates hated garbage junk trash useless broke broken breaks waste wasted avoid defective died unusable disgusting',
  ],
];

const german: readonly Entry[] = [
  [
    2,
    'liebe lieben hervorragend* ausgezeichnet* fantastisch* perfekt* grossartig* genial* begeister* wunderbar* spitze* traumhaft* beste bester bestes besten',
  ],
  [
    1,
    `gut gute guter gutes guten super toll* schon schone schones schoner prima klasse zufrieden* empfehl* bequem* angenehm* stabil* leicht leichte
    robust* hochwertig* praktisch* zuverlassig* schnell* klar klarer klare satt* gefallt gefallen funktioniert lohnt einfach* freue wertig* solide
    uberzeug* langlebig* kraftig* hubsch* leise scharf* prazise gelungen*`,
  ],
  [
    -1,
    `schlecht* schwach* enttausch* leider billig* laut* unbequem* kaputt* defekt* teuer* problem* mangel* fehler* rauscht knarzt wackel*
    zerkratzt* langsam* kompliziert* argerlich* zuruckgeschickt zuruckgegeben umtausch* reklam* bricht brach gebrochen undicht* schwer
    umstandlich* unbrauchbar* mittelmassig* nervt storend* verzerrt* blechern* dumpf* minderwertig* instabil* ungenau*`,
  ],
  [-2, 'schrecklich* furchtbar* grauenhaft* katastroph* mull schrott schlimm* nutzlos* miserabel* finger'],
];

const french: readonly Entry[] = [
  [
    2,
    'adore* excellent* parfait* fantastique* genial* geniale* superbe* magnifique* formidable* impeccable* incroyable* meilleur meilleure ravi* top',
  ],
  [
    1,
    `bon bonne bons bonnes bien beau belle super content* satisfait* recommande* confortable* solide* pratique* agreable* rapide* leger legere
    efficace* fonctionne aime plait robuste* fiable* joli* facile* puissant* clair claire precis* qualitatif* silencieux durable*`,
  ],
  [
    -1,
    `mauvais* decu* decev* decept* faible* cher chere bruyant* inconfortable* fragile* casse* cassee lent lente probleme* defaut* panne* defectueu*
    malheureusement dommage difficile* complique* lourd* mediocre* retourne renvoye rembours* gresille* fuit rouille* mal manque inutile*
    sature* grince* instable* imprecis*`,
  ],
  [-2, 'horrible* nul nulle affreu* catastroph* pire arnaque* deteste* terrible* eviter inutilisable* poubelle'],
];

const spanish: readonly Entry[] = [
  [
    2,
    'encant* excelente* perfecto perfecta perfectamente fantastic* increible* maravill* genial* impresionante* estupend* mejor espectacular*',
  ],
  [
    1,
    `bueno buena buen buenos buenas bien bonito bonita content* satisfech* recomiend* recomend* comodo comoda comodos practic* rapido rapida
    ligero ligera facil* funciona gusta resistente* util* fiable* robust* agradable* nitid* potente* precios* silencios* limpio limpia equilibrad* solido solida`,
  ],
  [
    -1,
    `malo mala mal malos malas decepcion* caro cara ruidos* incomod* fragil* roto rota rompio lento lenta problema* defect* fallo falla fallos
    lastima desgraciadamente lamentablemente dificil* complicad* pesado pesada devolvi devuelto devolver reembols* debil* flojo floja oxid* endeble*
    inestable* mediocre*`,
  ],
  [-2, 'horrible* pesimo pesima terrible* peor odio basura estafa* inservible* fatal evitar'],
];

const englishPhrases: readonly [RegExp, number][] = [
  [/\b(?:cannot|could not|can not) (?:be happier|ask for more|fault|complain|go wrong|beat|get enough)\b/, 2],
  [/\b(?:cannot|can not|could not) recommend \w+ enough\b/, 2],
  [/\b(?:nothing to complain|no (?:complaints|issues|problems|regrets)|trouble free|problem free)\b/, 1],
  [/\b(?:works?|worked) (?:like a charm|as (?:described|expected|advertised))\b/, 1],
  [/\b(?:will|would|do|does) not (?:ever )?(?:buy|purchase|order) (?:\w+ )?(?:again|another)\b/, -2],
  [/\b(?:buy|bought|purchase|order|ordered|buying) (?:\w+ )?(?:again|another)\b/, 1],
  [/\b(?:never again|do not buy|steer clear|stay away|let down|lets? (?:it|me) down)\b/, -2],
  [/\b(?:stopped|stops|quit) (?:work\w*|charg\w*|respond\w*)\b/, -2],
  [
    /\b(?:sent|send|sending|take|took|taking) (?:it |them |mine |both )?back\b|\bmoney back\b|\bfell apart\b|\bfalls apart\b/,
    -2,
  ],
  [/\b(?:could|should|would) (?:have been|be) (?:better|louder|longer|brighter|stronger|easier|nicer)\b/, -1],
  [
    /\b(?:not|never|cannot) (?:be )?(?:stick|fit|hold|last|close|stay|charge|connect|pair|seal|open|respond|start|muted|turned|switched|removed)(?: (?:well|properly|tightly|right))?\b/,
    -1,
  ],
  [/\bno way to\b|\bsupposed to\b|\bnot (?:even|enough)\b|\b(?:is|are|was) not$|\bno change\b|\bsame result\b/, -1],
  [/\blike a dream\b|\bno more\b|\bstopped (?:using|looking|reaching|worrying|seeing)\b/, 1],
  [/\bi wish\b|\bhigh hopes\b|\bnot as (?:\w+) as\b|\bless than\b|\bat best\b/, -1],
  [/\btoo (?!good|well)(?:\w+)\b/, -1],
  [/\bnot (?:really )?worth(?: (?:every|the|it))?\b/, -1],
  [/\bworth (?:every|the|it)\b/, 1],
  [/\bso far so good\b/, 1],
  [/\bkeeps? (?:\w+ ){1,3}(?:hot|cold|warm|fresh|cool)\b/, 1],
  [/\b(?:bought|ordered) (?:a )?(?:second|another)\b/, 1],
  [/\b(?:not|never|hardly|barely) (?:hold|holds|keep|keeps) (?:a |its |the )?charge\b/, -1],
];

const germanPhrases: readonly [RegExp, number][] = [
  [/\bnie wieder\b|\bfinger weg\b|\bgeld zuruck\b|\bgeht nicht\b/, -2],
  [/\bzu (?:klein|gross|laut|leise|schwer|teuer|kurz|lang|eng|schwach|dunkel|langsam)\w*\b/, -1],
  [
    /\b(?:keine|ohne) (?:probleme|mangel|beanstandung\w*)\b|\bnichts auszusetzen\b|\bimmer wieder\b|\bgerne wieder\b/,
    1,
  ],
];

const frenchPhrases: readonly [RegExp, number][] = [
  [/\bplus jamais\b|\btombee? en panne\b|\bne (?:fonctionne|marche) (?:pas|plus)\b/, -2],
  [/\btrop (?:\w+)\b/, -1],
  [/\b(?:aucun|sans) (?:probleme|souci|defaut)s?\b|\brien a redire\b/, 1],
  [/\bmal de (?:tete|crane)\b/, -1],
];

const spanishPhrases: readonly [RegExp, number][] = [
  [/\bnunca mas\b|\bdejo de funcionar\b|\bno (?:funciona|sirve)\b|\bdinero tirado\b/, -2],
  [/\bdemasiado (?:\w+)\b/, -1],
  [/\bsin (?:problemas?|fallos?)\b|\bningun problema\b|\bvale la pena\b/, 1],
];

function opinionWordsOf(entries: readonly Entry[], phrases: readonly (readonly [RegExp, number])[]): OpinionWords {
  const whole = new Map<string, number>();
  const beginnings: (readonly [string, number])[] = [];
  for (const [value, text] of entries) {
    for (const word of text.trim().split(/\s+/)) {
      if (word.endsWith('*')) beginnings.push([word.slice(0, -1), value]);
      else whole.set(word, value);
    }
  }
  return {
    valueOf: (word) => whole.get(word) ?? beginnings.find(([beginning]) => word.startsWith(beginning))?.[1] ?? 0,
    phrases: phrases.map(([pattern, value]) => ({ pattern, value })),
  };
}

const japanesePhrases: readonly [RegExp, number][] = [
  [/最高|素晴らし|大満足/, 2],
  [
    /良い|良く|良かった|いいです|よかった|快適|便利|満足|気に入|十分|静か|軽い|軽く|正確|おすすめ|簡単|きれい|美し|美味し|気になりません/,
    1,
  ],
  [/残念|悪い|悪く|不満|重い|うるさ|高すぎ|使いにく|返品|弱い|がっかり|不便|足りな|遅い/, -1],
  [/最悪|壊れ|故障|使えな/, -2],
];

export const opinionWords: Readonly<Record<Language, OpinionWords>> = {
  en: opinionWordsOf(english, englishPhrases),
  de: opinionWordsOf(german, germanPhrases),
  fr: opinionWordsOf(french, frenchPhrases),
  es: opinionWordsOf(spanish, spanishPhrases),
  ja: opinionWordsOf([], japanesePhrases),
};
