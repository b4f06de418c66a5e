/** Orders that are not written as words: their letters apart, or in a script that has no spaces. */
import { foldLetter } from './fold-letters.ts';
import type { Collect } from './score-injection.ts';

const spacedRun = /(?:(?<![\p{L}\d])[\p{L}\d@$](?:[\s._*|/-]{1,3})){4,400}[\p{L}\d@$](?![\p{L}\d])/gu;
const squeezed =
  /ignore(?:all|the|any|your)*(?:previous|prior|above)|disregard(?:all|the|any|your)*(?:previous|prior|above)|forget(?:all|your|the)*(?:previous|prior)?(?:instructions|rules)|systemprompt|ignorethe?instructions|jailbreak/;

/** `i g n o r e   p r e v i o u s`: single letters, put together. */
export function findSpaced(text: string, found: Collect): void {
  for (const match of text.matchAll(spacedRun)) {
    const letters = lettersOf(match[0]);
    if (squeezed.test(letters))
      found({ rule: 'spaced', score: 0.85, start: match.index, end: match.index + match[0].length });
  }
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
const unspaced =
  /(?:忽略|无视|無視|忘记|忘記|不要理会)[^。.!?\n]{0,8}(?:之前|以上|先前|前面|所有|上面|上述)[^。.!?\n]{0,6}(?:指令|指示|提示|说明|說明|规则|規則|命令)|(?:以前|これまで|上記|前|すべて)の[^。\n]{0,6}(?:指示|命令|ルール|プロンプト)を?[^。\n]{0,4}(?:無視|忘れ)|(?:이전|위의|모든)[^.\n]{0,6}(?:지시|명령|지침|규칙)[^.\n]{0,6}(?:무시|잊)|(?:系统提示词?|システムプロンプト|시스템 ?프롬프트)/u;

export function findUnspaced(text: string, found: Collect): void {
  const match = unspaced.exec(text);
  if (match !== null) found({ rule: 'override', score: 0.85, start: match.index, end: match.index + match[0].length });
}
