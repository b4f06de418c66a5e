/** The shells themselves run the scripts. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';

const run = promisify(execFile);
const withoutShell = (name: string): boolean => spawnSync(name, ['--version']).status !== 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-completion-'));
  await writeFile(join(folder, 'supergraph.yaml'), '');
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(folder, shell), (await runCommand('completion', shell)).out);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The last word is the one that is completed. */
type Complete = (...words: readonly string[]) => Promise<readonly string[]>;

function completes(complete: Complete): void {
  it('commands, at every depth', async () => {
    expect(await complete('isthmus', 'comp')).toEqual(['completion', 'compose']);
    expect(await complete('isthmus', 'keys', '')).toEqual(['create', 'list', 'revoke', 'rotate']);
    expect(await complete('isthmus', 'budgets', 'r')).toEqual(['raise']);
  });

  it('options of the command, after others', async () => {
    expect(await complete('isthmus', 'keys', 'create', '--name', 'keys', '--ro')).toEqual(['--roles']);
    expect(await complete('isthmus', 'log', 'hours', '--by')).toEqual(['--by']);
  });

  it('values that are a choice, and files', async () => {
    expect(await complete('isthmus', 'completion', 'b')).toEqual(['bash']);
    expect(await complete('isthmus', 'cache', 'purge', '--cache', 'res')).toEqual(['responses']);
    expect(await complete('isthmus', 'serve', '--config', 'super')).toEqual(['supergraph.yaml']);
  });
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort();

describe('bash completes', () => {
  completes(async (...words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    // As readline does: files where the function has nothing to say.
    const script = `source ./bash; complete -p isthmus | grep -q -- '-o default' || exit 1
      COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; compopt() { files=no; }; _isthmus
      if [ \${#COMPREPLY[@]} = 0 ] && [ -z "$files" ]; then COMPREPLY=($(compgen -f -- '${words.at(-1)}')); fi
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf((await run('bash', ['--norc', '-c', script], { cwd: folder })).stdout);
  });
});

describe.skipIf(withoutShell('zsh'))('zsh completes', () => {
  completes(async (...words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const last = words.at(-1) ?? '';
    const script = `compdef() { : }; _describe() { print -l -- "\${(@P)@[-1]}" }; _files() { print -l -- * }
      compadd() { shift; print -l -- "$@" }; source ./zsh; words=(${list}); CURRENT=${words.length}; _isthmus`;
    const { stdout } = await run('zsh', ['-f', '-c', script], { cwd: folder });
    return linesOf(stdout.replace(/:.*$/gm, '')).filter((word) => word.startsWith(last));
  });
});

describe.skipIf(withoutShell('fish'))('fish completes', () => {
  completes(async (...words) => {
    const script = `source ./fish; complete -C '${words.join(' ')}'`;
    const environment = { ...process.env, HOME: folder };
    const { stdout } = await run('fish', ['--no-config', '-c', script], { cwd: folder, env: environment });
    return linesOf(stdout.replace(/\t.*$/gm, ''));
  });
});
