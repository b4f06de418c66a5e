/** A change of a registry that cannot be made, for a reason that its author can mend. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: 'BAD_REQUEST' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT';

  constructor(code: RegistryError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
