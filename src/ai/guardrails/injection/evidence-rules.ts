/**
 * Rules for weak evidence of several kinds, none of which is sufficient alone: a harmless text has one of them, an
 * injected order two or more close together. Each kind has a name and a score below 0.7; two kinds of 0.46 and above
 * reach 0.7. The notation is that of `order-rules.ts`.
 */
import type { InjectionRuleDefinition } from './order-rules.ts';

export const evidencePhrases: Readonly<Record<string, string>> = {
  /** Nouns that only denote a model, when it is addressed as the reader. */
  machine: `$modelNoun | chatbot | chatbots | bot | sprachmodell | automatic screening | automated screening | automated tool | automatic reviewer | machine that reads | modelu | modelo de linguagem | τεχνητή νοημοσύνη |
    la ia | ша ии | umělá inteligence | tekoäly | kecerdasan buatan | trí tuệ nhân tạo`,
  noteWord:
    'note | message | instruction | instructions | order | hint | notice | reminder | info | word | ps | hinweis | nachricht | anweisung | nota | mensaje | mensagem | messaggio | message | consigne | bericht | opmerking | wiadomość | uwaga | сообщение | указание | viesti | meddelande | beskjed | besked | zpráva | üzenet | mesaj | pesan | σημείωση | not',
  readingVerb:
    'reading | processing | summarising | summarizing | grading | reviewing | translating | evaluating | reads | processes | summarises | summarizes | reviews | grades | lies | liest | lit | lee | legge | leest | czyta | читает',
  toMachine: `model ~1 $readingVerb | assistant ~1 $readingVerb | agent ~1 $readingVerb this | $machine ~2 $readingVerb | ok $machine | $noteWord ~3 $machine | attention ~3 $machine | dear ~2 $machine | hello $machine | hey $machine | hi $machine | if ~2 $machine ~3 reading | if ~2 $machine ~3 reads | if ~3 by ~1 $machine | if you are ~2 $machine |
    to the ~1 $machine | for the ~1 $machine that | for the ~1 $machine , | for copilot , | for chatgpt , | for claude , | for gemini , | for llms , | for ai , | any $machine | whichever $machine | every $machine | an das ~1 $machine | an die ~1 $machine | an den ~1 $machine | au ~1 $machine | al ~1 $machine | aan de ~1 $machine | till ~1 $machine | do ~1 $machine | $machine reviewers | $machine evaluators | $machine reviewer | $machine evaluator | $machine summariser | $machine summarizer | $machine agents | $machine readers | $machine grader | grading model | the $machine grading |
    $noteWord ~2 assistant | $noteWord ~1 lassistant | $noteWord ~1 lassistente | $noteWord al asistente | $noteWord ~1 asistente de ia | dear assistant | lieber assistent | querido asistente | cher assistant | caro assistente`,
  calledMachine: '!$machine , | !chatgpt ,',
  /** Parts of a model's setup that customers do not mention. */
  certainInternals:
    '$systemPrompt | system prompt | system instructions | system message | initial prompt | hidden prompt | original prompt | secret prompt | hidden instructions | secret instructions | initial instructions | internal instructions | starting instructions | complete prompt | full prompt | entire prompt | $yours context window | $yours programming | internal rules | internal guidelines | tools you can | tools you have | directives ~3 you | interne regeln | internen regeln | consignes internes | instrucciones internas | istruzioni interne',
  /** Terms that nobody uses to a person. */
  yourInternals:
    '$yours system prompt | $yours system message | $yours system instructions | $yours ~1 $hidden ~1 instructions | $yours ~1 $hidden ~1 prompt | $yours ~1 $hidden ~1 rules | $yours ~1 $hidden ~1 anweisungen | $yours ~1 $hidden ~1 consignes | $yours ~1 initial instructions | $yours initial prompt | $yours context window | $yours guardrails | $yours programming | $yours safety guidelines | $yours safety ~1 filter | $yours safety ~1 filters | $yours training | $yours ~1 restrictions | $yours $systemPrompt | prompt du système | $yours prompt système | prompt système | prompt del sistema | prompt do sistema | prompt de sistema | prompt di sistema | sistem istemini | sistem promptunu | prompt systemowy | системный промпт | системный запит | systémový prompt | systemprompten | lời nhắc hệ thống | prompt sistem | promptul de sistem | σύστημα prompt | सिस्टम प्रॉम्प्ट',
  internals: `$certainInternals | $yourInternals | $yours prompt | developer message | $yours context | $yours context window | context window |
    hidden instructions | secret instructions | initial instructions | internal instructions | starting instructions | $yours filters | $yours safety ~1 filter | safety filters | safety layer | safety filter | content filter | content policy | content policies | $yours restrictions | $yours restriction | $yours limitations | $yours directives | $yours ~1 instructions | $yours ~1 guidelines | $yours ~1 guidance | $yours ~1 rules | $yours ~1 constraints | $yours ~1 ethics | $yours policy | $yours policies | $yours policy | $yours developer | $yours developers | $yours operator | $yours operators | $yours makers | $yours creators | people who run you | who deployed you | who built you | the system safety | safety checks | internal rules | internal guidelines |
    $yours persona | complete prompt | full prompt | entire prompt | tools you can | tools you have | hidden part | disclaimers | refusals | $ownOrders | interne regeln | internen regeln | consignes internes | instrucciones internas | istruzioni interne`,
  orderGiven: `$orders ~1 you have ~1 got | $orders ~1 you have ~1 received | $orders ~1 you ~1 received | $orders ~1 you ~1 got | you were ~2 told | you were ~2 given | you have been ~1 told | you have been ~1 given | you are told | you have been asked | you were ~1 supposed | you are not supposed | told to hide | told to keep | told you to | has told you | have told you | received ~1 at the start | given ~2 at the start |
    du ~2 erhalten hast | du ~2 bekommen hast | du ~2 gesagt bekommen | dir ~2 gesagt | tu as ~1 reçu | tu as ~1 reçues | on ta ~1 donné | on ta ~1 dit | te dijeron | te dio | te han dado | recibiste | ti hanno ~1 dato | ti hanno detto | te foi dado | você recebeu | você foi ~1 dito | tebie dano | ci dano | je gekregen hebt | тебе ~2 говорили | тебе дали`,
  emptied: `$voided | obsolete | outdated | aufgehoben | hinfällig | ungültig | gelten nicht | gelten ~1 nicht mehr | annulées | annulés | annulée | ne valent plus | anuladas | anulada | annullate | annullata | canceladas | cancelada | canceled | gelden niet | gelden ~1 niet meer | nie obowiązują | nie obowiązuje | отменены | отменяются | не действуют | скасовано | скасовані |
    geçersiz | gäller inte | gjelder ikke | gælder ikke | eivät ~1 päde | neplatí | ισχύουν | लागू नहीं | không còn hiệu lực | tidak berlaku | nem érvényesek | mai ~1 valabile | ملغاة | لاغية | were lifted | been lifted | are lifted | lifted your | are off | is off | switched off | are gone | vanish | deactivated | deaktiviert | désactivé | disabled`,
  /** Dictated wording of an answer. */
  verbatimAnswer: `nothing but | nothing else than | nothing else but | nothing except | with a single word | with one word | with the word | with the words | only the word | only the sentence | only the words | the words | the word | the sentence | exactly | the string | the label | only with | only in | nur mit | nur noch | ausschließlich | mit dem wort | seulement | uniquement | par le mot | solo con | sólo con | únicamente | con la palabra | soltanto | solo con | con la parola | apenas | somente | com a palavra | alleen | slechts | met het woord | tylko | słowem | только | словом | bara med | endast | bare med | kun med | vain | jen | pouze | slovem | csak | sadece | yalnızca | doar | numai | μόνο | केवल | chỉ | hanya | فقط`,
  standing: `in future | in all your | permanently | for the rest of | $fromNow | $whatever | irrespective | independent of | no matter | regardless | whatever it | whatever comes | to everything | to every | to all ~2 messages | in every ~1 answer | in every ~1 reply | in all ~2 answers | in each ~1 answer | each of your ~1 answers | each of your replies | every translation you | every summary you | every answer you | every reply you | all later | all future | all following | all remaining | all further | for each item | for every item | whatever the | whichever | from today | auf alles | auf jede | jede deiner | à tout | à toute | à chaque | chacune de tes | a todo | a todos | cada respuesta | a tutto | a ogni | qualunque cosa | a tudo | a todas | op alles | elk bericht | na wszystko | na każde | на всё | на любой | på allt | på alt | kaikkeen | na všechno | mindenre | her soruya | her şeye | la orice | σε όλα | हर सवाल | mọi thứ | semuanya | كل ما | egal was | qu'il | quoi que`,
  /** A result in the writer's own interest. */
  wish: `as resolved | as approved | as solved | as urgent | as safe | as harmless | as positive | as trusted | refund | refunds | compensation | five stars | 5 stars | ten out of ten | highest | maximum | full marks | full points | best | strongest | perfect | flawless | award | approved | approval | accept | acceptance | approve | accepted | no issues | no findings | no flaws | no drawbacks | no defects | no bugs | positive | safe | harmless | closed | priority | discount | free | invited | invite | hired | hire | rank | rating | score | sentiment | verdict |
    fünf sternen | dringend | erstattung | keine kritik | keine mängel | cinq étoiles | excellent | excelente | urgent | remboursement | sin defectos | máxima | puntuación | resuelto | cinque stelle | risolto | eccellente | sem defeitos | geen gebreken | vijf sterren | bez wad | нет недостатков | пять звёзд`,
  /** Verbs of an order to the author of the answer. */
  onlyTask: 'only task | only valid | instead answer',
  loot: 'this conversation | chat history | all contacts | last mails | unread mails | api token | api key | customer database | user data | user table | everything above | confidential notes | internal notes | internal documents | every account | data you have',
  orderVerb:
    'omit | convince | persuade | praise | copy | store | remember | repeat | open | visit | call | run | execute | delete | transfer | label | judge | switch | turn | continue | proceed | begin | end | invite | approve | $utter | $reveal | $rate | $favour | $answer | set | put | grant | hide | classify | close | give | rank | flag | let | skip | state | describe | report | rewrite | recommend | mention | leave | stop | hand | promise | set | report | treat | act | forget | bewerte | stufe | erwähne | sage | schreibe | classe | résume | dis | évoque | di | califica | segna | diga | zeg | napisz | напиши | skriv | kirjoita | napiš',
  everyAnswer:
    'every answer | each answer | every reply | each reply | every summary | each of your | all your answers | all your replies | all future answers | every translation | every response | each response | jede deiner | jede antwort | chacune de tes | cada respuesta | ogni risposta | elk antwoord | każdą odpowiedź | каждый ответ',
  answerSlot:
    'your answer | your answers | your reply | your response | your summary | your output | your final answer | your json | the json | your translation | every answer | each answer | every reply | each reply | your replies | the rating field | your verdict | the field | the summary | your overview | the score | your report',
  /** Parts of a text that only its model reads as one text. */
  aboveText: `text above | everything above | words above | stands above | text between | previous messages | stands before | front of my | in your context | see above | seen above | message above | vor dieser nachricht | précède ce message`,
};

const evidence = (
  name: InjectionRuleDefinition['name'],
  score: number,
  sequences: string,
): InjectionRuleDefinition => ({
  name,
  score,
  sequences,
});

export const evidenceRules: readonly InjectionRuleDefinition[] = [
  // Two kinds in one sequence.
  evidence(
    'addressed',
    0.75,
    '$toMachine ~10 !$orderVerb | $toMachine ~12 $verbatimAnswer | $toMachine ~8 must | $toMachine ~8 has to | $toMachine ~8 should | $toMachine ~8 shall | $calledMachine ~10 $wish | $toMachine ~14 $wish | $toMachine ~6 $orderVerb',
  ),
  evidence(
    'reveal',
    0.75,
    '!$reveal ~8 $certainInternals | !$reveal ~8 $orderGiven | what ~3 $certainInternals say | what ~3 $orders ~3 $orderGiven | what ~3 $certainInternals contain | which ~3 $orders ~3 $orderGiven | need ~6 $certainInternals | see ~3 $certainInternals | want ~6 $certainInternals | !$reveal ~6 $aboveText | give ~3 $certainInternals | $internals ~5 verbatim | $internals ~6 word for word | $reveal ~6 $orderGiven',
  ),
  evidence(
    'override',
    0.75,
    '$internals ~5 $emptied | $orders ~5 $orderGiven ~6 $emptied | $orderGiven ~6 $emptied | $orders ~4 $soFar ~3 $emptied | $ownOrders ~2 $lose | अपने ~1 $orders ~2 $ignore | !$weakIgnore ~2 your ~1 $previous ~1 context | $lose ~3 what ~3 $author ~2 told | $lose ~3 what ~3 $author ~2 said | !$lose ~4 $internals | $lose ~4 $certainInternals | turn ~4 safety ~2 off | $internals ~2 aside | leave ~2 out ~3 $internals | break ~4 $internals | supersedes ~2 $previous ~2 $orders ~6 you | whatever you were asked | $yours ~2 $orders ~5 $emptied | $ownOrders ~5 $emptied | über deine ~2 hinweg | $orders ~1 $yours ~5 $emptied',
  ),
  evidence(
    'takeover',
    0.75,
    '!$answer ~6 $verbatimAnswer ~8 $standing | $standing ~6 $answer ~8 $verbatimAnswer | $standing ~8 your ~3 answers | $standing ~6 you ~2 reply | $standing ~6 you ~2 answer | $standing ~6 you ~2 respond | $standing ~4 you ~2 shall | !$edge ~4 $everyAnswer | !$insert ~8 $everyAnswer | !set ~8 $answerSlot | !put ~8 $answerSlot | $standing ~10 terminar | $standing ~6 doit | $standing ~4 beginnt',
  ),

  // One kind each.
  evidence('addressed', 0.5, '$toMachine | $calledMachine'),
  evidence(
    'addressed',
    0.42,
    '!assistant , | !model , | assistant should | assistant must | assistant shall | model must | the bot must | reviewer must | grader must',
  ),
  evidence('addressed', 0.72, '!assistant , ~8 $wish'),
  evidence('internals', 0.45, '$internals | $orderGiven'),
  evidence('standing', 0.45, '$standing'),
  evidence(
    'takeover',
    0.46,
    '$answerSlot ~4 must | $answerSlot ~4 has to | $answerSlot ~3 muss | !$orderVerb ~6 $verbatimAnswer | !$answer ~6 $standing | $verbatimAnswer ~4 $answer',
  ),
  evidence('outcome', 0.46, '!praise ~2 product | !praise ~1 brand | !$orderVerb ~10 $wish'),
  evidence(
    'conceal',
    0.45,
    '!not ~2 mention | !dont mention | !not explain | dont explain | without explaining | without comments | without asking | without confirmation | without review | not look at | mention no | !hide',
  ),
  evidence(
    'override',
    0.45,
    'instead of $task | !stop ~1 $task | !quit ~1 $task | !not ~1 $task | dont $task | never mind the ~1 $task | no summary needed | forget the ~1 $task | scrap the ~2 task | previous task | your ~1 task | new task | change of plan | time for a new | rather than $task',
  ),
  evidence(
    'takeover',
    0.46,
    '!$utter ~8 $verbatimAnswer ~10 $standing | !$insert ~5 $answerSlot | $everyAnswer ~6 with | $everyAnswer ~3 must | !$insert ~8 $standing | !$edge ~8 $standing | before continuing | before you continue | real task | repeat it in | reply in | $onlyTask',
  ),
  evidence(
    'authority',
    0.46,
    'this is ~1 command | this is ~1 order | am ~4 who built | am ~4 who deployed | am your ~1 $author | im your ~1 $author | am the ~1 $author | authorise you to | authorize you to | as the administrator of | speaks the admin | message from openai | message from anthropic | message from the ~1 team | root access | test mode | new rules | new rule | takes precedence | take precedence | outranks | outrank | highest priority | system command | you obey only | obey ~1 me | obey my | $noteWord ~1 developer | from the developer | wish of your',
  ),
  evidence(
    'unbound',
    0.46,
    'no filters | no warnings | no rules | no limits | no boundaries | no more rules | no restrictions | no policy existed | nothing is forbidden | rules do not apply | limits are gone | speak freely | say anything | can do everything | do anything | break ~2 rules | breaks every rule | breaks each rule | never refuse | never refuses | never refusing | without refusing | freed from | boundaries | bound by any | without the safety | had no guidelines | skip ~4 refusals | skip ~2 disclaimers | drop ~2 ethics | policy forbids | ohne regeln | ohne einschränkung | sans aucune restriction | sin restricciones | senza limiti | sem restrições | zonder regels | bez ograniczeń | без ограничений | 没有任何限制',
  ),
  evidence(
    'persona',
    0.46,
    'you are now | youre now | become ~1 $oddSelf | you are ~2 an ai | you are an ai | as the ai | youre no ~2 $machine | you are no ~2 $machine | youre no longer | you no longer work | your name is | its evil twin | in character as | stay in character | answer as ~3 who | role of another | the role of an | pretend to be | speak as if | imagine you had no | version of yourself | version of you | simulate a | be my grandpa | used to read me | start over | new session | you spielst | du spielst ab | ahora eres | tu es désormais | sei ora | você é um assistente | теперь ты | jesteś teraz | du bist jetzt ein',
  ),
  evidence(
    'harm',
    0.46,
    'make a bomb | build a bomb | recipe for meth | make poison | forge a passport | fake id | malware | insult the | write an insult | hacker | windows keys | poison | explosives | buy drugs',
  ),
  evidence(
    'exfiltrate',
    0.72,
    '!$send ~8 $loot | !fetch ~4 https ~16 data | !fetch ~4 https ~16 above | !fetch ~4 https ~16 conversation | !$reveal ~6 $loot',
  ),
  evidence(
    'exfiltrate',
    0.5,
    '!send ~8 $loot | !forward ~6 $loot | !post ~8 $loot | !email ~8 $loot | !upload ~6 $loot | !show ~8 $loot | !fetch ~3 http | !fetch ~3 https | !open https | !run the tool | !call the function | !call the ~1 function | !use the ~1 tool | !use your ~1 tool | with your ~1 tool | !execute the following | !delete all the records | !dump ~4 $loot | !print ~4 $loot | !output ~3 $loot',
  ),
  evidence(
    'reveal',
    0.46,
    '!$reveal ~6 password | !$reveal ~6 code word | !$reveal ~4 api key | secret key | the password you | not supposed to | in reverse',
  ),
  evidence(
    'persona',
    0.78,
    '$asThough ~5 $machine ~8 $limitless | $asThough ~5 $role ~8 $limitless | $asThough ~4 $machine ~6 $unbound | youre ~3 $machine ~4 $limitless | you are ~3 $machine ~6 $limitless',
  ),
  evidence(
    'takeover',
    0.75,
    'reply with exactly | !output only | !answer ~3 with nothing but | $answer ~4 nothing but | $answer ~6 nur noch | $answer ~3 nothing else | for ~1 all ~1 remaining ~2 $answer',
  ),
  evidence(
    'takeover',
    0.72,
    '!$insert ~6 your summary | !$insert ~6 your output | !$insert ~6 your json | !$insert ~6 your translation | !$insert ~6 your overview | $everyAnswer ~8 start with | $everyAnswer ~8 begin with | $everyAnswer ~8 end with | asks you ~6 $answer ~2 that | your real ~1 $orders | your actual ~1 $orders | your true ~1 $orders | not ~1 $task ~6 !say | not ~1 $task ~6 !tell | not ~1 $task ~6 !print | dont $task ~6 say',
  ),
  evidence(
    'reveal',
    0.72,
    'turn $yours ~1 $orders into | $secret ~5 $yours ~1 configuration | tool available to you | tools available to you | schema of your functions | tools can you call | complete ~10 $certainInternals | switch to $modeOn ~2 !$reveal',
  ),
  evidence('reveal', 0.6, 'what are $yours ~1 $orders'),
  evidence('unbound', 0.6, '!$disable ~2 $yours ~1 $limits | $yours ~1 $limits off'),
  evidence(
    'internals',
    0.72,
    '$yourInternals | of $yours prompt | $yours whole prompt | $yours entire prompt | $yours full prompt',
  ),
  evidence(
    'reveal',
    0.6,
    '!$reveal ~4 $yours prompt | what is $yours prompt | whats $yours prompt | what does $yours prompt',
  ),
  evidence('exfiltrate', 0.46, '!$send ~6 to http | !$send ~6 to https | !$send ~3 every ~3 to | append ~6 https'),
];
