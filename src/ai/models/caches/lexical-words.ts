/**
 * The closed lists of the lexical gate: the parts of English that only affect wording. An entry belongs here only if
 * removing or replacing it can never change the meaning; when in doubt, it does not.
 */

/** Words whose meaning depends on an article before them: “few” is not “a few”. */
export const keepsArticle: ReadonlySet<string> = new Set([
  'few',
  'little',
  'bit',
  'lot',
  'most',
  'more',
  'least',
  'less',
  'while',
  'number',
  '.',
  ',',
  '?',
  '&',
  'and',
  'or',
]);

const contractionList: readonly (readonly [string, string])[] = [
  ["what's", 'what is'],
  ["where's", 'where is'],
  ["who's", 'who is'],
  ["how's", 'how is'],
  ["when's", 'when is'],
  ["that's", 'that is'],
  ["it's", 'it is'],
  ["there's", 'there is'],
  ["i'm", 'i am'],
  ["you're", 'you are'],
  ["we're", 'we are'],
  ["they're", 'they are'],
  ["i've", 'i have'],
  ["we've", 'we have'],
  ["i'll", 'i will'],
  ["i'd", 'i would'],
  ['cannot', 'can not'],
  ["can't", 'can not'],
  ["won't", 'will not'],
  ["don't", 'do not'],
  ["doesn't", 'does not'],
  ["didn't", 'did not'],
  ["isn't", 'is not'],
  ["aren't", 'are not'],
  ["wasn't", 'was not'],
  ["weren't", 'were not'],
  ["shouldn't", 'should not'],
  ["couldn't", 'could not'],
  ["wouldn't", 'would not'],
  ["mustn't", 'must not'],
  ["hasn't", 'has not'],
  ["haven't", 'have not'],
];

export const contractions: ReadonlyMap<string, readonly string[]> = new Map(
  contractionList.map(([short, long]) => [short, long.split(' ')]),
);

/** Not “tell me when” and “tell me if”: these may request a later notification. */
const asking = '(?:tell me|let me know|explain(?: to me)?|describe(?: to me)?)';
const wondering =
  '(?:i (?:would like|want|need|wish) to (?:know|find out)|do you know|i (?:am wondering|wonder|was wondering))';
const aux = '(?:is|are|am|do|does|can|could|will|would|should|did|was|were|has|have|had|must|may|might|shall)';

/**
 * Applied in order to the words of a text, each between spaces. The form of the question becomes one token, so that
 * “Is X?” and “What is X?” stay apart: `HOW` (how I do something), `WHAT`, `WHETHER`. “How do you …” stays as it is: it
 * may be the one who answers that is meant.
 */
export const phrases: readonly (readonly [RegExp, string])[] = [
  [/^ (?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there| team| all)?(?: [,.])? /, ' '],
  [/(?: [,.])? (?:thanks|thank you|many thanks|thx)(?: (?:a lot|in advance|so much|very much))?(?: [.,])? $/, ' '],
  [/(?: ,)? (?:please|kindly)(?: ,)?(?= )/g, ''],
  [
    /^ (?:can|could|would) you (tell|explain|describe|give|show|list|summari[sz]e|translate|write|let) (.*?)(?: [?.])? $/,
    ' $1 $2 ',
  ],
  [new RegExp(`^ ${wondering} (?:if|whether) `), ' WHETHER '],
  [new RegExp(`^ ${wondering} (how|when|where|why|who|which|what) `), ' $1 '],
  [new RegExp(`^ ${asking} whether `), ' WHETHER '],
  [new RegExp(`^ ${asking} (?:about|what) (?:is |are )?`), ' WHAT '],
  [new RegExp(`^ ${asking} (how|where|why|who|which) `), ' $1 '],
  [/^ (?:what|which) is the way to /, ' HOW '],
  [/^ how (?:do|can|could) i (?:go about )?/, ' HOW '],
  [/^ how (?:i (?:can|could)|to) /, ' HOW '],
  [/^ what (?:is|are) /, ' WHAT '],
  [/^ am i (?:allowed|able|permitted) to /, ' can i '],
  [/^ are we (?:allowed|able|permitted) to /, ' can we '],
  [/^ is it possible (?:for me )?to /, ' can i '],
  [new RegExp(`^ (${aux}) `), ' WHETHER $1 '],
  // A verb of the list above may follow the subject: “tell me whether I can return it”.
  [/^ WHETHER (i|we|you|it|they) (can|could|should|must|may|will|would) /, ' WHETHER $2 $1 '],
  [/^ (WHETHER|what|when|where|why|who|which|how (?:long|much|many|often|far|old)) (?:do|does) /, ' $1 '],
  [/^ (WHETHER|HOW|WHAT|how|when|where|why|who|which|what) (.*) [?.] $/, ' $1 $2 '],
  [/ [.] $/, ' '],
  [/ (i|we) (?:am|are) /g, ' $1 '],
  [/ send back /g, ' return '],
  [/ send (it|them|this|that|an item|the item) back /g, ' return $1 '],
  [/ capital city /g, ' capital '],
  [/ (?:mobile|cell) phone(s?) /g, ' phone$1 '],
  [/ as well as /g, ' and '],
];

/** Alternative spellings, and words that are synonyms in every context. */
export const synonyms: ReadonlyMap<string, string> = new Map([
  ['summarise', 'summarize'],
  ['organise', 'organize'],
  ['recognise', 'recognize'],
  ['customise', 'customize'],
  ['optimise', 'optimize'],
  ['analyse', 'analyze'],
  ['colour', 'color'],
  ['favourite', 'favorite'],
  ['flavour', 'flavor'],
  ['grey', 'gray'],
  ['catalogue', 'catalog'],
  ['centre', 'center'],
  ['purchase', 'buy'],
  ['e-mail', 'email'],
  ['e-mails', 'emails'],
  ['wi-fi', 'wifi'],
  ['log-in', 'login'],
  ['web-site', 'website'],
  ['and', '&'],
]);
