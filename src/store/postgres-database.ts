/**
 * PostgreSQL through `pg`, for kysely; the package is loaded here alone. No query takes longer than its timeout, and a
 * connection on which one failed in any other way than by the server's answer is not used again.
 */
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import type { StoreDatabase, StoreTables } from './tables.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Of connecting, and of each query. */
  readonly timeoutMs: number;
  /** Called when an idle connection is lost. */
  readonly onLost: (error: Error) => void;
}

/** Of one thread: it polls, and writes now and then. */
const maxConnections = 2;

export async function openPostgres({ url, timeoutMs, onLost }: PostgresOptions): Promise<StoreDatabase> {
  const { default: pg } = await import('pg');
  const bigint = pg.types.builtins.INT8;
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    application_name: 'isthmus',
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === bigint ? exactInteger : pg.types.getTypeParser(type, format),
    },
  });
  pool.on('error', onLost);
  // Of a connection in use the pool reports nothing: its query fails, and the event must not end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const connections: PostgresPool = {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      let isBroken = false;
      const query = async (sql: string, parameters: readonly unknown[]) => {
        try {
          return await client.query(sql, [...parameters]);
        } catch (error) {
          isBroken ||= !(error instanceof pg.DatabaseError);
          throw error;
        }
      };
      return {
        query,
        release: (destroy = false) => client.release(destroy || isBroken),
      } as unknown as Awaited<ReturnType<PostgresPool['connect']>>;
    },
  };
  return new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool: connections }) });
}

function exactInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
