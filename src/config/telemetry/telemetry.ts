/** `telemetry`: what is told of the gateway while it runs, and where. */
import { z } from 'zod';

export const telemetryYaml = z
  .strictObject({
    log_level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('The least severe log line to write.'),
  })
  .prefault({});
