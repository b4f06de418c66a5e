/** The span of a client, as its headers have it. */
export interface RemoteParent {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined where the client leaves it to us. */
  readonly isSampled: boolean | undefined;
  readonly state: string | undefined;
}
