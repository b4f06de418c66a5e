/** Completion for zsh, with what each command and option is. */
import type { CompletedValue, CompletedWord, CompletionEntry } from './completion-entries.ts';
import { quoted } from './quoted.ts';

export function zshScript(entries: readonly CompletionEntry[]): string {
  const paths = entries.slice(1).map(({ path }) => quoted(path));
  const values = entries.flatMap(({ path, options }) =>
    options.flatMap(({ word, value }) => {
      if (value === 'nothing') return [];
      return [`    ${quoted(`${path} ${word}`)}) ${completed(value)}; return ;;`];
    }),
  );
  const words = entries.map(({ path, commands, options, argument }) => {
    const choices = typeof argument === 'string' ? [] : argument.map((word) => ({ word, description: '' }));
    const help = { word: '--help', description: 'print what it does' };
    return [
      `    ${quoted(path)})`,
      `      commands=(${[...commands, ...choices].map(described).join(' ')})`,
      `      options=(${[...options, help].map(described).join(' ')})`,
      `      files=${argument === 'file' ? 1 : 0} ;;`,
    ].join('\n');
  });
  return `#compdef isthmus
# Completion of isthmus for zsh: source <(isthmus completion zsh), after compinit
_isthmus() {
  local place=isthmus word files=0
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
    ${paths.join('|')}) place="$place $word" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "$place" in
${words.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then _describe -o option options; return; fi
  if (( \${#commands} )); then _describe command commands; fi
  if (( files )); then _files; fi
}
if [[ "\${funcstack[1]}" == _isthmus ]]; then _isthmus "$@"; else compdef _isthmus isthmus; fi
`;
}

function completed(value: Exclude<CompletedValue, 'nothing'>): string {
  if (value === 'file') return '_files';
  if (value === 'anything') return '_message value';
  return `compadd -- ${value.map(quoted).join(' ')}`;
}

/** A colon ends the word of a description. */
function described({ word, description }: CompletedWord): string {
  return quoted(description === '' ? word : `${word.replaceAll(':', '\\:')}:${description}`);
}
