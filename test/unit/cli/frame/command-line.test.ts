/** What all commands of `isthmus` have in common: help, JSON, exit codes, suggestions, colours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { examplesOf, localityOf } from '../../../../src/cli/frame/cli-command.ts';
import { commandsWithin, pathOf } from '../../../../src/cli/frame/command-tree.ts';
import { createProgram } from '../../../../src/cli/program.ts';
import { runCommand } from '../../../testkit/processes/run-command.ts';

const program = await createProgram();
const all = commandsWithin(program);
const isGroup = (command: (typeof all)[number]): boolean =>
  command.commands.length > 0 && !command.options.some(({ long }) => long === '--json');

describe('every command', () => {
  it('is listed as it describes itself, and loaded only where it is named', async () => {
    const { commands } = await createProgram([]);
    const pageOf = (command: Command) => [command.name(), command.description()];
    expect(commands.map(pageOf)).toEqual(program.commands.map(pageOf));
    expect(commands.flatMap((command) => command.commands)).toEqual([]);
    const [keys] = (await createProgram(['--no-color', 'help', 'keys'])).commands.filter(
      (command) => command.commands.length > 0,
    );
    expect(keys?.name()).toBe('keys');
  });

  it('is there', () => expect(all.length).toBeGreaterThan(30));

  it.each(all.map((command) => [pathOf(command), command] as const))(
    '%s says what it does, by examples too',
    (path, command) => {
      expect(command.description()).toMatch(/^[A-Z].*\.$/);
      const lines = examplesOf(command);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(line).toContain(path);
        const names = line.replace(/ # .*$/, '').match(/(?<= )--?[a-z][\w-]*/g) ?? [];
        const options = isGroup(command) ? commandsWithin(command).flatMap((each) => each.options) : command.options;
        const flags = options.flatMap(({ short, long }) => [short, long]);
        expect(flags, line).toEqual(expect.arrayContaining(names));
      }
      if (isGroup(command)) return;
      const flags = command.options.map(({ long }) => long);
      expect(flags).toContain('--json');
      expect(flags.includes('--gateway')).toBe(localityOf(command) === undefined);
    },
  );

  it('asks a running gateway by the same options', () => {
    const names = all.flatMap((command) => command.options.map(({ long }) => long));
    expect(names).not.toContain('--url');
  });

  it('helps with its examples', async () => {
    const { out, code } = await runCommand('keys', 'create', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}isthmus keys create --name shop-web/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['compse'], 'compose'],
    [['keys', 'lst'], 'list'],
    [['compose', '--chek'], '--check'],
    [['cache', 'stats', '--gatway', 'x'], '--gateway'],
  ])('%j is answered with what was meant, and exit code 2', async (words, meant) => {
    const { errors, code } = await runCommand(...words);
    expect(errors).toContain(`Did you mean ${meant}?`);
    expect(code).toBe(2);
  });

  it('is one line of JSON on stdout with --json, and nothing on stderr', async () => {
    const unknown = await runCommand('compose', '--chek', '--json');
    expect(JSON.parse(unknown.out)).toEqual({
      error: { code: 'COMMAND_LINE', message: "unknown option '--chek'\n(Did you mean --check?)" },
    });
    expect(unknown).toMatchObject({ code: 2, errors: '' });
    const missing = await runCommand('keys', '--json');
    expect(JSON.parse(missing.out).error).toMatchObject({ code: 'COMMAND_LINE' });
  });
});

describe('a command that cannot run', () => {
  it('exits 2, and says why as text or JSON', async () => {
    const plain = await runCommand('keys', 'list', '--config', 'nowhere.yaml');
    expect(plain).toMatchObject({
      code: 2,
      out: '',
      errors: expect.stringContaining('nowhere.yaml: there is no such file'),
    });
    const json = await runCommand('keys', 'list', '--config', 'nowhere.yaml', '--json');
    expect(json).toMatchObject({ code: 2, errors: '' });
    expect(JSON.parse(json.out).error).toMatchObject({
      code: 'CONFIGURATION',
      problems: [{ message: expect.stringContaining('there is no such file') }],
    });
    const unreachable = await runCommand('cache', 'stats', '--gateway', 'http://127.0.0.1:1', '--json');
    expect(unreachable.code).toBe(2);
    expect(JSON.parse(unreachable.out).error).toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
  });
});

describe('a result', () => {
  it('is JSON alone on stdout', async () => {
    const { out, errors, code } = await runCommand('compose', '--check', '--json');
    expect(JSON.parse(out)).toMatchObject({ composed: true, state: 'unchanged', hints: [] });
    expect({ errors, code }).toEqual({ errors: '', code: 0 });
  });
});

/** Runs it in a terminal of its own; stdout and stderr are that terminal. */
async function inTerminal(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const command = `${process.execPath} src/cli/main.ts ${words.join(' ')}`;
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...inherited, TERM: 'xterm-256color', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return output;
}

async function inPipe(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, ['src/cli/main.ts', ...words], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [output] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return output;
}

describe.skipIf(process.platform !== 'linux')('colours', { timeout: 60_000 }, () => {
  const words = ['keys', 'list', '--config', 'nowhere.yaml'];

  it('are for a terminal, unless NO_COLOR or --no-color say otherwise', async () => {
    const [plain, coloured, none, option] = await Promise.all([
      inPipe(words),
      inTerminal(words),
      inTerminal(words, { NO_COLOR: '1' }),
      inTerminal([...words, '--no-color']),
    ]);
    expect(coloured).toContain('\u001b[31mnowhere.yaml');
    expect(plain).toMatch(/^nowhere\.yaml/);
    expect(none).toMatch(/^nowhere\.yaml/);
    expect(option).toMatch(/^nowhere\.yaml/);
  });

  it('are forced by FORCE_COLOR', async () => {
    expect(await inPipe(words, { FORCE_COLOR: '1' })).toContain('\u001b[31mnowhere.yaml');
  });
});
