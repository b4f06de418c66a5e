/** What a shell may complete after each command, from the program itself. */
import type { Argument, Command, Option } from 'commander';

/** What follows an option or stands as an argument. */
export type CompletedValue = 'nothing' | 'file' | 'anything' | readonly string[];

export interface CompletedWord {
  readonly word: string;
  readonly description: string;
}

export interface CompletedOption extends CompletedWord {
  readonly value: CompletedValue;
}

export interface CompletionEntry {
  /** The words up to here, such as `isthmus keys create`. */
  readonly path: string;
  readonly commands: readonly CompletedWord[];
  readonly options: readonly CompletedOption[];
  readonly argument: CompletedValue;
}

export function completionEntries(command: Command, path = command.name()): readonly CompletionEntry[] {
  const visible = command.options.filter(({ hidden }) => !hidden);
  const entry: CompletionEntry = {
    path,
    commands: command.commands.map((inner) => ({ word: inner.name(), description: inner.description() })),
    options: visible.flatMap((option) => (option.long ? [{ ...wordOf(option), value: valueAfter(option) }] : [])),
    argument: argumentOf(command.registeredArguments[0]),
  };
  return [entry, ...command.commands.flatMap((inner) => completionEntries(inner, `${path} ${inner.name()}`))];
}

const wordOf = ({ long, description }: Option): CompletedWord => ({ word: long ?? '', description });

function valueAfter({ argChoices, flags, required, optional }: Option): CompletedValue {
  if (argChoices !== undefined) return argChoices;
  if (!required && !optional) return 'nothing';
  return isFile(flags) ? 'file' : 'anything';
}

function argumentOf(argument: Argument | undefined): CompletedValue {
  if (argument === undefined) return 'nothing';
  return argument.argChoices ?? (isFile(argument.name()) ? 'file' : 'anything');
}

const isFile = (name: string): boolean => /\b(?:file|folder|log)\b/.test(name);
