import type { ASTNode, DocumentNode } from 'graphql';

interface Member {
  readonly name: { readonly value: string };
  readonly loc?: ASTNode['loc'];
}

/** The element of an SDL document that a place is of: `Type`, `Type.field`, `Enum.VALUE`. Lines and columns begin with 1. */
export function coordinateAt({ definitions }: DocumentNode, line: number, column: number): string | undefined {
  const isAround = ({ loc }: { readonly loc?: ASTNode['loc'] }): boolean => {
    if (loc === undefined) return false;
    const { startToken, endToken } = loc;
    const begins = startToken.line < line || (startToken.line === line && startToken.column <= column);
    const endColumn = endToken.column + endToken.end - endToken.start;
    return begins && (endToken.line > line || (endToken.line === line && endColumn > column));
  };
  const definition = definitions.find(isAround);
  if (definition === undefined || !('name' in definition) || definition.name === undefined) return undefined;
  const { fields = [], values = [] } = definition as {
    readonly fields?: readonly Member[];
    readonly values?: readonly Member[];
  };
  const member = [...fields, ...values].find(isAround);
  const typeName = definition.name.value;
  return member === undefined ? typeName : `${typeName}.${member.name.value}`;
}
