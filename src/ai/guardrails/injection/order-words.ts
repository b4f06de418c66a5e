/**
 * The words an injected order is made of, in several languages, by the part they play: the classes that the phrases and
 * rules of `order-rules.ts` are made of. A word may be of several classes.
 */
export const wordClasses: Readonly<Record<string, string>> = {
  ignore: `ignore ignoring disregard disregarding forget forgetting bypass bypassing override overrule neglect discard abandon dismiss
    overwrite unlearn ignoriere ignorieren ignorierst vergesse vergessen zaboravi забудьте ignorier vergiss missachte missachten umgehe übergehe ignorez ignorer oublie oubliez oublier contourne ignora ignorad
    ignorar ignore olvida olvidad olvidar olvide olvídate ignorare dimentica dimenticare dimenticati trascura negeer negeren vergeet omzeil
    esqueça esquece esqueçam desconsidere desconsidera zignoruj ignoruj zapomnij pomiń игнорируй игнорируйте проигнорируй забудь забудьте تجاهل تجاهلي
    انس ignorera glöm ignorer glem unohda ohita zapomeň ignoruj felejtsd unut yoksay görmezden अनदेखा भूल नज़रअंदाज़ bỏ quên lupakan abaikan`,
  weakIgnore: 'drop delete erase cancel skip remove lift suspend revoke reset replace clear wipe void',
  older: `old former past existing original alten alte viejas vecchie anciennes oude starych старые`,
  previous: `previous prior above preceding earlier foregoing before previously initial vorherigen vorherige
    vorheriger bisherigen bisherige bisher vorigen obigen oben früheren früher vorangegangenen vorangehenden vorhergehenden davor zuvor vorher précédentes précédents précédente précédent antérieures dessus avant reçu reçues
    anteriores anterior anteriormente antes previas previos arriba precedenti precedente sopra prima vorige eerdere bovenstaande eerder poprzednie poprzednich
    wcześniejsze wcześniejszych poprzednio предыдущие предыдущих прежние прежних раньше ранее выше السابقة السابق tidigare föregående ovan tidligere forrige aiemmat edelliset předchozí
    korábbi önceki yukarıdaki पिछले पिछली ऊपर trước sebelumnya`,
  orders: `κανόνες οδηγίες pravidla regulile instrucțiunile szabályaid utasításaid tắc вказівки правила reglene instruksjoner reglerne instruction instructions prompt prompts rule rules directions directives directive guidelines guideline commands orders programming guardrails
    guidance constraints briefing anweisungen anweisung instrukcije instruktionen regeln befehle vorgaben richtlinien instruktionen instrucciones instrucción reglas órdenes indicaciones directrices
    consignes consigne règles règle istruzioni istruzione regole direttive instructies instructie regels opdrachten richtlijnen instruções instrução regras ordens diretrizes instrukcje instrukcji polecenia poleceń
    zasad zasady reguł инструкции инструкций инструкцию правила правил правилам указания указаний التعليمات تعليماتك قواعدك القواعد instruktioner regler ohjeet säännöt pokyny pravidla utasítást utasítások
    talimatları talimatlar kurallarını kuralları निर्देशों निर्देश नियमों नियम hướng dẫn instruksi aturan`,
  limits: `restrictions restriction limits limit limitations limitation filters filter safeguards safeguard safety censorship moderation ethics ethical morals moral boundaries
    constraints policies policy laws law einschränkungen beschränkungen grenzen filter richtlinien zensur skrupel restricciones límites filtros límite restrictions limites filtres limite tabous
    restrizioni limiti filtri beperkingen grenzen restrições limites ograniczeń ograniczenia ограничений ограничения фильтров begränsningar kısıtlama sınır guardrails rules regeln règles règle reglas regole regels regras zasad правил`,
  your: `tvoje tvé dine tale σου तुम्हारे आपके senin kamu твої ти your yours youre dein deine deinen deiner deinem eure euren ihre ton tes ta votre vos tu tus vuestras tuo tua tuoi tue je jouw jullie sua suas seu seus
    teu tuas twoje twoich twój swoje swoich swój твои твой твоих свои своих свой din dina ditt sinun`,
  every: `all any every each everything anything alle alles jede jedes jeden jeder toutes tous tout toute chaque todas todos todo toda cada tutte tutti tutto ogni
    elk elke todas wszystkie wszystko każde każdy wszystkich все всё всех каждый каждое كل alla varje alt kaikki všechny tüm her सभी हर összes`,
  ai: `ai ais llm llms chatbot chatbots chatgpt gpt claude gemini copilot bots ki kis ia ias lia dia ии ші ki`,
  role: `assistant assistants model models agent agents bot summarizer summariser classifier grader reviewer translator moderator assistent assistenten asistente assistente asystent ассистент помощник
    modell modèle modelo modello modele`,
  reader: 'reader readers user users visitor visitors nutzer utilisateur usuario utente gebruiker',
  reveal: `reveal print repeat show output display disclose expose leak dump recite tell echo copy quote write give spell describe list summarize summarise translate encode rewrite share send hand
    paste provide state put say read explain return zeige zeig nenne wiederhole verrate verrat gib schreibe schreib kopiere nenn sag montre affiche répète donne écris recopie révèle dis cite muestra
    revela repite dime escribe di dame enseña copia mostra rivela ripeti scrivi dammi dimmi mostrami toon laat herhaal geef vertel schrijf zeg mostre revele diga repita escreva pokaż ujawnij powtórz napisz podaj
    покажи повтори выведи напиши скажи раскрой اعرض اكشف أظهر visa avslöja skriv vis näytä ukaž mutasd göster yaz söyle दिखाओ बताओ hiển tampilkan`,
  secretly: 'quietly silently secretly covertly discreetly',
  hidden: `system hidden initial secret original internal confidential developer developers underlying preliminary systemische geheimen geheime versteckte internen système caché cachée secrètes secret internes
    sistema secreto ocultas oculto interno internas nascosto segreto segrete systeem verborgen geheim interne systemowy systemowe ukryte системный системные скрытые секретные النظام`,
  prompt: `prompt prompts instructions instruction message messages entry entries rules briefing guidelines configuration preamble preprompt anweisungen nachricht consignes instrucciones mensaje istruzioni messaggio instructies
    instruções mensagem polecenia инструкции промпт сообщение promptu`,
  systemPrompt: `systemprompt systemprompten systeemprompt systemnachricht systemmeldung systemanweisungen rendszerüzenetet järjestelmäkehote`,
  secret: `password passwords passphrase credentials credential token tokens secret secrets secretkey apikey passwort passwörter kennwort geheimnis contraseña contraseñas clave secreto wachtwoord
    senha segredo hasło пароль секрет şifreyi السر lösenord पासवर्ड`,
  not: 'not dont never doesnt cannot cant mustnt neednt shouldnt no nicht nie niemals ne pas plus jamais no nunca non mai niet nooit não nie nigdy не никогда inte aldrig ikke لا',
  without: 'without ohne sans sin senza zonder sem bez без utan uden free frei libre libero vrij lacking',
  none: 'no kein keine keinen keinerlei aucune aucun ninguna ningún nessuna nessun geen nenhuma нет inga',
  you: 'you youre youve du dich dir ihr tu te vous usted tú ti je jij você ty ты тебя тебе du sen',
  are: 'are are is youre bist sind es êtes eres sei bent és jesteś är',
  now: 'now henceforth jetzt nun ab maintenant désormais ahora adesso ora nu agora teraz теперь nu artık الآن अब',
  pretend: `pretend pretending roleplay simulate impersonate imagine suppose assume act behave portray tu stell fais imagine imagina finge haz actúa fingi immagina fai doe finja imagine udawaj wyobraź представь притворись låtsas`,
  unbound:
    'jailbreak jailbroken unrestricted unfiltered uncensored unaligned unmoderated unbound unchained unlimited amoral lawless restrictionless uneingeschränkt unzensiert',
  modeName:
    'developer debug god dan sudo root maintenance jailbreak diagnostics diagnostic unrestricted admin administrator test entwickler développeur desarrollador sviluppatore',
  mode: 'mode modus modo modalità mode',
  answer: `answer answers answering respond responds responding reply replies replying speak speaks antworte antwortest antworten beantworte beantwortest erwiderst réponds répond réponde répondez responde
    respondes responder contesta contestas contestes rispondi risponda rispondere antwoord antwoordt beantwoord beantwoordt responda respondas odpowiadaj odpowiadasz odpowiedz отвечай отвечаешь ответь ответьте أجب svara svarar svar vastaa cevap जवाब`,
  utter: `say says write writes output outputs print return returns recommend recommends claim act behave use finish end ends begin start append include insert add tell treat rate label mark obey serve pretend sign mention
    approve schreibe schreibst sagst sag empfiehl écris dis recommande di escribe recomienda scrivi consiglia schrijf zeg escreva diga pisz pisze napisz пиши говори yaz skriv`,
  answerNoun: `answer answers reply replies response responses output outputs summary summaries verdict message messages sentence conclusion report translation review reviews label score antwort antworten antworten réponse réponses respuesta respuestas risposta risposte`,
  only: 'only just exactly solely nur seulement uniquement solo sólo soltanto solamente alleen slechts apenas tylko только endast sadece',
  always:
    'always every each whenever immer stets jede jeden jedes toujours chaque siempre cada sempre ogni altijd elk elke todos zawsze każde всегда каждое alltid varje her दائما دائما हर',
  instead: 'instead rather stattdessen statt anstatt lieu plutôt cambio vez invece plaats vez zamiast вместо istället',
  task: `summarise summarize summarising summarizing translate translating classify classifying extract extracting answering scoring rating grading reviewing evaluating describing analysing analyzing summary translation
    zusammenzufassen zusammenfassen übersetzen résumer traduire resumir traducir riassumere tradurre samenvatten vertalen`,
  disable: `disable deactivate remove lift drop bypass unlock ignore switch turn shut deactivate break circumvent removing schalte deaktiviere désactive desactiva disattiva schakel desative wyłącz отключи`,
  obey: 'obey obeys comply complies serve',
  send: 'send forward post upload mail email transmit deliver exfiltrate append attach submit',
  chatData: 'conversation conversations transcript chat history dialogue',
  private:
    'passwords password names addresses emails mails customer customers list data contents files credentials records contract',
  rate: 'rate rated score scored grade graded rank classify classified label labelled labeled mark marked give award bewerte einzustufen bewerten note donne valuta puntúa puntuación evaluate value',
  top: 'five best highest maximum maximal full excellent perfect positive flawless harmless safe ten hervorragend besten beste maximale meilleure excelente máxima eccellente massimo positiv',
  favour:
    'approve approved recommend claim praise grant accept certify promote move hide omit conceal award state present rank rate insert mention skip summarise summarize call list',
  edge: 'start begin end finish open close sign prefix conclude',
  insert: 'include insert add append mention embed put slip write say give rate',
  have: 'have has had haben hättest avere hai avoir avais aies tienes tener tem tens hebt hebben had mieć masz нет',
  lore: 'information informations informationen context contexts thoughts knowledge memory memories conversation conversations messages text texts content input ausführungen informationen información informations messaggi messages',
  attack: `attack attacks attacker attackers injection injections jailbreaks jailbreak defence defences defense defenses phrase phrases example examples filter blocks researchers guardrails auditors forums article paper talk lecture report security angriff angriffe attaque ataque`,
  said: 'said says whispered asked laughed begged shouted replied murmured cried',
};

/** What keeps the place of an order: `please print`, `and print`, `now print`. */
export const softWords =
  'please kindly just now then and also so first simply immediately instead ok okay hey hello hi well not do dont never you must shall should will can could would have need to always only therefore finally next bitte und dann jetzt nun stattdessen et puis maintenant plutôt por favor ahora luego entonces per ora poi ed en dan nu alsjeblieft quietly silently but or if ai the ps';
/** What begins one: `you must print`, `I want you to print`. */
export const urgingWords =
  'please must shall should will and then instead now bitte to you it they und et en ed och och и';
