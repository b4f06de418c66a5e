import { GatewayError } from '../../../errors/index.ts';

/** A client's request that is refused, with the field that is wrong, as OpenAI's `param` names it: `messages[0].role`. */
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
