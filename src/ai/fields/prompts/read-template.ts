/**
 * Analyses a template statically: collects its variables, and rejects every construct in which a value could be more than
 * data: a role, partial or helper chosen by a value, a value in a system message, the output of a whole context. What is
 * rejected here cannot happen at run time, whatever the values are. Over 250 lines: it is one walk over the tree.
 */
import { PromptError } from './prompt-error.ts';

type Node = hbs.AST.Node;
type Program = hbs.AST.Program;

export interface TemplateReading {
  /** Every top-level variable of the template and its partials, with the line of its first use. */
  readonly variables: ReadonlyMap<string, number>;
  /** The paths read below the variables, as far as they can be determined statically. */
  readonly paths: readonly ReadPath[];
  /** The partials it includes, directly or indirectly. */
  readonly partials: ReadonlySet<string>;
}

export interface ReadPath {
  /** The steps from a variable; `eachItem` stands for every item of a list or object. */
  readonly steps: readonly (string | typeof eachItem)[];
  /** The path as written in the template: `../author.name`. */
  readonly original: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The step from a list or an object to its items. */
export const eachItem = Symbol('each item');

type Steps = ReadPath['steps'];

/** A template or a partial, parsed. */
export interface TemplateSource {
  readonly program: Program;
  /** The number of lines before it in its file. */
  readonly linesBefore: number;
}

/** Roles by their names in `{{role "…"}}`, as bits: after branches, several roles may be active. */
export const roleBits = { user: 1, system: 2, model: 4 } as const;
export type RoleName = keyof typeof roleBits;

/** Helpers that return a value, with their number of arguments. */
export const valueHelpers: ReadonlyMap<string, number> = new Map([
  ['lookup', 2],
  ['json', 1],
]);
const blockHelpers: ReadonlyMap<string, number> = new Map([
  ['if', 1],
  ['unless', 1],
  ['each', 1],
  ['with', 1],
  ['ifEquals', 2],
  ['unlessEquals', 2],
]);
const loopData: ReadonlySet<string> = new Set(['index', 'first', 'last']);
const noNames: ReadonlySet<string> = new Set();
const noneBound: ReadonlyMap<string, Steps | undefined> = new Map();

/** How names are resolved at a place of a template. */
interface Scope {
  /** Whether it is the root scope, whose names are the variables of the prompt. */
  readonly isValues: boolean;
  /** The path of its context, from a variable; `undefined` if it is not known statically. */
  readonly base: Steps | undefined;
  /** The parameters of a partial, which are not variables. */
  readonly parameters: ReadonlySet<string>;
  readonly outer: Scope | undefined;
}

interface Place {
  readonly scope: Scope;
  /** The block parameters (`as |names|`) in scope, with their paths if known statically. */
  readonly bound: ReadonlyMap<string, Steps | undefined>;
  /** Set inside a partial: its name, its line offset, and the line of the prompt that includes it. */
  readonly partial:
    | { readonly name: string; readonly callLine: number; readonly within: readonly string[] }
    | undefined;
  readonly linesBefore: number;
}

/** @throws PromptError for a construct that is not allowed */
export function readTemplate(
  template: TemplateSource,
  partialOf: (name: string) => TemplateSource | undefined,
): TemplateReading {
  const reader = new TemplateReader(partialOf);
  const scope: Scope = { isValues: true, base: [], parameters: noNames, outer: undefined };
  reader.walk(
    template.program,
    { scope, bound: noneBound, partial: undefined, linesBefore: template.linesBefore },
    roleBits.user,
  );
  return reader;
}

/** The name of `{{role "name"}}`; undefined for any other statement. */
export function roleOf(statement: hbs.AST.MustacheStatement): string | undefined {
  if (nameOf(statement.path) !== 'role') return undefined;
  const [role] = statement.params;
  return statement.params.length === 1 && role?.type === 'StringLiteral' ? (role as hbs.AST.StringLiteral).value : '';
}

class TemplateReader implements TemplateReading {
  readonly variables = new Map<string, number>();
  readonly paths: ReadPath[] = [];
  readonly partials = new Set<string>();
  readonly #partialOf: (name: string) => TemplateSource | undefined;

  constructor(partialOf: (name: string) => TemplateSource | undefined) {
    this.#partialOf = partialOf;
  }

  /** @returns the roles that may be active at the end */
  walk(program: Program | undefined, place: Place, roles: number): number {
    let current = roles;
    for (const statement of program?.body ?? []) current = this.#statement(statement, place, current);
    return current;
  }

  #statement(node: hbs.AST.Statement, place: Place, roles: number): number {
    switch (node.type) {
      case 'ContentStatement':
      case 'CommentStatement':
        return roles;
      case 'MustacheStatement':
        return this.#output(node as hbs.AST.MustacheStatement, place, roles);
      case 'BlockStatement':
        return this.#block(node as hbs.AST.BlockStatement, place, roles);
      case 'PartialStatement':
        return this.#include(node as hbs.AST.PartialStatement, place, roles);
      default:
        throw refusal('inline partials, partial blocks and decorators are not available', node, place);
    }
  }

  #output(node: hbs.AST.MustacheStatement, place: Place, roles: number): number {
    const role = roleOf(node);
    if (role !== undefined) {
      if (role === '') throw refusal('a role is named in the template itself: {{role "user"}}', node, place);
      if (!Object.hasOwn(roleBits, role)) {
        throw refusal(`the role "${role}" is not available; use system, user or model`, node, place);
      }
      return roleBits[role as RoleName];
    }
    const name = nameOf(node.path);
    if (name === 'history' || name === 'media' || name === 'section') {
      throw refusal(`{{${name}}} is not available: a prompt is text, from its values alone`, node, place);
    }
    const isCall = node.params.length > 0 || node.hash !== undefined;
    const isData = isCall ? this.#call(node, place) : this.#expression(node.path, place);
    if (isData && (roles & roleBits.system) !== 0) {
      const expression = isCall ? name : (node.path as hbs.AST.PathExpression).original;
      throw refusal(
        `{{${expression}}} stands in the system block, where a value would be an instruction`,
        node,
        place,
        'move it to a user block, below {{role "user"}}',
      );
    }
    return roles;
  }

  #block(node: hbs.AST.BlockStatement, place: Place, roles: number): number {
    const name = nameOf(node.path);
    const count = blockHelpers.get(name);
    if (count === undefined) {
      throw refusal(`{{#${name}}} is not available; write {{#each ${name}}}, {{#with}} or {{#if}}`, node, place);
    }
    if (node.params.length !== count) throw refusal(`{{#${name}}} takes ${count} value(s)`, node, place);
    this.#arguments(node, place);
    const isLoop = name === 'each';
    if (!isLoop && name !== 'with') {
      return this.walk(node.program, place, roles) | this.walk(node.inverse, place, roles);
    }
    const of = this.#stepsOf(node.params[0], place);
    const base: Steps | undefined = of === undefined || !isLoop ? of : [...of, eachItem];
    const [item, ...counters] = node.program?.blockParams ?? [];
    const bound = new Map(place.bound);
    if (item !== undefined) bound.set(item, base);
    for (const counter of counters) bound.set(counter, undefined);
    const inner: Place = { ...place, scope: { isValues: false, base, parameters: noNames, outer: place.scope }, bound };
    let after = this.walk(node.program, inner, roles);
    // A role set in the body is still active in the next iteration.
    if (isLoop && (after | roles) !== roles) after |= this.walk(node.program, inner, after | roles);
    return after | this.walk(node.inverse, place, roles) | roles;
  }

  #include(node: hbs.AST.PartialStatement, place: Place, roles: number): number {
    if (node.name.type !== 'PathExpression') throw refusal('a partial is named in the template itself', node, place);
    const { original: name } = node.name as hbs.AST.PathExpression;
    const partial = this.#partialOf(name);
    if (partial === undefined) throw refusal(`there is no partial _${name}.prompt`, node, place);
    const within = place.partial?.within ?? [];
    if (within.includes(name)) throw refusal(`the partial "${name}" includes itself`, node, place);
    this.partials.add(name);
    this.#arguments(node, place);
    let { scope } = place;
    if (node.params.length > 0) {
      scope = { isValues: false, base: this.#stepsOf(node.params[0], place), parameters: noNames, outer: undefined };
    }
    const parameterNames = (node.hash?.pairs ?? []).map((pair) => pair.key);
    if (parameterNames.length > 0)
      scope = { ...scope, parameters: new Set([...scope.parameters, ...parameterNames]), outer: scope };
    const callLine = place.partial?.callLine ?? lineOf(node, place);
    return this.walk(
      partial.program,
      {
        scope,
        bound: noneBound,
        partial: { name, callLine, within: [...within, name] },
        linesBefore: partial.linesBefore,
      },
      roles,
    );
  }

  #arguments({ params, hash }: Pick<hbs.AST.SubExpression, 'params' | 'hash'>, place: Place): void {
    for (const param of params) this.#expression(param, place);
    for (const pair of hash?.pairs ?? []) this.#expression(pair.value, place);
  }

  #call(node: hbs.AST.MustacheStatement | hbs.AST.SubExpression, place: Place): boolean {
    const name = nameOf(node.path);
    const count = valueHelpers.get(name);
    if (count === undefined) throw refusal(`there is no helper "${name}"`, node, place);
    if (node.params.length !== count) throw refusal(`the helper "${name}" takes ${count} value(s)`, node, place);
    this.#arguments(node, place);
    return true;
  }

  /** @returns whether it outputs a value */
  #expression(node: Node, place: Place): boolean {
    if (node.type === 'SubExpression') return this.#call(node as hbs.AST.SubExpression, place);
    return node.type === 'PathExpression' && this.#path(node as hbs.AST.PathExpression, place);
  }

  /** The path of a value, from a variable; `undefined` if it is known only at run time. */
  #stepsOf(node: Node | undefined, { scope, bound }: Place): Steps | undefined {
    if (node?.type !== 'PathExpression') return undefined;
    const path = node as hbs.AST.PathExpression;
    const parts: readonly unknown[] = path.parts;
    if (!areTexts(parts)) return undefined;
    const [head = '', ...tail] = parts;
    if (path.data) return head === 'root' ? tail : undefined;
    if (path.depth === 0 && bound.has(head)) {
      const boundSteps = bound.get(head);
      return boundSteps && [...boundSteps, ...tail];
    }
    let target: Scope | undefined = scope;
    for (let up = 0; up < path.depth; up++) target = target?.outer;
    return target?.base === undefined || target.parameters.has(head) ? undefined : [...target.base, ...parts];
  }

  #path(path: hbs.AST.PathExpression, place: Place): boolean {
    const steps = this.#stepsOf(path, place);
    if (steps !== undefined && steps.length > 1) {
      this.paths.push({ steps, original: path.original, line: place.partial?.callLine ?? lineOf(path, place) });
    }
    const [head, second] = path.parts as readonly unknown[];
    if (path.data) {
      if (typeof head === 'string' && loopData.has(head)) return false;
      if (head === 'key') return true;
      if (head !== 'root') throw refusal(`{{${path.original}}} is not available`, path, place);
      return this.#variable(second, path, place);
    }
    let scope: Scope | undefined = place.scope;
    for (let up = 0; up < path.depth; up++) scope = scope?.outer;
    if (scope === undefined) throw refusal(`{{${path.original}}} leads out of what can be read here`, path, place);
    const isBound = path.depth === 0 && typeof head === 'string' && place.bound.has(head);
    const isParameter = typeof head === 'string' && scope.parameters.has(head);
    if (isBound || isParameter || !scope.isValues) return true;
    return this.#variable(head, path, place);
  }

  #variable(name: unknown, path: hbs.AST.PathExpression, place: Place): true {
    if (typeof name !== 'string') {
      throw refusal(`{{${path.original}}} would read every value; name the ones that are needed`, path, place);
    }
    if (!this.variables.has(name)) this.variables.set(name, place.partial?.callLine ?? lineOf(path, place));
    return true;
  }
}

function areTexts(parts: readonly unknown[]): parts is readonly string[] {
  return parts.every((part) => typeof part === 'string');
}

export function nameOf(path: Node): string {
  return path.type === 'PathExpression' ? (path as hbs.AST.PathExpression).original : '';
}

function lineOf(node: Node, { linesBefore }: Place): number {
  return node.loc.start.line + linesBefore;
}

function refusal(message: string, node: Node, place: Place, suggestedFix?: string): PromptError {
  const file = place.partial === undefined ? undefined : `_${place.partial.name}.prompt`;
  return new PromptError(message, lineOf(node, place), { file, suggestedFix });
}
