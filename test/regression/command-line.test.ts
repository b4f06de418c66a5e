/** The command line explains what to do, ends quietly without a reader, and reports an older Node. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testkit/processes/run-command.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function ended(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { readonly port: number }).port;
}

describe('npm start', () => {
  it('helps', async () => {
    const { code, output } = await ended(['subgraphs/start.ts', '--help']);
    expect(code).toBe(0);
    expect(output).toContain('--port <number>');
  });

  it('refuses options it has not', async () => {
    const { code, output } = await ended(['subgraphs/start.ts', '--prot', '4100']);
    expect(code).toBe(2);
    expect(output).toContain("Unknown option '--prot'");
    expect(output).toContain('Usage: npm start');
  });

  it('explains what to do if the gateway’s port is in use', async () => {
    const port = await takenPort();
    const { code, output } = await ended(['subgraphs/start.ts', '--port', String(port)]);
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is in use: the gateway cannot start.`);
    expect(output).toContain('npm start -- --port 4100');
    expect(output).toContain('server.port in supergraph.yaml');
  });
});

describe('isthmus', () => {
  it.each([[['config', 'schema']], [['--help']]])('%j ends quietly if its reader is closed', async (args) => {
    const child = spawn(process.execPath, ['src/cli/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(errors).toBe('');
  });

  it('serve explains what to do if its port is in use', async () => {
    const port = await takenPort();
    const { code, output } = await ended(['src/cli/main.ts', 'serve', '--port', String(port)]);
    expect(code).toBe(2);
    expect(output).toContain('choose another port with --port or server.port');
  });

  it('ai warm marks the option it cannot do without', async () => {
    const { out } = await runCommand('ai', 'warm', '--help');
    expect(out).toMatch(/--query <file>\s+a \.graphql file with a query, - for the input \(required\)/);
  });

  it('reload reports that no gateway serves the configuration', async () => {
    const { code, errors } = await runCommand('reload', '--config', '/nowhere/supergraph.yaml');
    expect(code).toBe(2);
    expect(errors).toContain('no gateway that serves /nowhere/supergraph.yaml');
  });

  it('reports the required version to an older Node, before it imports anything', async () => {
    const source = stripTypeScriptTypes(await readFile('src/cli/main.ts', 'utf8'));
    const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as {
      readonly engines: { readonly node: string };
    };
    expect(source).not.toMatch(/^import /m);
    const asOlder = source
      .replace(/^#!.*/, "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });")
      .replace(/await import\(/g, 'await neverImported(');
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', asOlder]);
    const failure = await run.catch((error: { readonly code: number; readonly stderr: string }) => error);
    expect(failure).toMatchObject({ code: 2 });
    expect(failure.stderr).toContain(
      `isthmus needs Node ${engines.node.replace('>=', '')} or newer, and this is 20.20.2`,
    );
  });
});
