/**
 * Adds the missing type of a tool, a call or a choice that can only be a function: clients omit it, and some endpoints
 * accept that. It is added so that the request is read and forwarded in its valid form.
 */
import { type Fields, isFields } from '../read-fields.ts';

/**
 * @param nested whether a function is described under `function` (chat), or beside its type (responses)
 * @returns the same body if nothing is missing
 */
export function nameToolTypes(body: Fields, nested: boolean): Fields {
  const { tools, tool_choice: choice, messages } = body;
  let typedBody = body;
  const set = (name: string, value: unknown): void => {
    if (value !== body[name]) typedBody = { ...typedBody, [name]: value };
  };
  set(
    'tools',
    mapped(tools, (tool) => typed(tool, nested)),
  );
  if (choice !== undefined) set('tool_choice', typed(choice, nested));
  if (nested && Array.isArray(messages)) {
    set(
      'messages',
      mapped(messages, (message) => {
        if (!isFields(message) || !Array.isArray(message.tool_calls)) return message;
        const calls = mapped(message.tool_calls, (call) => typed(call, true));
        return calls === message.tool_calls ? message : { ...message, tool_calls: calls };
      }),
    );
  }
  return typedBody;
}

/** Returns the same list if no item changes. */
function mapped(list: unknown, change: (item: unknown) => unknown): unknown {
  if (!Array.isArray(list)) return list;
  let changed: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item: unknown = change(list[index]);
    if (item === list[index]) continue;
    changed ??= [...(list as readonly unknown[])];
    changed[index] = item;
  }
  return changed ?? list;
}

function typed(value: unknown, nested: boolean): unknown {
  if (!isFields(value) || (value.type !== undefined && value.type !== null && value.type !== '')) return value;
  const isFunction = nested ? isFields(value.function) : typeof value.name === 'string';
  return isFunction ? { ...value, type: 'function' } : value;
}
