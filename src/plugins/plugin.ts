/**
 * What a plugin is: a name, and functions the gateway calls at fixed points of a request's life. Each says what it may
 * change; whatever else is in an event is for reading.
 *
 * Hooks run in the order of the plugins; functions for answers, and `onResponse`, in reverse. A hook may be async: the
 * request waits, within its deadline. A hook that throws a `GatewayError` ends the request with that code. Anything else
 * it throws is logged with the plugin's name, and the client reads `PLUGIN_FAILED`.
 */
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { EmbeddingRequest, ModelRequest, Usage } from '../ai/model-call/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import type { SubgraphResponse } from '../transport/index.ts';

/** A hook's result, at once or later. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a result returns nothing
export type HookResult<Result = never> = Result | void | Promise<Result | void>;

export interface Plugin {
  /** Named by logs and errors. */
  readonly name: string;
  /** A request of the GraphQL endpoint or /v1 has arrived, body included. An answer it returns ends the request. */
  onRequest?(event: RequestEvent): HookResult<HttpAnswer>;
  /**
   * An operation is valid and about to run. A result it returns is the answer; a function it returns is called with the
   * answer.
   */
  onOperation?(event: OperationEvent): HookResult<OperationResult | ((answer: OperationAnswer) => HookResult)>;
  /**
   * The operation has a plan, planned now or cached, and is about to be sent to its subgraphs. The plan is for reading. A
   * result it returns is the answer; a function it returns is called with the answer, before those of `onOperation`. For
   * `engine: isthmus` alone: a configuration with the reference engine is refused where a plugin has this hook.
   */
  onPlan?(event: PlanEvent): HookResult<OperationResult | ((answer: OperationAnswer) => HookResult)>;
  /**
   * A subgraph is about to be asked. A response it returns stands for the subgraph's; a function it returns is called
   * with the response, and may return another.
   */
  onSubgraphRequest?(
    event: SubgraphEvent,
  ): HookResult<SubgraphResponse | ((response: SubgraphResponse) => HookResult<SubgraphResponse>)>;
  /**
   * A model is about to be called, by an AI field or over /v1. A function it returns is called with how the call ended.
   * Calls that the gateway makes for its own sake (the guardrail's moderation, vectors for similar answers) are not shown.
   */
  onModelCall?(event: ModelCallEvent): HookResult<(summary: ModelCallSummary) => HookResult>;
  /** The answer of a request that `onRequest` sees is ready, refusals included; of a stream, its head is. */
  onResponse?(event: ResponseEvent): HookResult;
  /** A generation was built and is about to serve, the first one included. Throwing refuses the generation. */
  onReload?(event: ReloadEvent): HookResult;
}

/** What every event of one request shares. */
export interface RequestFields {
  readonly requestId: string;
  /** Values that plugins hand on, from `onRequest` to `onResponse`. Empty for requests without an `onRequest` event. */
  readonly context: Map<string, unknown>;
  /** Aborts when the client leaves or the request's time is up: pass it on to whatever the hook waits for. */
  readonly signal: AbortSignal;
}

export interface RequestEvent extends RequestFields {
  readonly method: string;
  /** With its query, such as `/graphql?query=…`. */
  readonly url: string;
  /** In lower case. May be changed: header rules and everything later read what is there. */
  readonly headers: Record<string, string | string[] | undefined>;
  /** The body as text, empty without one. May be replaced. */
  body: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** @default content-type: application/json */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface OperationEvent extends RequestFields {
  readonly operationName: string | undefined;
  readonly operationType: 'query' | 'mutation' | 'subscription';
  readonly document: DocumentNode;
  /** The client's, as the plugins before left them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** May be replaced; they are checked against the operation afterwards. */
  variables: Readonly<Record<string, unknown>>;
}

export interface OperationResult {
  /** The HTTP status. @default 200 */
  readonly status?: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Record<string, unknown>;
}

/** The answer of an operation. Each part may be replaced; reading or replacing `data` costs its parsing. */
export interface OperationAnswer {
  data: Record<string, unknown> | null | undefined;
  errors: readonly GraphQLFormattedError[] | undefined;
  extensions: Record<string, unknown> | undefined;
}

export interface PlanEvent extends RequestFields {
  readonly operationName: string | undefined;
  readonly document: DocumentNode;
  readonly headers: OperationEvent['headers'];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fetches: readonly PlannedRequest[];
}

export interface PlannedRequest {
  readonly kind: 'root' | 'entities';
  readonly subgraph: string;
  /** The document it sends. */
  readonly query: string;
}

export interface SubgraphEvent extends RequestFields {
  readonly subgraph: string;
  readonly operationType: 'query' | 'mutation';
  /** May be replaced. */
  query: string;
  /** May be replaced; reading or replacing them costs their parsing. */
  variables: Readonly<Record<string, unknown>>;
  /** Headers to send beside those of the header rules, in lower case. May be added to. */
  readonly headers: Record<string, string>;
}

export type ModelCallEvent = {
  readonly requestId: string | undefined;
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  readonly alias: string;
  /** The prompt it was rendered from, such as `review-summary@3`. */
  readonly prompt: string | undefined;
} & (
  | {
      readonly kind: 'complete' | 'stream';
      /** May be replaced; guardrails see what is here. */
      request: ModelRequest;
    }
  | { readonly kind: 'embed'; request: EmbeddingRequest }
  /** Texts that a client sends to `/v1/moderations`. */
  | { readonly kind: 'moderate'; request: { readonly texts: readonly string[] } }
);

/** How a model call ended. */
export type ModelCallSummary =
  | {
      readonly kind: 'answered';
      readonly model: string;
      readonly usage: Usage;
      readonly costNanoUsd: bigint;
      /** `exact`, `semantic`: cached · `shared`: another equal call's · `miss` or `off`: a provider was asked. */
      readonly cache: string;
    }
  | { readonly kind: 'failed'; readonly code: string };

export interface ResponseEvent extends RequestFields {
  /** May be replaced by another from 200 to 599. */
  status: number;
  /** In lower case. May be changed. */
  readonly headers: Record<string, string | readonly string[]>;
  /** May be replaced; undefined where the answer is a stream. */
  body: string | undefined;
}

export interface ReloadEvent {
  readonly generation: string;
  readonly config: ResolvedConfig;
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSdl: string;
}
