import { buildSchema, type FieldNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { infiniteDefaults, OperationVariables } from '../../../../src/planning/normalise/operation-variables.ts';
import { operationOf } from '../../../../src/planning/plan/fetch-operation.ts';

const schema = buildSchema(`
  scalar Any
  input Range { from: Int to: Int }
  type Query { f(a: Int, id: ID, range: Range, any: Any, float: Float, needed: Int! = 1): Int }`);

function variablesFor(text: string) {
  const { variableDefinitions = [], selectionSet } = operationOf(text);
  const variables = new OperationVariables(schema, variableDefinitions);
  const field = schema.getQueryType()?.getFields().f;
  if (field === undefined) throw new TypeError('the schema has the field');
  const nodes = selectionSet.selections as readonly FieldNode[];
  return { variables, field, nodes, definitions: variableDefinitions };
}

function write(text: string): string[] {
  const { variables, field, nodes } = variablesFor(text);
  const texts = nodes.map((node) => variables.writeArguments(field, node.arguments ?? []));
  return [variables.definitions(), ...texts, JSON.stringify(Object.fromEntries(variables.sources))];
}

describe('the arguments of a normalised operation', () => {
  it('are sorted, and their literals become variables, one for each value and type', () => {
    expect(write('{f(id: 7, a: 1) x: f(a: 1)}')).toEqual([
      '($v0:Int,$v1:ID)',
      '(a:$v0,id:$v1)',
      '(a:$v0)',
      '{"v0":{"kind":"literal","json":"1"},"v1":{"kind":"literal","json":"\\"7\\""}}',
    ]);
  });

  it('have the client’s variables under new names, with their defaults as fallbacks', () => {
    expect(write('query($from: Int = 3){f(range: {from: $from, to: 5})}')).toEqual([
      '($v0:Int)',
      '(range:{from:$v0,to:5})',
      '{"v0":{"kind":"client","name":"from","fallbackJson":"3"}}',
    ]);
  });

  it('declare a default that a non-null argument needs', () => {
    expect(write('query($n: Int = 3){f(needed: $n)}')[0]).toBe('($v0:Int=3)');
  });

  it('preserve the digits of a number that JavaScript would round', () => {
    const [definitions, text, sources] = write('query($x: Any){f(any: {x: $x, long: 12345678901234567890})}');
    expect([definitions, text]).toEqual(['($v0:Any,$v1:Any)', '(any:{x:$v0,long:$v1})']);
    expect(sources).toContain('"json":"12345678901234567890"');
  });

  it('fail the field for a Float that is infinite, also as a default', () => {
    const { variables, field, nodes, definitions } = variablesFor(
      'query($f: Float = 1e999){f(float: $f) g: f(float: 1e999) h: f(float: 1)}',
    );
    const defaults = infiniteDefaults(schema, definitions);
    expect(nodes.map((node) => variables.refusalOf(field, node.arguments ?? [], defaults))).toEqual([
      'Argument "float" has an invalid value: Float cannot represent 1e999.',
      'Argument "float" has an invalid value: Float cannot represent 1e999.',
      undefined,
    ]);
  });
});
