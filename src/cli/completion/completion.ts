/** `isthmus completion bash|zsh|fish`: a script by which a shell completes commands, options, and their values. */
import { Argument, type Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { programOf } from '../frame/command-tree.ts';
import { printResult } from '../frame/print-result.ts';
import { bashScript } from './bash-script.ts';
import { completionEntries } from './completion-entries.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function completionCommand(): Command {
  return cliCommand('completion', {
    description: 'Print a script by which a shell completes the commands of isthmus.',
    local: 'it is for the shell of this machine',
    examples: [
      'eval "$(isthmus completion bash)" # in ~/.bashrc',
      'isthmus completion zsh > "${fpath[1]}/_isthmus"',
      'isthmus completion fish > ~/.config/fish/completions/isthmus.fish',
    ],
  })
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts, { json }: { readonly json: boolean }, command: Command) => {
      const script = scripts[shell](completionEntries(programOf(command)));
      printResult({ json }, { shell, script }, () => script);
    });
}
