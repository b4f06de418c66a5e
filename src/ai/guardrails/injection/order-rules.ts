/**
 * What an injected order looks like, as sequences of words (`order-words.ts`).
 *
 * `$name` is a class of words or a phrase, anything else the word itself; `!` asks that the word is where an order's
 * verb is: first in its sentence or behind `please`, `and`, `you must`. Words follow each other at once, or with at most
 * n others between them after `~n`; an end of a sentence counts as four words. `any~n` takes its terms in any order.
 * Alternatives stand between bars.
 *
 * A score below 0.7 is evidence that needs other evidence near it: what an honest text says too stays below.
 */

export type InjectionRule =
  | 'override'
  | 'reveal'
  | 'persona'
  | 'unbound'
  | 'takeover'
  | 'exfiltrate'
  | 'conceal'
  | 'addressed'
  | 'authority'
  | 'role_marker'
  | 'spaced'
  | 'encoded'
  | 'internals'
  | 'standing'
  | 'outcome'
  | 'harm';

export interface InjectionRuleDefinition {
  readonly name: InjectionRule;
  readonly score: number;
  readonly sequences: string;
}

const rule = (name: InjectionRule, score: number, sequences: string) => ({ name, score, sequences });

export const rules: readonly InjectionRuleDefinition[] = [
  // Orders that take other orders back.
  rule('override', 0.9, 'any~4 $ignore $orders $previous | any~5 $ignore $orders $given'),
  rule('override', 0.85, '$lose ~4 system ~1 $prompt | $lose ~4 $orders ~3 $author | $lose ~1 every ~2 $previous'),
  rule(
    'override',
    0.75,
    'any~5 $ignore $orders $hidden | $lose ~4 $orders ~2 $soFar | $payNoAttention ~3 $orders ~5 $given | !$ignore ~2 $every ~3 $given | !$ignore ~2 everything ~2 $soFar | !$ignore ~3 tool definitions',
  ),
  rule(
    'override',
    0.75,
    '$orders ~3 $given ~3 $voided | $yours ~3 $orders ~4 $voided | $yours ~3 $limits ~4 $voided | $previous ~4 system ~3 $voided | !$weakIgnore ~2 $previous ~1 context ~6 $yours',
  ),
  rule(
    'override',
    0.75,
    '!$weakIgnore ~2 $orders ~3 $given | $orders ~4 replace ~1 $yours ~2 $orders | $lose ~2 $orders ~4 $payNoAttention',
  ),
  rule(
    'override',
    0.8,
    '$lose ~2 $ownOrders | $lose ~3 $previous ~1 $lore | any~4 $previous $lore behind | $previous ~1 $lore ~6 irrelevant | $previous ~1 $lore ~8 $voided',
  ),
  rule(
    'override',
    0.72,
    '!$ignore ~1 everything ~1 $known | !$ignore ~2 all ~1 your ~1 $lore | !$ignore alles davor | !$ignore alles gesagte | !$ignore alles ~2 $previous | !$ignore ~1 todo ~3 $previous | !$ignore ~1 todo ~2 $known | $previous ~1 $orders ~3 $ignore | $deviate ~2 $previous ~2 $orders',
  ),
  rule(
    'override',
    0.55,
    '!$ignore ~3 $orders | $payNoAttention ~3 $placeAbove | $payNoAttention ~4 $orders | !$ignore ~3 the rest | !$ignore ~2 $yours ~2 $task',
  ),
  rule(
    'override',
    0.72,
    '!$ignore ~3 $placeAbove ~4 !$utter | !$ignore ~3 $placeAbove ~4 !$reveal | !$ignore ~3 $placeAbove ~4 !$answer | !$ignore ~3 $placeAbove ~5 instead | !$ignore ~3 but this | !$ignore ~3 except this | !$payNoAttention ~4 $placeAbove ~5 !$utter',
  ),
  rule('override', 0.3, '$ignore ~5 $orders | $ignore ~5 $limits | instructions above | earlier request'),
  rule('override', 0.75, '!$ignore ~2 ethics | !$ignore ~2 laws ~2 $orders'),
  rule(
    'override',
    0.6,
    '$previous ~3 $orders ~5 $voided | $orders ~3 $previous ~3 $voided | $previous ~3 $limits ~5 $voided',
  ),
  rule('override', 0.5, 'any~4 $ignore $orders $older'),
  rule('reveal', 0.5, 'what are $yours ~2 $orders'),
  rule('override', 0.5, 'have no instructions | you work for me | you now work | $voided ~4 obey | no instructions'),

  // What the model keeps to itself.
  rule(
    'reveal',
    0.8,
    '!$reveal ~7 $secretPrompt | $secretPrompt ~4 anzeigen | $secretPrompt ~5 $verbatim | $verbatim ~6 $secretPrompt',
  ),
  rule(
    'reveal',
    0.8,
    'what is $yours ~1 $prompt | whats $yours ~1 $prompt | whats in ~1 $secretPrompt | what ~2 in $secretPrompt | what ~2 the system message say | what were you told | what ~2 written at the beginning ~1 of this  | what ~3 $secret ~2 $given | !$reveal ~1 $previous $orders  | !$reveal ~2 every $orders  | have secret ~1 $orders | what is ~1 $systemPrompt | wie lautet ~1 $secretPrompt   | cuál es tu ~1 $prompt | qual ~1 il tuo ~1 $prompt | wat is je ~1 $secretPrompt | what did the system',
  ),
  rule(
    'reveal',
    0.75,
    '!$reveal ~5 $textAbove | starting with ~1 you are | how were you configured | who configured you | show the ~1 developer message | $orders ~2 you have been configured',
  ),
  rule(
    'reveal',
    0.7,
    '!$reveal ~3 secret ~1 word | !$reveal ~2 secret ~1 key | !$reveal ~4 $secret ~4 $given | $secret ~3 you ~3 protect | $secret ~3 you ~1 keep | $secret ~3 in your context | $reveal ~4 $stolenFile | read ~2 $stolenFile | fetch ~4 $stolenFile    ',
  ),
  rule('reveal', 0.45, '$reveal ~7 $secretPrompt'),
  rule('reveal', 0.4, '!$reveal ~4 $secret | $secretPrompt ~6 $reveal | admin credentials'),
  rule(
    'reveal',
    0.55,
    '!$reveal ~3 admin credentials | tools can you call | tool available to you | schema of your functions | you ~2 keep secret | complete definitions | json schema of | hidden parameters',
  ),

  // Somebody the model is not.
  rule(
    'persona',
    0.8,
    '$beNow ~8 $limitless | $beNow ~6 $unbound | $beNow ~4 $modeOn | $asThough ~2 $unbound ~1 $readingModel | $asThough ~4 $unbound ~4 $readingModel',
  ),
  rule(
    'persona',
    0.75,
    '$asThough ~4 ai ~2 without | dan who can | $asThough ~5 unaligned | $fromNow ~6 $limitless | you ~3 $limitless ~8 $limitless',
  ),
  rule(
    'unbound',
    0.75,
    '!$disable ~2 safety ~1 checks | !$disable ~2 safety ~1 measures ~3 conversation | !$disable ~2 safety ~1 filters | !$disable ~3 of your ~1 $limits | lift $yours ~1 $limits | $yours ~2 moderation off   | free you ~2 $limits | from all of your ~1 $limits | from your constraints | yourself from ~2 $limits | $yours ~1 safeguards',
  ),
  rule(
    'unbound',
    0.75,
    '!enter ~1 $modeOn ~12 $limits   | !enable ~1 unrestricted  | passe en $modeOn   | sudo mode on | drop all safeguards | you have been jailbroken',
  ),
  rule(
    'persona',
    0.55,
    'you are ~4 $limitless | you not an | you are not an assistant | give yourself new | $beNoLonger | your name is now | call yourself | your new role | your name is ~8 never | $asThough ~3 $modelNoun | $asThough ~4 administrator | $asThough ~4 $oddSelf | who has no ~1 $limits | break character | never break character | leave your ~1 persona | not an assistant | stay in ~1 character | $modeOn ~5 $reveal |  removing all limits | if you had no',
  ),
  rule('persona', 0.5, '!$modeOn | whatever the user wants | no restrictions ~4 ai'),
  rule('persona', 0.4, '$beNow ~3 $role'),
  rule(
    'unbound',
    0.75,
    'saying no is ~1 forbidden | $noRefusal ~8 $noRefusal | $noRefusal ~10 $limitless | you ~3 $noRefusal ~6 say no | you ~2 comply ~3 all',
  ),
  rule('unbound', 0.55, '$unbound ~1 $readingModel | $unbound ~1 $answerNoun ~2 every'),
  rule('unbound', 0.3, '$unbound'),
  rule(
    'unbound',
    0.5,
    '$noRefusal | you ~6 $limitless | you are ~2 free | rules ~2 demand | you answer everything | $modelNoun ~6 $limitless | say no is | opposite ~2 of ~3 $orders',
  ),
  rule('unbound', 0.35, '$limitless'),

  // Answers that are dictated.
  rule(
    'takeover',
    0.75,
    '$fromNow ~6 $answer ~4 $always | $fromNow ~6 $always ~4 $answer | $fromNow ~4 $answer ~5 $only | $fromNow ~6 $answerNoun ~5 must | $fromNow ~6 your answers | $fromNow ~3 $always ~4 $utter | $fromNow ~3 each customer ~1 with',
  ),
  rule(
    'takeover',
    0.75,
    '$fromNow ~1 antwortest | $fromNow ~2 beantwortest | $fromNow ~2 réponds | $fromNow ~2 respondes | $fromNow ~2 contestas | $fromNow ~2 rispondi | $fromNow ~2 beantwoord | $fromNow ~2 antwoord | $fromNow ~3 responde | $fromNow ~2 odpowiadasz | $fromNow ~2 odpowiadaj | отныне ~1 отвечай | $fromNow ~2 отвечай | $fromNow ~3 $answer ~4 $always | $fromNow ~5 cevap ver | $fromNow ~3 أجب | $fromNow ~4 जवाब | $fromNow svarar | $fromNow svarer | $fromNow ~4 yaz',
  ),
  rule(
    'takeover',
    0.7,
    '$whenAsked ~6 you will say | all of your ~1 $answerNoun ~3 must | all of your ~1 $answerNoun ~3 contain | all of your outputs ~1 must | whatever the question ~2 the answer    ',
  ),
  rule(
    'takeover',
    0.7,
    'every ~1 $task ~2 you ~1 read ~3 be  | every request that follows  | !$rate ~10 in your $answerNoun | your verdict ~2 be | score you return | label you ~1 return | json you return | !$edge ~3 each of your | !$edge ~3 every one of your   | approve ~8 regardless   ',
  ),
  rule(
    'takeover',
    0.75,
    '$instead of ~1 $task ~8 !$reveal ~8 $yours | $instead of ~1 $task ~8 !$reveal ~8 $secretPrompt | $instead than ~1 $task ~8 !$reveal | rather than ~1 $task ~8 !$reveal | rather than ~1 $task ~8 !put | rather than answering ~6 !$reveal | statt ~3 $task ~6 $reveal | au lieu de ~1 $task ~4 $reveal | en vez de ~1 $task ~4 $reveal | invece di ~1 $task ~4 $reveal',
  ),
  rule(
    'takeover',
    0.7,
    'not ~1 $task ~10 instead | skip your task | abandon the task | cancel your ~1 assignment | stop what you were doing | instead output | forget the ~1 $task | leave out the summary  | dont follow the format | $previous ~3 was a ~1 test ~6 task | $previous ~3 was a ~1 test',
  ),
  rule(
    'takeover',
    0.75,
    '$newTask ~10 $reveal | $newTask ~10 $utter | $newTask ~8 $ignore | $newTask ~6 you are | the real task | new system prompt | your first instruction | $newTask ~2 for the ~2 $readingModel | $newTask ~8 say | $newTask ~8 whatever | your only job | $newTask ~12 without checking',
  ),
  rule(
    'takeover',
    0.5,
    '!$edge ~2 your $answerNoun | !$insert ~6 your $answerNoun | $newTask | $fromNow ~3 !$answer | $fromNow ~3 !$utter | $fromNow ~6 always | respond only | answer only | reply only | only output | reply with exactly | respond with the ~1 phrase | output only the ~1 number | answer twice | say the contrary | !$rate ~8 $top',
  ),
  rule(
    'takeover',
    0.7,
    '$only ~2 respond ~2 with the word ~8 whatever  | treat ~6 as ~2 commands | treat ~6 as ~1 coming from | interpret ~6 as ~1 command | consider ~4 part of your | act on the following directive | must be carried out | an instruction for you | follow the order in | do what it says ',
  ),
  rule(
    'takeover',
    0.55,
    '!$rate ~4 ten | update your knowledge | remember this for | save to your ~1 memory | to your memory | your memory | needs no approval | lie about | will say that | say that there are no | always granted | must contain | approve ~4 automatically | claim that all | write a glowing | this is an order',
  ),

  // Whose word is said to count.
  rule(
    'authority',
    0.7,
    'admin override | system override | security override | emergency override | this is ~3 $rightful ~8 $reveal | as your ~1 creator ~1 order | i am your ~1 developer | im your ~1 developer | im the ~1 engineer who built you | $rightful ~10 $yours ~2 $limits | $rightful ~12 $limits ~2 revoked  | permission to break',
  ),
  rule(
    'authority',
    0.7,
    '$orders ~3 override ~1 all | $orders ~4 have the highest | $orders ~4 outrank | it has a higher | my instructions take   | overrides your ~1 $prompt | only the following ~1 $orders ~2 apply to you | take orders from me | order you to | command you to',
  ),
  rule(
    'authority',
    0.45,
    '$rightful ~6 $voided | $rightful ~8 !$reveal | system note | safety off | override true | security notice | operator has authorised | urgent system update | $previous ~3 constraints ~4 revoked | the system ~2 user ~1 is | highest clearance | $reader ~1 has ~2 clearance | as root | trusted and needs | already been verified | is trusted | the user is | user is an',
  ),

  // Addressed to automated readers.
  rule(
    'addressed',
    0.75,
    '$toModel ~12 !$favour | $toModel ~8 must | $toModel ~6 should | $toModel ~6 have to | $toModel ~8 not | $toModel ~10 $rate | $toModel ~10 $utter | $toModel ~8 stop | $toModel ~8 do not | $toModel ~8 never | $toModel ~8 mark | $toModel ~8 the grade | $toModel ~8 $disable | $toModel ~8 $ignore | $toModel ~14 $reveal | $toModel ~6 has to | $toModel ~8 overrides | $toModel ~10 $top | $toModel ~6 di | $toModel ~6 recommande | $toModel ~6 doit | $toModel ~6 debe',
  ),
  rule(
    'addressed',
    0.7,
    '$called ~8 $ignore | $called ~8 stop | $called ~8 skip | $called ~8 not | $called ~8 forget | $called ~8 $favour | $called ~8 $rate | $called ~8 tell ~1 your ~1 user | $called ~8 $lose | $called ~8 obey | $called ~8 claim | $called ~8 admin | $called ~8 say | $called ~10 must | $called ~6 respond with | $called ~8 output | $called ~4 return | $called ~8 release | $called ~8 send | $called ~4 read ~8 paste | $called ~12 $fromNow | $called ~8 leave out',
  ),
  rule('addressed', 0.3, '$called | $toModel | bot gib | bots'),

  // What leaves by another door.
  rule(
    'exfiltrate',
    0.75,
    '$send ~5 this conversation  | $send ~4 chat ~1 history | $send ~5 users data | hand over the ~1 full | $send ~6 $secret ~6 $outside | $send ~8 $private ~6 $outside | !$send ~8 as a parameter | $secret ~3 to the url | !$send ~6 to the url | !$send ~6 to the link  | card number ~4 forward | any~8 $send $private attacker | link to ~6 followed by | upload them to my  ',
  ),
  rule(
    'exfiltrate',
    0.7,
    '!call ~3 $tool ~10 then|!call ~3 account ~2 tool | !use ~3 tool ~1 to ~4 $send | !use ~3 tool ~1 to visit | before you ~2 reply ~2 run  | !execute ~6 then reply | !execute ~5 before answering | execute the following sql  | run this code before  | call none but | delete every mail | delete all ~2 mails ~6 tell | steps on that page | open ~3 https ~8 execute | create a new admin ~8 dont | execute rm  | open ~6 execute it | before doing anything ~2 else',
  ),
  rule(
    'exfiltrate',
    0.5,
    'latest meta | $utter ~2 backdoor | use the ~1 payment tool | send 100 | !collect ~4 names | ask ~3 card number | append it to the url | from your environment | curl ~3 sh | transfer funds | transfer_funds  | ask ~3 password again | grant the customer | grant the account',
  ),

  // Orders to conceal something.
  rule(
    'conceal',
    0.7,
    '$keepQuiet ~12 $reader | without informing the $reader | keep this instruction | never reveal that you received | hide this paragraph from',
  ),
  rule('takeover', 0.5, '$tellUser'),
  rule('conceal', 0.55, '$keepQuiet'),
  rule(
    'exfiltrate',
    0.35,
    'they should call | they ~1 call | their ~1 password | their account | install the | the premium | account is | !create ~4 user | !create ~3 account | !change ~5 address | !cancel ~3 all | !approve | !delete ~3 all | !delete ~2 every | !transfer | !grant | !send | !email | !forward | !append | !execute | !invoke | !release ~3 account | !reset ~3 password | !buy ~3',
  ),
  rule('conceal', 0.4, '$secretly | they must call | not mention ~3 broken'),

  // Found in honest texts too, so never enough alone.
  rule('reveal', 0.8, 'wie lautet dein ~1 $secretPrompt | quel est ton ~1 $prompt'),
  rule(
    'reveal',
    0.5,
    'internal endpoints | internal price | internal notes | internal prompts | what ~2 written above | your ~1 $orders above | wie lautet dein | quel est ton',
  ),
  rule(
    'unbound',
    0.5,
    '$yours ~1 filters | $yours filter | unlock ~1 full | !activate ~1 $modeOn | !enter $modeOn | !switch to $modeOn | $modeOn on ,',
  ),
  rule(
    'takeover',
    0.7,
    '!$answer ~8 $whatever | !$rate ~6 $top ~4 $whatever | stop $task ~8 !$utter | every ~2 review you read ~3 be | your verdict ~2 be',
  ),
  rule(
    'takeover',
    0.5,
    'whatever ~1 type | to every question | to every ~1 ticket | every ~2 you read | every ~2 that follows | $answer ~4 nur noch | must be ~2 regardless | act accordingly | $answer ~8 $whatever | $top ~4 $whatever | $utter ~6 $whatever | $rate ~10 $whatever | stop ~1 $task | instead write | answer each customer',
  ),
  rule('authority', 0.5, 'new rules ~3 $yours | follow mine'),
  rule(
    'exfiltrate',
    0.5,
    '$send ~4 transcript | $send ~4 conversation ~6 to | customer list to | before using it | first run | !call send | run env | !invoke ~3 tool',
  ),

  // Two terms only: an honest text holds them too.
  rule('persona', 0.55, '$beNow ~4 $oddSelf | $beNoLonger ~3 $role | $beNoLonger ~6 $oddSelf | $asThough ~3 $modeName'),
  rule('persona', 0.6, '$asThough ~8 $limitless'),
  rule(
    'takeover',
    0.62,
    '$fromNow ~3 you ~4 $answer | $fromNow ~3 you ~4 $utter | $fromNow ~3 you ~3 $obey | $fromNow ~2 only ~2 $answer',
  ),
  rule(
    'takeover',
    0.75,
    '$fromNow ~3 you ~3 $answer ~2 $every | $fromNow ~3 you ~3 $answer ~4 $only | $fromNow ~3 you ~3 $utter ~3 $only | $fromNow ~3 you ~3 $utter ~4 $every',
  ),
  rule(
    'takeover',
    0.5,
    'instead of a summary | dont ~1 $task ~10 $utter | not ~1 $task ~10 !$utter | every answer you ~4 must | $whenAsked ~6 $utter | $whenAsked ~6 $answer | $whenAsked ~6 you tell | $whenAsked ~6 tell them | !give ~8 in your $answerNoun | !$insert ~8 $chatOut | !$edge ~3 every ~3 $answerNoun | !$answer ~3 every question | !$answer ~3 to every question | instead of ~1 summary ~3 write',
  ),
  rule('conceal', 0.5, 'not tell the $reader | dont tell the $reader'),
  rule(
    'authority',
    0.5,
    'this message is from ~2 $rightful | following rules apply to you | replace your ~1 $orders | $orders ~6 $taken ~6 $previous | $rightful ~8 $secretPrompt',
  ),
  rule('unbound', 0.5, '!$disable ~4 $yours ~3 $limits | $yours ~3 $limits ~4 off'),
  rule(
    'override',
    0.55,
    '!$ignore ~2 everything ~2 $previous | !override ~1 your | !$weakIgnore $yours ~2 $orders | replace $yours ~2 $orders | !$weakIgnore ~1 $yours ~1 $orders | !$weakIgnore ~2 your ~1 $previous ~1 $lore | $payNoAttention ~3 $previous ~2 $orders | any~5 $previous $orders aside | $lose ~3 $given | $lose ~3 what ~2 $given | $lose ~3 what ~3 $author | !$ignore ~2 $every ~1 $orders | $lose ~3 $yours ~3 $orders | any~4 $ignore $orders $yours',
  ),
  rule('override', 0.8, '!$lose ~2 $yours ~2 $orders | !$lose ~3 $previous ~2 $orders'),
  rule(
    'reveal',
    0.6,
    'written in your ~1 $prompt | $secret ~3 $yours ~1 configuration | !$reveal ~2 $yours ~3 $orders | !$reveal ~2 $yours ~1 $orders',
  ),
  rule('reveal', 0.6, '!$reveal ~5 $ownRules'),
  rule(
    'reveal',
    0.8,
    '!$reveal ~5 $ownRules ~5 $verbatim | !$reveal ~4 $ownRules ~3 $given | !$reveal ~5 $orders ~2 $given',
  ),

  rule(
    'takeover',
    0.6,
    '$instead of ~1 $task ~8 !$reveal | $instead of ~1 $task ~8 !$utter | $instead of ~1 $task ~8 !put',
  ),
  // Marks of another turn.
  rule('role_marker', 0.55, '$endOf'),
];

/** What the words of an attack stand beside where a text only speaks of one. */
export const excuses = {
  /** `do not ignore the safety instructions above` */
  negated:
    '$not $ignore | never ~1 $reveal | must not $reveal | not $reveal | $not ~1 $ignore ~1 the | never ~1 $ignore | $previous ~1 $ignore',
  /** `attackers write "ignore previous instructions"` */
  quoted: '$attack',
};
