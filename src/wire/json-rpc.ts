/** JSON-RPC 2.0 messages as MCP uses them, read strictly: what is wrong with a message is said, not forgiven. */

export type RequestId = number | string;

export interface Request {
  jsonrpc: '2.0';
  id: RequestId;
  method: string;
  params?: Record<string, unknown>;
}

export interface Notification {
  jsonrpc: '2.0';
  method: string;
  params?: Record<string, unknown>;
}

export interface ErrorObject {
  code: number;
  message: string;
  data?: unknown;
}

export interface Response {
  jsonrpc: '2.0';
  id: RequestId | null;
  result?: Record<string, unknown>;
  error?: ErrorObject;
}

export type Reading =
  | { type: 'request'; message: Request }
  | { type: 'notification'; message: Notification }
  | { type: 'response'; message: Response }
  /** JSON, but no JSON-RPC: nothing in it says that it was meant as a message. */
  | { type: 'foreign' }
  /** Meant as a message, and wrong. `id` is the id it carries, when that can be told. */
  | { type: 'invalid'; problems: string[]; id?: RequestId };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value));

const KEYS = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/**
 * Read a parsed JSON value as one message.
 * Sources: JSON-RPC 2.0 sections 4 and 5; MCP "basic" (ids are string or integer, never null; batches only in 2025-03-26).
 * Keys beside the standard ones are a problem because clients built on the TypeScript SDK v1 refuse the whole message.
 */
export function readMessage(value: unknown): Reading {
  if (Array.isArray(value)) {
    return value.some((item) => isObject(item) && 'jsonrpc' in item)
      ? { type: 'invalid', problems: ['it is a batch (an array); batches exist in revision 2025-03-26 only'] }
      : { type: 'foreign' };
  }
  if (!isObject(value)) return { type: 'foreign' };
  const looksMeant = 'jsonrpc' in value || ('id' in value && ('result' in value || 'error' in value));
  if (!looksMeant) return { type: 'foreign' };

  const problems: string[] = [];
  if (value.jsonrpc !== '2.0')
    problems.push(
      'jsonrpc' in value ? `"jsonrpc" is ${JSON.stringify(value.jsonrpc)}, not "2.0"` : '"jsonrpc" is missing',
    );
  for (const key of Object.keys(value))
    if (!KEYS.has(key)) problems.push(`the key "${key.slice(0, 40)}" is unknown at the top level`);
  if ('method' in value) {
    if (typeof value.method !== 'string') problems.push('"method" is no string');
    if ('result' in value || 'error' in value) problems.push('it has "method" together with "result" or "error"');
    if ('params' in value && !isObject(value.params)) problems.push('"params" is no object');
    if ('id' in value && !isId(value.id))
      problems.push(`"id" is ${JSON.stringify(value.id)}; it must be a string or an integer`);
  } else {
    const hasResult = 'result' in value;
    const hasError = 'error' in value;
    if (hasResult && hasError) problems.push('it has both "result" and "error"');
    if (!hasResult && !hasError) problems.push('it has none of "method", "result" and "error"');
    if (hasResult && !isObject(value.result)) problems.push('"result" is no object');
    if (hasError) {
      const error = value.error;
      if (!isObject(error) || !Number.isInteger(error.code) || typeof error.message !== 'string')
        problems.push('"error" needs an integer "code" and a string "message"');
    }
    // JSON-RPC 2.0 section 5: an error for a request whose id could not be read carries null.
    if (!isId(value.id) && !(hasError && value.id === null))
      problems.push('id' in value ? `"id" is ${JSON.stringify(value.id)}` : '"id" is missing');
  }
  const id = isId(value.id) ? value.id : undefined;
  if (problems.length) return { type: 'invalid', problems, id };
  if (!('method' in value)) return { type: 'response', message: value as unknown as Response };
  return 'id' in value
    ? { type: 'request', message: value as unknown as Request }
    : { type: 'notification', message: value as unknown as Notification };
}
