/** The JSON-RPC messages that a client or a server wrote into its log: what was asked, what was answered, what was given up. */
import type { Line } from './words.js';

interface Reply {
  line: Line;
  /** Code and message of an error; null for a result. */
  error: { code: number; message: string } | null;
}

export interface Conversation {
  /** Requests by id, the first of each. */
  requests: Map<string, { method: string; line: Line }>;
  replies: Map<string, Reply>;
  /** Requests that the client cancelled because their time was up. */
  timedOut: Map<string, Line>;
}

const ID = /(?<![\w])["']?id["']?\s{0,3}[:=]\s{0,3}"?(?<id>\d{1,9})\b/;

/** Read the messages in a log. Quotes may be escaped, since logs put JSON into JSON. */
export function conversationOf(lines: Line[]): Conversation {
  const found: Conversation = { requests: new Map(), replies: new Map(), timedOut: new Map() };
  for (const line of lines) {
    const text = line.text.replaceAll('\\"', '"');
    const method = /(?:["']method["']\s?:|\bmethod=)\s?["'](?<method>[\w/$]{1,60})["']/.exec(text)?.groups?.method;
    if (method === 'notifications/cancelled') {
      const id = /["']requestId["']\s?:\s?"?(?<id>\d{1,9})/.exec(text)?.groups?.id;
      const open = [...found.requests.keys()].filter((one) => !found.replies.has(one));
      if (id !== undefined && /time(?:d )?out|timed ?out/i.test(text)) found.timedOut.set(id, line);
      // Cut short in the log: with one request on its way there is no other that it could mean.
      else if (id === undefined && open.length === 1) found.timedOut.set(open[0] ?? '', line);
      continue;
    }
    const id = ID.exec(text)?.groups?.id;
    if (id === undefined) continue;
    if (method !== undefined) {
      if (!found.requests.has(id)) found.requests.set(id, { method, line });
      continue;
    }
    const error = /["']error["']\s?:\s?\{/.test(text);
    if (!error && !/["']result["']\s?:/.test(text)) continue;
    const code = /["']code["']\s?:\s?(?<code>-?\d{1,6})/.exec(text)?.groups?.code;
    const message = /["']message["']\s?:\s?"(?<message>[^"]{0,200})/.exec(text)?.groups?.message ?? '';
    found.replies.set(id, { line, error: error ? { code: Number(code ?? 0), message } : null });
  }
  return found;
}
