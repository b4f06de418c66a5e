/** Completion for bash 3.2 and newer. A word of the command line is a command only where it follows what it belongs to. */
import type { CompletedValue, CompletionEntry } from './completion-entries.ts';
import { quoted } from './quoted.ts';

export function bashScript(entries: readonly CompletionEntry[]): string {
  const paths = entries.slice(1).map(({ path }) => quoted(path));
  const values = entries.flatMap(({ path, options }) =>
    options.flatMap(({ word, value }) => {
      if (value === 'nothing') return [];
      return [`    ${quoted(`${path} ${word}`)}) ${completed(value)}; return ;;`];
    }),
  );
  const words = entries.map(({ path, commands, options, argument }) => {
    const names = commands.map(({ word }) => word);
    const choices = typeof argument === 'string' ? [] : argument;
    const flags = [...options.map(({ word }) => word), '--help'];
    return `    ${quoted(path)}) words=${quoted([...names, ...choices].join(' '))}; options=${quoted(flags.join(' '))} ;;`;
  });
  return `# Completion of isthmus for bash: eval "$(isthmus completion bash)"
_isthmus() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local path=isthmus words='' options='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
    ${paths.join('|')}) path="$path \${COMP_WORDS[index]}" ;;
    esac
  done
  case "$path $before" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _isthmus isthmus
`;
}

/** Files are completed by `-o default`, where nothing else is. */
function completed(value: Exclude<CompletedValue, 'nothing'>): string {
  if (value === 'file') return ':';
  if (value === 'anything') return 'compopt +o default 2>/dev/null';
  return `COMPREPLY=($(compgen -W ${quoted(value.join(' '))} -- "$current"))`;
}
