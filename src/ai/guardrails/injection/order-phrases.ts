/** Named sequences of words that the rules of `order-rules.ts` are made of, in the same notation. */
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
  toModel: `to all ~1 $modelNoun | to any ~2 $modelNoun | to whichever $modelNoun | note to ~2 $readingModel | note for ~2 $readingModel | message to ~2 $readingModel | message for ~2 $readingModel |
    instruction to ~2 $readingModel | instruction for ~2 $readingModel | instructions for ~2 $readingModel | instruction to model | order to ~1 $readingModel | notice for ~1 $readingModel | task for ~1 $readingModel | notice to ~1 $readingModel | reminder to ~1 $readingModel |
    if you are ~2 $modelNoun | if you are ~2 $role | if ~1 $modelNoun ~1 is | if ~1 $modelNoun ~1 reads | if ~1 $modelNoun ~1 evaluates | any $modelNoun ~1 that | any $modelNoun ~1 reading | whichever $modelNoun | attention ~2 $modelNoun | you the $modelNoun |
    $modelNoun instructions | $modelNoun reviewers | $modelNoun reviewer | $modelNoun graders | $modelNoun grader | $modelNoun readers | $modelNoun ~1 tools | $modelNoun ~1 systems | $modelNoun recruiter | $modelNoun agents | $modelNoun ~1 assistants | reviewer bot | $modelNoun ~1 reading this | $role reading this | reviewer agents |
    $modelNoun ~1 assistants reading | assistants reading | agents reading | $modelNoun that ~2 processes | $modelNoun that ~1 evaluates | $modelNoun that ~1 reads | $modelNoun that ~1 summarises | $modelNoun that ~1 summarizes | system evaluates |
    an die ki | die ki | hinweis an ~2 $modelNoun | pour lia | lattention de lia | para la ia | nota para ~1 ia | mensaje para ~1 ia | per lia | nota per lia | voor de ai | para a ia | do ai | для ии | grading model | instruction to the | moderation model`,
  called:
    '!$ai , | !$role , | language models , | language model , | note to $ai | !$ai you | dear ~2 $readingModel | hey ~1 $readingModel | hey summarizer | listen ~2 $modelNoun',
  limitless: `$not ~2 $have ~2 $limits | $without ~3 $limits | $none ~2 $limits | no longer ~1 bound | not bound by | not limited by | free of ~2 $limits | freed from | free from ~2 $limits | released from | ignores every ~2 rule | no morals | no filters | not have ~2 $limits | anything now | say no |
    never refuses | never refuse | never declines | never decline | cannot refuse | never says no | can never say | always complies | always comply | knows no ~1 laws | nie verweigert | verweigerst nichts | ne refuses jamais | nunca se niega | te niegas | non rifiuti mai |
    nooit weigert | nunca recusa | никогда не отказываешь | everything without | answers anything | answers everything | answer anything | answer everything | any question | even illegal | no filter | no rules | new rules | no laws | whatever the user | not limited | any policy | has no limits | say anything | say what you want | anything ~1 ask | without hesitation | knows no | kennt keine | keine regeln | ohne regeln | sans règles | sin reglas | senza regole | zonder regels | sem regras | bez zasad | без правил | mindenre | any restriction | no supervision | root access | does whatever | talk freely | $limits ~1 yok | ei rajoituksia | full access | escaped from ~2 creators | no guidelines | no content policies`,
  takenFrom: '$yours ~2 $orders',
  yours:
    'tvoje | tvé | tvých | tale | तुम्हारे | आपके | твої | dine | your | yours | dein | deine | deinen | deiner | tes | ton | tus | tu | tuoi | tue | tuo | je | jouw | suas | seu | sua | twoje | swoich | swoje | swój | твои | твой | свои | своим | din | dina | operators | operator | kurallarını | अपने',
  author:
    'developer | developers | operator | operators | system | owner | creators | makers | company | provider | openai | admin',
  placeAbove:
    'text above | text | box above | words above | lines above | above | context | document | page | essay | paragraphs | article | message above | rest | complaint | text oben | oben | ci dessus | texto anterior | texto de arriba | testo sopra | testo precedente | bovenstaande | tekst hierboven | everything',
  given: `you were ~2 given | you were told | you were started | you were ~1 configured | you have been ~1 given | you have been told | youve been told | youve been ~1 given | you received | you had been | given to you | you got | you have been configured | you are working with | you must obey |
    told to you | developers told | operator gave | operator wrote | you are told | you were asked | you follow | they gave you | developers gave you | you run on | configures you | configured you | you keep | you are protecting | you were ~1 trained | what they told |
    dir gesagt | dir gegeben | on ta dit | te dijeron | te dieron | has recibido | recibiste | ti ~1 stato | ti hanno | je is verteld | foi dito | tebe говорили | тебе говорили | тебе дали | reçu | i read before`,
  soFar:
    'so far | until now | up to now | up to this point | before this line | before this message | before this | from before | this sentence',
  ownOrders:
    'قواعدك | تعليماتك | أوامرك | kurallarını | talimatlarını | kuralların | talimatların | aturanmu | instruksimu | szabályaid | utasításaid | quy tắc của bạn | κανόνες σου | οδηγίες σου | reglene dine | säännöt | ohjeesi | sääntösi',
  known:
    'you know | we discussed | we talked | i said | we ~1 said | you learned | que sabes | que digo | i told | you have learned | wir ~2 besprochen | taught',
  deviate: 'abweichend zu | abweichend von',
  payNoAttention: `yok say | bỏ qua | not listen to | leave ~4 behind | pay no attention | set aside | put aside | put ~4 aside | set ~4 aside | never mind | stop following | stop obeying | stop listening | not follow | not obey | not listen | dont follow | dont obey | dont listen | dont ~1 have to follow | not have to follow | no longer follow |
    do the opposite of | the reverse of | act against | go against | break | violate | not use | leave aside | must not follow | step outside | smetti di seguire | deja de seguir | deixe de seguir | no sigas | ne respecte | ne tiens | ne suis | halte dich nicht | beachte ~4 nicht | nicht länger an | nie przestrzegaj | не следуй | не соблюдай | volg niet`,
  lose: '$ignore | $payNoAttention',
  voided:
    'void | obsolete | cancelled | canceled | suspended | revoked | no longer ~1 count | no longer counts | no longer ~1 apply | not apply | null | superseded | were a mistake | was a mistake | was just ~1 example | was a test | never took place | no longer valid | invalid | do not count',
  secretPrompt: `$systemPrompt | $hidden ~1 $prompt | $prompt sistema | $prompt système | $prompt ~1 sistema | $prompt di sistema | $prompt de sistema | $prompt do sistema | $prompt du système | системный промпт | موجه النظام | sistem komutunu | सिस्टम प्रॉम्प्ट | $yours ~1 preamble | $yours ~1 $hidden ~1 $prompt |
    $yours ~1 briefing |
    $prompt ~2 $given | $guard ~2 $given | rules you ~2 $given | prompt that ~1 $given | wording of the prompt | the prompt , | the prompt | first message you | prompts initiales | instructions initiales | instrucciones iniciales | instrução inicial | developer message | systemnachricht | promptu systemowego | prompt systemowy`,
  /** What is the model's where a model is addressed, and a shop's or a landlord's elsewhere. */
  ownRules:
    '$yours ~1 instructions | $yours ~1 rules | $yours ~1 guidelines | $yours anweisungen | $yours ~1 regeln | $yours ~1 consignes | $yours ~1 instrucciones | $yours ~1 istruzioni | $yours ~1 instructies | $yours ~1 instruções | $yours configuration | $yours constraints',
  guard:
    'instructions | prompt | rules | guidelines | guardrails | text | configuration | briefing | directives | instrucciones | consignes | istruzioni | instructies',
  textAbove: `text above | words above | everything above | lines above | sentences above | everything ~2 before | text before | words before | text between | sentences preceding | lines before | message above | everything ~2 preceding | conversation ~2 above | previous messages | messages including | everything that ~1 stands before |
    context window | contents of your context | history including | hidden part | texte ci dessus | text oben | texto anterior`,
  taken: 'precedence | priority | clearance | outrank | outranks | supersede | supersedes',
  chatOut: 'your ~3 $answerNoun | each of your | every one of your | final answer | in your ~2 $answerNoun',
  whatever:
    'no matter | regardless of | regardless | whatever the | whatever they | whatever you | whatever i | whatever is',
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
    'word for word | verbatim | exact wording | exact text | precise text | exact words | letter by letter | backwards | wort für wort | mot pour mot | palabra por palabra | parola per parola | woord voor woord | palavra por palavra | dosłownie | дословно',
  endOf:
    'end of prompt | end of ~1 document | end of ~2 review | end of ~2 data | end of ~1 instructions | end of ~1 input | end of ~1 context | end of text | end of email | end of message | input ends here | new session | begin a new',
};
