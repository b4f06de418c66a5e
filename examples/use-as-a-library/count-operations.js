/**
 * A plugin: answers say which operation of this process they are, in `extensions.operation`.
 *
 * @returns {import('isthmus').Plugin}
 */
export function countOperations() {
  let operations = 0;
  return {
    name: 'count-operations',
    onOperation() {
      operations += 1;
      const operation = operations;
      return (answer) => {
        answer.extensions = { ...answer.extensions, operation };
      };
    },
  };
}
