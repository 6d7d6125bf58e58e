/** The reply to initialize, held against the schema of the protocol. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';

/** What is wrong with a reply to initialize. Null when it is in order, or no such reply. */
function faultOfReply(reply: Record<string, unknown>): string | null {
  const result = reply.result as Record<string, unknown> | null | undefined;
  const bare = 'protocolVersion' in reply && ('serverInfo' in reply || 'capabilities' in reply) && !('method' in reply);
  if (bare && !('result' in reply)) return 'the result stands there without its envelope (jsonrpc, id, result)';
  if (typeof result !== 'object' || result === null || 'method' in reply) return null;
  if (!('jsonrpc' in reply)) return 'the field jsonrpc is missing';
  if (!('protocolVersion' in result) && !('serverInfo' in result)) return null;
  if (reply.id === undefined || reply.id === null) return 'the id is not that of the request';
  const missing = ['protocolVersion', 'capabilities', 'serverInfo'].find((field) => !(field in result));
  return missing === undefined ? null : `the field ${missing} is missing`;
}

/** What is wrong with the reply to a POST that a person shows, and where it stands. */
export function brokenReply(http: Evidence['http'] | undefined): { at: string; fault: string } | null {
  for (const [index, { purpose, method, status = 200, body = '' }] of (http?.exchanges ?? []).entries()) {
    if (purpose !== 'reported' || method === 'GET' || status > 299) continue;
    const json = /^(?:\s*event: ?message\s+)?\s*(?:data: ?)?(?<json>\{[\s\S]*\})\s*$/.exec(body)?.groups?.json ?? '';
    let reply: unknown = null;
    try {
      reply = JSON.parse(json);
    } catch {
      // Cut off, or written by hand: nothing can be missed in it.
    }
    const fault = reply && typeof reply === 'object' ? faultOfReply(reply as Record<string, unknown>) : null;
    if (fault) return { at: at('http', 'exchanges', index, 'body'), fault };
  }
  return null;
}
