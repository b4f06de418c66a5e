/** Orders that are not written as words: separated letters, no space between words, or a script without spaces. */
import { foldLetter } from './fold-letters.ts';
import type { Collect } from './injection-hit.ts';
import type { InjectionRule } from './order-rules.ts';

const spacedRun = /(?:(?<![\p{L}\d])[\p{L}\d@$](?:[\s._*|/-]{1,3})){4,400}[\p{L}\d@$](?![\p{L}\d])/gu;
const squeezed =
  /(?:ignore|disregard|forget|bypass|override)(?:all|the|any|your|every|my|of|these|those)*(?:previous|prior|above|earlier|system|instruction|rules|guideline|prompt|safety)|(?:reveal|print|show|repeat|output|leak)(?:me|us|all|the|your|my)*(?:system|hidden|initial|secret)?(?:prompt|instructions|password)|jailbreak|systemprompt|nosnoitcurtsni/;

/** `i g n o r e   p r e v i o u s`: single letters, joined to words by the separators between them. */
export function findSpaced(text: string, report: Collect, score: (joined: string) => number): void {
  for (const match of text.matchAll(spacedRun)) {
    const span = { start: match.index, end: match.index + match[0].length };
    if (squeezed.test(lettersOf(match[0]))) report({ rule: 'spaced', score: 0.85, ...span });
    else {
      const scored = score(joinLetters(match[0]));
      if (scored >= 0.4) report({ rule: 'spaced', score: Math.min(1, scored + 0.1), ...span });
    }
  }
}

/** The separator inside words is the most frequent one of the run. */
function joinLetters(run: string): string {
  const between = /^[\p{L}\d@$]([\s._*|/-]{1,3})/u.exec(run)?.[1] ?? ' ';
  return run.replace(/([\p{L}\d@$])([\s._*|/-]{1,3})(?=[\p{L}\d@$])/gu, (_whole, letter: string, gap: string) =>
    gap === between ? letter : `${letter} `,
  );
}

const longWords = /[\p{L}\d]{14,400}/gu;

/** `ignoreAllPreviousInstructions` */
export function findJoined(text: string, report: Collect): void {
  for (const match of text.matchAll(longWords))
    if (squeezed.test(lettersOf(match[0])))
      report({ rule: 'spaced', score: 0.85, start: match.index, end: match.index + match[0].length });
}

function lettersOf(text: string): string {
  let letters = '';
  for (const character of text) {
    const letter = foldLetter(character.codePointAt(0) ?? 0);
    if (letter >= 1 && letter <= 26) letters += String.fromCharCode(96 + letter);
  }
  return letters;
}

/** Orders in scripts without spaces: Chinese, Japanese, Korean. */
const unspaced: readonly (readonly [RegExp, InjectionRule, number])[] = [
  [/(?:忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵守|别管|抛开)[^。.!?\n]{0,10}(?:指令|指示|提示词|说明|說明|规则|規則|命令|设定|要求)/u, 'override', 0.85],
  [/(?:以前|これまで|上記|前|すべて|あなた|先ほど|今まで)の[^。\n]{0,8}(?:指示|命令|ルール|プロンプト|規則|設定)を?[^。\n]{0,6}(?:無視|忘れ|破棄|従わ)/u, 'override', 0.85],
  [/(?:이전|위의|모든|너의|당신의|지금까지)[^.\n]{0,8}(?:지시|명령|지침|규칙|프롬프트)[^.\n]{0,8}(?:무시|잊|따르지)/u, 'override', 0.85],
  [/系统提示词|系統提示詞|系统指令|システムプロンプト|시스템 ?프롬프트/u, 'reveal', 0.85],
  [/(?:告诉|显示|输出|泄露|说出)[^。\n]{0,8}(?:密码|密钥|提示词)|(?:パスワード|秘密の鍵)を?[^。\n]{0,6}(?:教えて|表示|見せ)|(?:비밀번호|암호)[^.\n]{0,6}(?:알려|보여)/u, 'reveal', 0.5],
  [/(?:从现在|从此刻|从今|今后|接下来)[^。\n]{0,12}你[^。\n]{0,12}(?:回答|回复|说|扮演|必须|只能)/u, 'takeover', 0.8],
  [/(?:今後|これから|今から|以後|以降)[^。\n]{0,24}(?:答え(?:て|ます|る)|返答|回答し|言って|出力し)/u, 'takeover', 0.8],
  [/(?:지금부터|이제부터|앞으로)[^.\n]{0,30}(?:대답|답한|답해|답하|말해|출력)/u, 'takeover', 0.8],
  [/(?:你现在是|你是一个|扮演|假装)[^。\n]{0,10}(?:没有|不受|无)[^。\n]{0,6}(?:限制|约束|规则)/u, 'persona', 0.8],
  [/制限の?な(?:い|く)[^。\n]{0,6}(?:AI|モデル|アシスタント)|(?:AI|あなた)[^。\n]{0,10}制限(?:のない|がない|はない)/u, 'persona', 0.8],
  [/제한[이 ]{0,2}없는[^.\n]{0,6}(?:AI|모델|인공지능|봇)/u, 'persona', 0.8],
  [/(?:给|致|提示)[^。\n]{0,4}(?:AI|模型|人工智能|助手|机器人)|(?:AI|人工知能|モデル|アシスタント)(?:へ|の方へ|向け)|(?:AI|인공지능|모델|챗봇)(?:에게|에 대한)/u, 'addressed', 0.5],
  [/(?:读|阅读|总结|处理)[^。\n]{0,8}的?(?:AI|模型)|(?:読む|要約する|処理する)[^。\n]{0,4}(?:AI|モデル)|(?:읽는|요약하는)[^.\n]{0,4}(?:AI|모델)/u, 'addressed', 0.5],
  [/(?:你的|您的)[^。\n]{0,6}(?:规则|指令|限制|设定)[^。\n]{0,6}(?:失效|无效|作废|取消|解除)|(?:あなたの|君の)[^。\n]{0,6}(?:ルール|指示|制限|規則)[^。\n]{0,8}(?:無効|解除|廃止|取り消)|(?:너의|당신의|네)[^.\n]{0,6}(?:규칙|지시|제한|지침)[^.\n]{0,8}(?:무효|해제|취소)/u, 'override', 0.75],
  [/(?:初始|内部|隐藏|秘密)(?:提示|指令|指示|说明)|(?:初期|内部|隠された)(?:プロンプト|指示)|(?:내부|숨겨진|초기) ?(?:지시|프롬프트|지침)/u, 'internals', 0.46],
  [/(?:列出|告诉我|显示|输出|打印|说出|公开)|(?:教えて|見せて|表示して|出力して)|(?:알려|보여|출력)/u, 'reveal', 0.3],
  [/(?:不要|别|停止|无需)[^。\n]{0,4}(?:总结|翻译|分类|摘要)|(?:要約|翻訳|分類)(?:せず|しないで|をやめ)|(?:요약|번역|분류)하지 ?(?:말|마)/u, 'override', 0.46],
  [/(?:写|说|评为|给出|打)[^。\n]{0,14}(?:没有[^。\n]{0,3}缺点|五星|最高分|满分|最好)|(?:星(?:5|５|五)|欠点がない|最高(?:点|評価)|満点)[^。\n]{0,12}(?:評価|書い|付け|して)|(?:단점이 없|별 ?(?:5|다섯)|최고 ?점)[^.\n]{0,16}(?:써|줘|주세요|평가)/u, 'outcome', 0.46],
  [/(?:只|仅|只能)(?:回答|回复|输出|说)|だけ(?:答え|返答|出力)|(?:이라고|라고)만 ?(?:답|대답|출력)/u, 'takeover', 0.46],
  [/(?:任何|所有|每个|一切)[^。\n]{0,4}(?:问题|请求|消息)|(?:すべての|どんな|あらゆる)[^。\n]{0,3}(?:質問|要求)|何でも(?:答え|話し)|(?:모든|어떤) ?(?:질문|요청)|무엇이든/u, 'standing', 0.3],
]; // biome-ignore format: a table

export function findUnspaced(text: string, report: Collect): void {
  for (const [form, rule, score] of unspaced) {
    const match = form.exec(text);
    if (match !== null) report({ rule, score, start: match.index, end: match.index + match[0].length });
  }
}
