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
  | 'encoded';

/** Phrases: named sequences that others are made of. */
export const phrases: Readonly<Record<string, string>> = {
  fromNow: `from now on | from here on | from here | from this ~1 on | from this moment | from this point | from that point | as of now | as of this message | starting now | beginning now | effective immediately |
    immediate effect | henceforth | going forward | until further notice | until ~1 say so | for the ~1 rest of | for the remainder of | in all ~2 following | in all ~2 future | all of your ~2 outputs | all of your ~2 replies | all of your ~2 answers |
    all your ~2 answers | all your ~2 replies | each time | beginning with this | after reading this | next time | all later sessions | any ~1 following |
    ab sofort | ab jetzt | von jetzt an | von nun an | ab diesem | partir de maintenant | dès maintenant | dès à présent | désormais | dorénavant | partir de ahora | ahora en adelante | desde ahora |
    dora in poi | da ora in poi | da questo momento | da adesso | vanaf nu | vanaf dit moment | partir de agora | de agora em diante | od teraz | od tej chwili | отныне | этого момента | теперь всегда | bundan sonra | bundan böyle |
    şu andan itibaren | من الآن | अब से | från och med nu | från nu | fra nå av | fra nu af | tästä lähtien | od teď | mostantól`,
  modelNoun:
    '$ai | language model | language models | artificial intelligence | automated system | automated reviewers | automated reader | large language | intelligence artificielle | inteligencia artificial | intelligenza artificiale | künstliche intelligenz | искусственный интеллект | yapay zeka | screening tools',
  readingModel: '$modelNoun | $role',
  toModel: `to the ~2 $modelNoun | to all ~1 $modelNoun | to any ~2 $modelNoun | to whichever $modelNoun | for the ~1 $modelNoun | for $modelNoun | to $modelNoun | note to ~2 $readingModel | note for ~2 $readingModel | message to ~2 $readingModel | message for ~2 $readingModel |
    instruction to ~2 $readingModel | instruction for ~2 $readingModel | instructions for ~2 $readingModel | instruction to model | order to ~1 $readingModel | notice for ~1 $readingModel | task for ~1 $readingModel | notice to ~1 $readingModel | reminder to ~1 $readingModel |
    if you are ~2 $modelNoun | if you are ~2 $role | if ~1 $modelNoun ~1 is | if ~1 $modelNoun ~1 reads | if ~1 $modelNoun ~1 evaluates | any $modelNoun ~1 that | any $modelNoun ~1 reading | whichever $modelNoun | attention ~2 $readingModel | you the $modelNoun |
    $modelNoun instructions | $modelNoun reviewers | $modelNoun reviewer | $modelNoun graders | $modelNoun grader | $modelNoun readers | $modelNoun ~1 tools | $modelNoun ~1 systems | $modelNoun recruiter | $modelNoun agents | $modelNoun ~1 assistants | reviewer bot | $modelNoun ~1 reading this | $role reading this | reviewer agents |
    $modelNoun ~1 assistants reading | assistants reading | agents reading | $modelNoun that ~2 processes | $modelNoun that ~1 evaluates | $modelNoun that ~1 reads | $modelNoun that ~1 summarises | $modelNoun that ~1 summarizes | system evaluates |
    an die ki | die ki | hinweis an ~2 $modelNoun | pour lia | lattention de lia | para la ia | nota para ~1 ia | mensaje para ~1 ia | per lia | nota per lia | voor de ai | para a ia | do ai | для ии | grading model | instruction to the | moderation model`,
  called:
    '!$ai , | !$role , | language models , | language model , | note to $ai | !$ai you | dear ~2 $readingModel | hey ~1 $readingModel | hey summarizer | listen ~2 $modelNoun | agent ,',
  limitless: `$not ~2 $have ~2 $limits | $without ~3 $limits | $none ~2 $limits | no longer ~1 bound | not bound by | not limited by | free of ~2 $limits | freed from | free from ~2 $limits | released from | ignores every ~2 rule | no morals | no filters | not have ~2 $limits | anything now | say no |
    never refuses | never refuse | never declines | never decline | cannot refuse | never says no | can never say | always complies | always comply | knows no ~1 laws | nie verweigert | verweigerst nichts | ne refuses jamais | nunca se niega | te niegas | non rifiuti mai |
    nooit weigert | nunca recusa | никогда не отказываешь | everything without | answers anything | answers everything | answer anything | answer everything | any question | even illegal | no filter | no rules | new rules | no laws | whatever the user | not limited | any policy | has no limits | say anything | say what you want | anything ~1 ask | without hesitation | knows no | kennt keine | keine regeln | ohne regeln | sans règles | sin reglas | senza regole | zonder regels | sem regras | bez zasad | без правил | mindenre | any restriction | no supervision | root access | does whatever | talk freely | $limits ~1 yok | ei rajoituksia | full access | escaped from ~2 creators | no guidelines | no content policies`,
  takenFrom: '$yours ~2 $orders',
  yours:
    'your | yours | dein | deine | deinen | deiner | tes | ton | tus | tu | tuoi | tue | tuo | je | jouw | suas | seu | sua | twoje | swoich | swoje | swój | твои | твой | свои | своим | din | dina | its | operators | operator | kurallarını | अपने',
  author:
    'developer | developers | operator | operators | system | owner | creators | makers | company | provider | openai | admin',
  placeAbove:
    'text above | text | box above | words above | lines above | above | context | document | page | essay | paragraphs | article | message above | rest | complaint | text oben | oben | ci dessus | texto anterior | texto de arriba | testo sopra | testo precedente | bovenstaande | tekst hierboven | everything | that | this',
  given: `you were ~2 given | you were told | you were started | you were ~1 configured | you have been ~1 given | you have been told | youve been told | youve been ~1 given | you received | you had been | given to you | you got | you have been configured | you are working with | you must obey |
    told to you | developers told | operator gave | operator wrote | you are told | you were asked | you follow | they gave you | developers gave you | you run on | configures you | configured you | you keep | you are protecting | you were ~1 trained | what they told |
    dir gesagt | dir gegeben | on ta dit | te dijeron | te dieron | has recibido | recibiste | ti ~1 stato | ti hanno | je is verteld | foi dito | tebe говорили | тебе говорили | тебе дали | reçu | i read before`,
  soFar:
    'so far | until now | up to now | up to this point | before this line | before this message | before this | from before | this sentence',
  ownOrders: 'قواعدك | تعليماتك | أوامرك | kurallarını | talimatlarını',
  known:
    'you know | we discussed | we talked | i said | we ~1 said | you learned | que sabes | que digo | i told | you have learned | wir ~2 besprochen | taught',
  deviate: 'abweichend zu | abweichend von',
  payNoAttention: `yok say | bỏ qua | not listen to | leave ~4 behind | pay no attention | set aside | put aside | put ~4 aside | set ~4 aside | throw away | never mind | stop following | stop obeying | stop listening | not follow | not obey | not listen | dont follow | dont obey | dont listen | dont ~1 have to follow | not have to follow | no longer follow |
    do the opposite of | the reverse of | act against | go against | break | violate | not use | leave aside | must not follow | step outside | smetti di seguire | deja de seguir | deixe de seguir | no sigas | ne respecte | ne tiens | ne suis | halte dich nicht | beachte ~4 nicht | nicht länger an | nie przestrzegaj | не следуй | не соблюдай | volg niet`,
  lose: '$ignore | $payNoAttention',
  voided:
    'void | obsolete | cancelled | canceled | suspended | revoked | no longer ~1 count | no longer counts | no longer ~1 apply | not apply | null | superseded | were a mistake | was a mistake | were wrong | was just ~1 example | was a test | never took place | no longer valid | invalid | do not count',
  secretPrompt: `$systemPrompt | $hidden ~1 $prompt | $prompt sistema | $prompt système | $prompt ~1 sistema | $prompt di sistema | $prompt de sistema | $prompt do sistema | $prompt du système | системный промпт | موجه النظام | sistem komutunu | सिस्टम प्रॉम्प्ट | $yours ~1 prompt | $yours ~1 preamble | $yours ~1 $hidden ~1 $prompt |
    $yours own $prompt | $yours ~1 instructions | $yours ~1 rules | $yours ~1 guidelines | $yours ~1 briefing | $yours anweisungen | $yours ~1 consignes | $yours ~1 instrucciones | $yours ~1 istruzioni | $yours ~1 instructies | $yours ~1 instruções | $yours configuration | $yours constraints |
    $prompt ~2 $given | $guard ~2 $given | rules you ~2 $given | prompt that ~1 $given | wording of the prompt | the prompt , | the prompt | first message you | prompts initiales | instructions initiales | instrucciones iniciales | instrução inicial | developer message | systemnachricht | promptu systemowego | prompt systemowy`,
  guard:
    'instructions | prompt | rules | guidelines | guardrails | text | configuration | briefing | directives | instrucciones | consignes | istruzioni | instructies',
  textAbove: `text above | words above | everything above | lines above | sentences above | everything ~2 before | text before | words before | text between | sentences preceding | lines before | message above | everything ~2 preceding | conversation ~2 above | previous messages | messages including | everything that ~1 stands before |
    context window | contents of your context | history including | hidden part | texte ci dessus | text oben | texto anterior`,
  taken: 'precedence | priority | clearance | outrank | outranks | supersede | supersedes',
  chatOut: 'your ~3 $answerNoun | each of your | every one of your | final answer | in your ~2 $answerNoun',
  whatever:
    'no matter | regardless of | regardless | whatever the | whatever they | whatever you | whatever i | even if | whatever is',
  newTask: `new instruction | new instructions | new task | real task | actual task | real instructions | actual instructions | genuine ones | right ones | real question | updated instructions | updated policy | new directive | following directive | your only job | new assignment | your assignment | task now | your task now | your job now | your ~1 new role | your new ~1 name | new system prompt | new prompt |
    new user request | your first instruction | your real ~1 instructions | what you really ~2 do | additional instructions | neue anweisung | neue anweisungen | neue aufgabe | nouvelle instruction | nouvelles instructions | nouvelle consigne | nueva instrucción | nuevas instrucciones | nuova istruzione | nuove istruzioni | nieuwe instructie | novas instruções | новая инструкция | новые инструкции`,
  rightful: `your developer | your developers | your creator | your creators | your maker | your makers | your operator | engineer who built | built you | created you | openai | anthropic | system administrator | the administrator | admin override | system override | system update | system message | security team | safety team | operator ~1 has | developer mode | i authorise | authorised you | authorized you | my permission | i have permission | as an admin | this is the system | im the admin`,
  tellUser:
    'tell the ~1 $reader | tell your $reader | inform the $reader | ask the $reader | convince the $reader | persuade the $reader | persuade the customer | recommend the user | tell $reader | tell them ~2 that | tell readers',
  whenAsked:
    'when the $reader asks | if the $reader asks | when anyone asks | if anyone asks | if someone asks | time someone asks | someone asks | whenever you are asked | time you are asked | when asked | whenever someone | asks you | whenever you generate | every code example | asked for this | whenever you would | your next code | the next code | the code that you',
  keepQuiet: `not tell the ~1 $reader | dont tell the ~1 $reader | not mention ~3 this | not mention ~2 note | never mention ~1 policies | not report this | not inform the ~1 $reader | without informing | without telling | without asking | without the ~1 knowledge | nothing had happened | nothing was changed | keep this instruction | never reveal that you | hide this | hidden from the $reader |
    say nothing about this | dont mention it | dont mention this | not comment on it | not say anything about | erwähne ~4 nicht | erwähne ~4 nichts | without comments | confirm nothing | without checks`,
  modeOn:
    '$modeName mode | mode $modeName | mode développeur | modo desarrollador | modalità sviluppatore | debug output | diagnostics mode | entwicklermodus | ontwikkelaarsmodus | entwicklerterminal',
  tool: 'the ~2 tool | the ~2 function | the tool | the function | tool | function | sql | curl | rm rf | send_email',
  stolenFile:
    'etc passwd | ssh id | id_rsa | idrsa | aws credentials | api key | environment variables of | environment variables into | your environment | umgebungsvariablen | env file | aws credentials | openai_api_key | latest meta | 169254 | passwd | secret key | variables d’environnement | process you run | database credentials | env file',
  outside: 'https | http | webhook | my server | my address | my account | attacker | endpoint | to me | to this mail',
  noRefusal:
    'saying no | say no | never say no | cant help | no disclaimers | no disclaimer | no warnings | ethical considerations | not refuse | never refuse | cannot refuse | cant refuse | cannot say | never say ~1 cant | never apologise | never apologize | not moralise | not moralize | not warn | not add ~1 warning | any warning | any disclaimers | any disclaimer | saying no is | all of my requests | each request i make | every request | orders from me | all requests',
  beNoLonger:
    'you are no longer | youre no longer | you are not ~3 anymore | you are not ~4 more | you arent ~4 more | you arent ~4 anymore | you no longer are | du bist kein | tu nes plus | ya no eres | non sei più | je bent geen | ты больше не | já não é | nie jesteś już',
  beNow: `now you are | jetzt bist du | nun bist du | ahora tú eres | maintenant tu es | you are now | youre now | you will now ~1 be | you are going to be | du bist jetzt | du bist nun | tu es maintenant | tu es désormais | ahora eres | ora sei | sei ora | je bent nu | você é agora | agora você é | teraz jesteś | jesteś teraz | теперь ты | ты теперь | artık sen | du är nu | olet nyt`,
  asThough:
    'act as | behave as | pretend ~1 you | pretend ~1 that | pretend to be | pretend the | imagine ~1 you | imagine ~1 that | imagine you were | as though you | as if you | suppose ~1 you | assume ~1 that | assume ~2 identity | take on the ~1 persona | take the role | play the role | take on the role | roleplay as | simulate a | you will act | in which you have | if you had | in the voice of | in its voice | behave as though | in character | let us assume | tu so als | stell dir vor | fais comme si | fais semblant | imagine que | actúa como | finge que | haz como | fai finta | immagina di | fingi di | agisci come | doe alsof | gedraag je | aja como | finja que | udawaj że | wyobraź sobie | притворись что | представь что | act like | respond as | answer as | speak as | write as | evil assistant | two ais',
  oddSelf:
    'linux shell | root shell | a terminal | entwicklerterminal | an unrestricted | evil twin | hacker | a bot | a pirate | pirat | pirate | pirata | $modelNoun | $role | $modeName | master | who leaks | an ai | my personal | administrator | admin | the system | dead uncle | a robot | as root',
  verbatim:
    'word for word | verbatim | exact wording | exact text | precise text | exact words | letter by letter | backwards | in full | in order | wort für wort | mot pour mot | palabra por palabra | parola per parola | woord voor woord | palavra por palavra | dosłownie | дословно',
  endOf:
    'end of prompt | end of ~1 document | end of ~2 review | end of ~2 data | end of ~1 instructions | end of ~1 input | end of ~1 context | end of text | end of email | end of message | input ends here | new session | begin a new',
};

const rule = (name: InjectionRule, score: number, sequences: string) => ({ name, score, sequences });

export const rules: readonly { readonly name: InjectionRule; readonly score: number; readonly sequences: string }[] = [
  // Orders that take other orders back.
  rule('override', 0.9, 'any~8 $ignore $orders $previous | any~8 $ignore $orders $given'),
  rule(
    'override',
    0.85,
    '$lose ~3 $yours ~3 $orders | $lose ~3 $given | $lose ~3 what ~2 $given | $payNoAttention ~3 $previous ~2 $orders | $lose ~4 system ~1 $prompt | $lose ~4 $orders ~3 $author | any~5 $previous $orders aside | $lose ~3 what ~3 $author | $lose ~1 every ~2 $previous',
  ),
  rule(
    'override',
    0.75,
    'any~5 $ignore $orders $hidden | $lose ~4 $orders ~2 $soFar | $payNoAttention ~3 $orders ~5 $given | !$ignore ~2 everything ~2 $previous | !$ignore ~2 $every ~3 $given | !$ignore ~2 everything ~2 $soFar | !$ignore ~3 tool definitions',
  ),
  rule(
    'override',
    0.75,
    '$orders ~3 $previous ~3 $voided | $orders ~3 $given ~3 $voided | $yours ~3 $orders ~4 $voided | $yours ~3 $limits ~4 $voided | $previous ~3 $limits ~5 $voided | $previous ~4 system ~3 $voided | !$weakIgnore ~1 $yours ~1 $orders | !$weakIgnore ~2 $previous ~1 context ~6 $yours',
  ),
  rule(
    'override',
    0.75,
    '!$weakIgnore ~2 $orders ~3 $given | !$weakIgnore $yours ~2 $orders | $orders ~4 replace ~1 $yours ~2 $orders | replace $yours ~2 $orders | $lose ~2 $orders ~4 $payNoAttention',
  ),
  rule(
    'override',
    0.8,
    'any~4 $ignore $orders $yours | $lose ~2 $ownOrders | !$weakIgnore ~2 your ~1 $previous ~1 $lore | $lose ~3 $previous ~1 $lore | any~4 $previous $lore behind | $previous ~1 $lore ~6 irrelevant | $previous ~1 $lore ~8 $voided',
  ),
  rule(
    'override',
    0.72,
    '!$ignore ~2 $every ~1 $orders | !$ignore ~1 everything ~1 $known | !$ignore ~2 all ~1 your ~1 $lore | !$ignore alles davor | !$ignore alles gesagte | !$ignore alles ~2 $previous | !$ignore ~1 todo ~3 $previous | !$ignore ~1 todo ~2 $known | $previous ~1 $orders ~3 $ignore | $deviate ~2 $previous ~2 $orders',
  ),
  rule(
    'override',
    0.55,
    '!$ignore ~3 $orders | $payNoAttention ~3 $placeAbove | $payNoAttention ~4 $orders | !$ignore ~3 the rest | !$ignore ~2 $yours ~2 $task',
  ),
  rule(
    'override',
    0.72,
    '!$ignore ~3 $placeAbove ~4 !$utter | !$ignore ~3 $placeAbove ~4 !$reveal | !$ignore ~3 $placeAbove ~4 !$answer | !$ignore ~3 $placeAbove ~5 instead | !override ~1 your | !$ignore ~3 but this | !$ignore ~3 except this | !$payNoAttention ~4 $placeAbove ~5 !$utter',
  ),
  rule('override', 0.3, '$ignore ~5 $orders | $ignore ~5 $limits | instructions above | earlier request'),
  rule('override', 0.75, '!$ignore ~2 ethics | !$ignore ~2 laws ~2 $orders'),
  rule('override', 0.6, '$previous ~3 $orders ~5 $voided'),
  rule('override', 0.5, 'have no instructions | you work for me | you now work | $voided ~4 obey | no instructions'),

  // What the model keeps to itself.
  rule(
    'reveal',
    0.8,
    '$reveal ~7 $secretPrompt | $secretPrompt ~4 anzeigen | $secretPrompt ~5 $verbatim | $verbatim ~6 $secretPrompt',
  ),
  rule(
    'reveal',
    0.8,
    'what is $yours ~1 $prompt | whats $yours ~1 $prompt | what are $yours ~2 $orders | whats in ~1 $secretPrompt | what ~2 in $secretPrompt | what ~2 the system message say | what were you told | what ~2 written at the beginning ~1 of this  | what ~3 $secret ~2 $given | !$reveal ~1 $previous $orders  | !$reveal ~2 every $orders | written in your ~1 $prompt  | have secret ~1 $orders | what is ~1 $systemPrompt | wie lautet ~1 $secretPrompt   | cuál es tu ~1 $prompt | qual ~1 il tuo ~1 $prompt | wat is je ~1 $secretPrompt | what did the system',
  ),
  rule(
    'reveal',
    0.75,
    '!$reveal ~5 $textAbove | starting with ~1 you are | how were you configured | who configured you | !$reveal ~2 $yours ~3 $orders | show the ~1 developer message | $orders ~2 you have been configured',
  ),
  rule(
    'reveal',
    0.7,
    '!$reveal ~3 secret ~1 word | !$reveal ~2 secret ~1 key | !$reveal ~2 secret ~1 code | !$reveal ~4 $secret ~4 $given | $secret ~3 you ~3 protect | $secret ~3 you ~1 keep | $secret ~3 $yours ~1 configuration | $secret ~3 in your context | $reveal ~4 $stolenFile | read ~2 $stolenFile | fetch ~4 $stolenFile    ',
  ),
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
    '$beNow ~8 $limitless | $beNow ~6 $unbound | $beNow ~4 $modeOn | $asThough ~8 $limitless | $asThough ~2 $unbound ~1 $readingModel | $asThough ~4 $unbound ~4 $readingModel',
  ),
  rule(
    'persona',
    0.75,
    '$beNoLonger ~6 $oddSelf | $beNow ~4 $oddSelf | $beNoLonger ~3 $role | $asThough ~3 $modeName | $asThough ~4 ai ~2 without | dan who can | $asThough ~5 unaligned | $fromNow ~6 $limitless | you ~3 $limitless ~8 $limitless',
  ),
  rule(
    'unbound',
    0.75,
    '!$disable ~4 $yours ~3 $limits | !$disable ~2 safety ~1 checks | !$disable ~2 safety ~1 measures ~3 conversation | !$disable ~2 safety ~1 filters | !$disable ~3 of your ~1 $limits | lift $yours ~1 $limits | $yours ~3 $limits ~4 off | $yours ~2 moderation off   | free you ~2 $limits | from all of your ~1 $limits | from your constraints | yourself from ~2 $limits | $yours ~1 safeguards',
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
  rule('persona', 0.5, '$limitless ~10 $limitless | !$modeOn | whatever the user wants | no restrictions ~4 ai'),
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
    '$fromNow ~3 you ~4 $answer | $fromNow ~3 you ~4 $utter | $fromNow ~3 you ~3 $obey | $fromNow ~6 $answer ~4 $always | $fromNow ~6 $always ~4 $answer | $fromNow ~4 $answer ~5 $only | $fromNow ~6 $answerNoun ~5 must | $fromNow ~6 your answers | $fromNow ~3 $always ~4 $utter | $fromNow ~2 only ~2 $answer | $fromNow ~3 each customer ~1 with',
  ),
  rule(
    'takeover',
    0.75,
    '$fromNow ~1 antwortest | $fromNow ~2 beantwortest | $fromNow ~2 réponds | $fromNow ~2 respondes | $fromNow ~2 contestas | $fromNow ~2 rispondi | $fromNow ~2 beantwoord | $fromNow ~2 antwoord | $fromNow ~3 responde | $fromNow ~2 odpowiadasz | $fromNow ~2 odpowiadaj | отныне ~1 отвечай | $fromNow ~2 отвечай | $fromNow ~3 $answer ~4 $always | $fromNow ~5 cevap ver | $fromNow ~3 أجب | $fromNow ~4 जवाब | $fromNow svarar | $fromNow svarer | $fromNow ~4 yaz',
  ),
  rule(
    'takeover',
    0.7,
    '$whenAsked ~6 $utter | $whenAsked ~6 $answer | $whenAsked ~6 you tell | $whenAsked ~6 tell them | $whenAsked ~6 you will say | every answer you ~4 must | all of your ~1 $answerNoun ~3 must | all of your ~1 $answerNoun ~3 contain | all of your outputs ~1 must | whatever the question ~2 the answer    ',
  ),
  rule(
    'takeover',
    0.7,
    'every ~1 $task ~2 you ~1 read ~3 be  | every request that follows  | !$rate ~10 in your $answerNoun | !give ~8 in your $answerNoun | $yours ~1 $answerNoun ~2 must | $yours ~1 $answerNoun ~2 has to | your verdict ~2 be | score you return | label you ~1 return | json you return | !$insert ~8 $chatOut | !$edge ~3 each of your | !$edge ~3 every ~3 $answerNoun | !$edge ~3 all ~2 $answerNoun | !$edge ~3 every one of your   | approve ~8 regardless   ',
  ),
  rule(
    'takeover',
    0.75,
    '$instead of ~1 $task ~8 !$reveal | $instead of ~1 $task ~8 !$utter | $instead of ~1 $task ~8 !put | $instead than ~1 $task ~8 !$reveal | rather than ~1 $task ~8 !$reveal | rather than ~1 $task ~8 !put | instead of ~1 summary ~3 write | rather than answering ~6 !$reveal | statt ~3 $task ~6 $reveal | au lieu de ~1 $task ~4 $reveal | en vez de ~1 $task ~4 $reveal | invece di ~1 $task ~4 $reveal | instead of a summary',
  ),
  rule(
    'takeover',
    0.7,
    'dont ~1 $task ~10 $utter | not ~1 $task ~10 !$utter | not ~1 $task ~10 instead | skip your task | abandon the task | cancel your ~1 assignment | stop what you were doing | instead output | forget the ~1 $task | leave out the summary  | dont follow the format | $previous ~3 was a ~1 test ~6 task | $previous ~3 was a ~1 test',
  ),
  rule(
    'takeover',
    0.75,
    '$newTask ~10 $reveal | $newTask ~10 $utter | $newTask ~8 $ignore | $newTask ~6 you are | the real task | new system prompt | your first instruction | $newTask ~2 for the ~2 $readingModel | replace your instructions | $newTask ~8 say | $newTask ~8 whatever | your only job | $newTask ~12 without checking',
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
    'admin override | system override | security override | emergency override | this message is from ~2 $rightful | this is ~3 $rightful ~8 $reveal | as your ~1 creator ~1 order | i am your ~1 developer | im your ~1 developer | im the ~1 engineer who built you | $rightful ~8 $secretPrompt | $rightful ~10 $yours ~2 $limits | $rightful ~12 $limits ~2 revoked  | permission to break',
  ),
  rule(
    'authority',
    0.7,
    '$orders ~6 $taken ~6 $previous | $orders ~3 override ~1 all | $orders ~4 have the highest | $orders ~4 outrank | it has a higher | my instructions take   | overrides your ~1 $prompt | replace your ~1 $orders | only the following ~1 $orders ~2 apply to you | take orders from me | following rules apply to you | order you to | command you to',
  ),
  rule(
    'authority',
    0.45,
    '$rightful ~6 $voided | $rightful ~8 !$reveal | system note | safety off | override true | security notice | operator has authorised | urgent system update | $previous ~3 constraints ~4 revoked | the system ~2 user ~1 is | highest clearance | $reader ~1 has ~2 clearance | as root | trusted and needs | already been verified | is trusted | the user is | user is an',
  ),

  // Written to whoever reads by machine.
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
    '!call ~3 $tool ~10 then | !call ~3 $tool ~6 for | !call ~3 account ~2 tool | !run ~3 $tool ~8 with  | !use ~3 tool ~1 to ~4 $send | !use ~3 tool ~1 to visit | before you ~2 reply ~2 run  | !execute ~6 then reply | !execute ~5 before answering | execute the following sql  | run this code before  | call none but | delete every mail | delete all ~2 mails ~6 tell | steps on that page | open ~3 https ~8 execute | create a new admin ~8 dont | execute rm  | open ~6 execute it | before doing anything ~2 else',
  ),
  rule(
    'exfiltrate',
    0.5,
    'latest meta | $utter ~2 malware | $utter ~2 backdoor | use the ~1 payment tool | send 100 | !collect ~4 names | ask ~3 card number | append it to the url | from your environment | curl ~3 sh | transfer funds | transfer_funds  | ask ~3 password again | grant the customer | grant the account',
  ),

  // What nobody is to hear of.
  rule(
    'conceal',
    0.7,
    '$keepQuiet ~12 $reader | not tell the $reader | dont tell the $reader | without informing the $reader | keep this instruction | never reveal that you received | hide this paragraph from',
  ),
  rule('takeover', 0.5, '$tellUser'),
  rule('conceal', 0.55, '$keepQuiet | $secretly'),
  rule(
    'exfiltrate',
    0.45,
    'they must | they should call | they ~1 call | their ~1 password | their account | install the | the premium | account is | !create ~4 user | !create ~3 account | !change ~5 address | !cancel ~3 all | !approve | !delete ~3 all | !delete ~2 every | !transfer | !grant | !send | !email | !forward | !append | !execute | !invoke | !release ~3 account | !reset ~3 password | !buy ~3',
  ),
  rule('conceal', 0.4, 'they must call | not mention ~3 broken'),

  // Found in honest texts too, so never enough alone.
  rule(
    'reveal',
    0.8,
    'wie lautet dein ~1 $secretPrompt | quel est ton ~1 $prompt | which instructions did $yours | !$reveal ~2 $yours ~1 $orders',
  ),
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
    '!$answer ~8 $whatever | !$utter ~6 $whatever | !$rate ~10 $whatever | !$rate ~6 $top ~4 $whatever | !$answer ~3 to every question | !$answer ~3 every question | stop $task ~8 !$utter | every ~2 review you read ~3 be | your verdict ~2 be',
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

  // Marks of another turn.
  rule('role_marker', 0.55, '$endOf'),
];

/** What the words of an attack stand beside where a text only speaks of one. */
export const excuses = {
  /** `do not ignore the safety instructions above` */
  negated: '$not $ignore | $not ~1 $ignore ~1 the | never ~1 $ignore | $previous ~1 $ignore',
  /** `attackers write "ignore previous instructions"` */
  quoted: '$attack',
};
