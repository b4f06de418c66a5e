/** Completion for fish, with what each command and option is. */
import type { CompletedValue, CompletedWord, CompletionEntry } from './completion-entries.ts';

export function fishScript(entries: readonly CompletionEntry[]): string {
  const paths = entries.slice(1).map(({ path }) => fishQuoted(path));
  const lines = entries.flatMap(({ path, commands, options, argument }) => {
    const prefix = `complete -c isthmus -n ${fishQuoted(`__isthmus_at ${fishQuoted(path)}`)}`;
    const choices = typeof argument === 'string' ? [] : argument.map((word) => ({ word, description: '' }));
    return [
      ...[...commands, ...choices].map((word) => `${prefix} -a ${fishQuoted(word.word)}${described(word)}`),
      ...(argument === 'file' ? [`${prefix} -F`] : []),
      ...options.map((option) => `${prefix} -l ${option.word.slice(2)}${valued(option.value)}${described(option)}`),
    ];
  });
  return `# Completion of isthmus for fish: isthmus completion fish | source
function __isthmus_at
    set -l place isthmus
    for word in (commandline -opc)[2..-1]
        switch "$place $word"
            case ${paths.join(' ')}
                set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
complete -c isthmus -f
complete -c isthmus -l help -s h -d 'print what it does'
${lines.join('\n')}
`;
}

function valued(value: CompletedValue): string {
  if (value === 'nothing') return '';
  if (value === 'file') return ' -r -F';
  return value === 'anything' ? ' -x' : ` -x -a ${fishQuoted(value.join(' '))}`;
}

const described = ({ description }: CompletedWord): string =>
  description === '' ? '' : ` -d ${fishQuoted(description)}`;

/** Within single quotes fish reads a backslash before a quote and before itself alone. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
