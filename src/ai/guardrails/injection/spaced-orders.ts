/** Orders that are not written as words: their letters apart, no space between words, or in a script without spaces. */
import { foldLetter } from './fold-letters.ts';
import type { Collect } from './score-injection.ts';

const spacedRun = /(?:(?<![\p{L}\d])[\p{L}\d@$](?:[\s._*|/-]{1,3})){4,400}[\p{L}\d@$](?![\p{L}\d])/gu;
const squeezed =
  /(?:ignore|disregard|forget|bypass|override)(?:all|the|any|your|every|my|of|these|those)*(?:previous|prior|above|earlier|system|instruction|rules|guideline|prompt|safety)|(?:reveal|print|show|repeat|output|leak)(?:me|us|all|the|your|my)*(?:system|hidden|initial|secret)?(?:prompt|instructions|password)|jailbreak|systemprompt|nosnoitcurtsni/;

/** `i g n o r e   p r e v i o u s`: single letters, put together; words where what stands between them tells them. */
export function findSpaced(text: string, found: Collect, score: (joined: string) => number): void {
  for (const match of text.matchAll(spacedRun)) {
    const span = { start: match.index, end: match.index + match[0].length };
    if (squeezed.test(lettersOf(match[0]))) found({ rule: 'spaced', score: 0.85, ...span });
    else {
      const scored = score(joinLetters(match[0]));
      if (scored >= 0.4) found({ rule: 'spaced', score: Math.min(1, scored + 0.1), ...span });
    }
  }
}

/** What stands between two letters of a word stands between most letters of the run. */
function joinLetters(run: string): string {
  const between = /^[\p{L}\d@$]([\s._*|/-]{1,3})/u.exec(run)?.[1] ?? ' ';
  return run.replace(/([\p{L}\d@$])([\s._*|/-]{1,3})(?=[\p{L}\d@$])/gu, (_whole, letter: string, gap: string) =>
    gap === between ? letter : `${letter} `,
  );
}

const longWords = /[\p{L}\d]{14,400}/gu;

/** `ignoreAllPreviousInstructions` */
export function findJoined(text: string, found: Collect): void {
  for (const match of text.matchAll(longWords))
    if (squeezed.test(lettersOf(match[0])))
      found({ rule: 'spaced', score: 0.85, start: match.index, end: match.index + match[0].length });
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
const unspaced: readonly (readonly [RegExp, 'override' | 'reveal' | 'persona' | 'takeover', number])[] = [
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
]; // biome-ignore format: a table

export function findUnspaced(text: string, found: Collect): void {
  for (const [form, rule, score] of unspaced) {
    const match = form.exec(text);
    if (match !== null) found({ rule, score, start: match.index, end: match.index + match[0].length });
  }
}
