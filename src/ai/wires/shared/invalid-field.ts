import { GatewayError } from '../../../errors/index.ts';

/** An invalid request of a client, with the field, in the form of OpenAI's `param`: `messages[0].role`. */
export class InvalidField extends GatewayError {
  readonly param: string | undefined;

  constructor(
    message: string,
    param: string | undefined,
    code: 'AI_REQUEST_INVALID' | 'AI_REQUEST_UNSUPPORTED' = 'AI_REQUEST_INVALID',
    cause?: unknown,
  ) {
    super(code, { message, cause });
    this.param = param;
  }
}
