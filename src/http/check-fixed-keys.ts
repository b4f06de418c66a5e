import { ConfigError, linesOfKeys, type ResolvedConfig } from '../config/index.ts';

/** What the server was started with and cannot change while it listens, by its key in supergraph.yaml. */
const fixedKeys: Readonly<Record<string, (config: ResolvedConfig) => unknown>> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  'server.workers': ({ server }) => server.workers,
  'server.tls': ({ server }) =>
    JSON.stringify(server.tls, (key, value: unknown) => (key === 'line' ? undefined : value)),
  'server.graphql_path': ({ server }) => server.graphqlPath,
  'server.v1': ({ server }) => server.v1,
  'server.landing_page': ({ server }) => server.landingPage,
  'server.headers_timeout': ({ server }) => server.headersTimeoutMs,
  'server.request_timeout': ({ server }) => server.requestTimeoutMs,
  'server.write_timeout': ({ server }) => server.writeTimeoutMs,
  'server.drain_timeout': ({ server }) => server.drainTimeoutMs,
  'store.url': ({ store }) => (store.kind === 'sqlite' ? store.file : store.url),
  'store.key': ({ store }) => store.key,
  'ai.ledger.folder': ({ ai }) => ai.ledger.folder,
  admin: ({ admin }) => (admin?.isExplicit === true ? `${admin.host} ${admin.port} ${admin.tls}` : undefined),
  'telemetry.metrics': ({ telemetry }) => telemetry.metrics?.maxNames,
  'telemetry.records': ({ telemetry }) => Object.values(telemetry.records).join(),
  alerts: ({ alerts }) => JSON.stringify(alerts),
  registry: ({ registry }) => JSON.stringify(registry),
  'limits.body': ({ limits }) => limits.bodyBytes,
  'limits.v1_body': ({ limits }) => limits.v1BodyBytes,
  'limits.overload': ({ limits }) => limits.overload && Object.values(limits.overload).join(),
  'telemetry.log': ({ telemetry }) => JSON.stringify(telemetry.log),
  'telemetry.otlp': ({ telemetry }) => JSON.stringify(telemetry.otlp),
  'telemetry.sample': ({ telemetry }) => telemetry.tracing.sample,
  'telemetry.slow': ({ telemetry }) => telemetry.tracing.slowMs,
  'telemetry.trust_client_sampling': ({ telemetry }) => telemetry.tracing.isClientTrusted,
  'telemetry.texts': ({ telemetry }) => telemetry.tracing.hasTexts,
  'telemetry.propagate_to_models': ({ telemetry }) => telemetry.tracing.reachesModels,
  'telemetry.service': ({ telemetry }) => JSON.stringify(telemetry.service),
};

/** @throws ConfigError naming every key that was changed and takes effect at the next start only */
export async function checkFixedKeys(started: ResolvedConfig, changed: ResolvedConfig): Promise<void> {
  const keys = Object.entries(fixedKeys).filter(([, read]) => read(started) !== read(changed));
  if (keys.length === 0) return;
  const lineOf = await linesOfKeys(changed.file);
  const message = 'takes effect at the next start; put it back to take up other changes now';
  throw new ConfigError(
    changed.file,
    keys.map(([path]) => ({ path, line: lineOf(path), message })),
  );
}
