/** The messages that a client's log repeats, as far as they tell what was answered: logs cut long messages, so they are read in parts. */
import type { Era } from './evidence.js';

/** Claude Desktop and mcp-remote; VS Code at log level trace; loggers between client and server. */
const MESSAGE =
  /(?:Message from (?<who>client|server)|\[(?<from>editor|server) -> (?:editor|server)\]|\[(?<says>Client|Server) [Ss]ays\])[: ]\s*(?<json>\{.*)$/;
const ID = /"id":\s*(?<id>\d{1,15}|"[^"]{1,100}")/;
const METHOD = /"method":\s*"(?<method>[^"]{1,100})"/;
const ERROR = /"error":\s*\{.{0,200}?"code":\s*(?<code>-?\d{1,6})/;
const ERROR_TEXT = /"error":\s*\{.{0,200}?"message":\s*"(?<text>(?:[^"\\]|\\.){0,500})"/;
const SERVER =
  /"serverInfo":\s*\{.{0,200}?"name":\s*"(?<name>[^"]{1,200})"(?:.{0,200}?"version":\s*"(?<version>[^"]{1,100})")?/;
/** The client gave up on a request: what comes after is its own doing. */
const CANCELLED = /"notifications\/cancelled".{0,80}"requestId":\s*(?<id>\d{1,15}|"[^"]{1,100}").{0,200}timed out/i;
const REVISION = /"protocolVersion":\s*"(?<revision>[^"]{1,40})"/;

export interface Conversation {
  /** What became of `initialize`, when the log shows it sent. */
  initialize?: Era;
  /** Methods of requests that were never answered, in order. */
  pending: string[];
  /** Methods of those that the client gave up on, because the time ran out. */
  timedOut: string[];
}

/** Read what the log shows of the conversation; undefined when it repeats no request. */
export function conversationIn(lines: string[]): Conversation | undefined {
  const open = new Map<string, string>();
  let initialize: Era | undefined;
  const timedOut: string[] = [];
  let seen = false;
  for (const line of lines) {
    const { who, from, says, json } = MESSAGE.exec(line)?.groups ?? {};
    if (json === undefined) continue;
    const id = ID.exec(json)?.groups?.id;
    const method = METHOD.exec(json)?.groups?.method;
    if (who === 'client' || from === 'editor' || says === 'Client') {
      const given = CANCELLED.exec(json)?.groups?.id;
      const late = given === undefined ? undefined : open.get(given);
      if (late !== undefined) timedOut.push(late);
      if (id === undefined || method === undefined) continue;
      seen = true;
      open.set(id, method);
      if (method === 'initialize')
        initialize = { status: 'unanswered', requested: REVISION.exec(json)?.groups?.revision };
      continue;
    }
    // A request of the server has a method of its own.
    const asked = id !== undefined && method === undefined ? open.get(id) : undefined;
    if (id === undefined || asked === undefined) continue;
    open.delete(id);
    if (asked !== 'initialize') continue;
    const code = ERROR.exec(json)?.groups?.code;
    const { name, version } = SERVER.exec(json)?.groups ?? {};
    initialize = code
      ? {
          ...initialize,
          status: 'refused',
          error: { code: Number(code), message: ERROR_TEXT.exec(json)?.groups?.text ?? '' },
        }
      : {
          ...initialize,
          status: 'answered',
          revision: REVISION.exec(json)?.groups?.revision,
          ...(name && { server: { name, version: version ?? '' } }),
        };
  }
  return seen ? { initialize, pending: [...open.values()], timedOut } : undefined;
}
