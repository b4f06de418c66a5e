import { errorTable } from '../../errors/index.ts';

/** The message of `AI_REQUEST_UNSUPPORTED`, with the name of the unsupported field or feature. */
export function unsupportedMessage(feature: string | undefined): string {
  const { client } = errorTable.AI_REQUEST_UNSUPPORTED;
  return feature === undefined ? client : `${client.slice(0, -1)}: ${feature}.`;
}
