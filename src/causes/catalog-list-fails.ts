import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { conversationOf } from './conversation.js';
import { find, type Hit, type Line, WORDS, words } from './words.js';

const METHOD = String.raw`(?<method>(?:tools|resources|resources/templates|prompts)/list)\b`;
const LISTING = String.raw`\b(?:(?:failed|unable|could not|error) (?:to )?(?:list(?: or \w+|ing)?|fetch(?:ing)?|get(?:ting)?|load(?:ing)?|retriev(?:e|ing)|discover(?:ing)?)) (?:the |available |MCP |server |list of )*(?<kind>tool|resource|prompt)s?\b`;
const SAID = [
  new RegExp(String.raw`${METHOD}.{0,80}?\b(?:fail\w*|error|invalid|exception|timed? ?out|-32\d{3})\b.{0,200}`, 'i'),
  new RegExp(String.raw`\b(?:fail\w*|error|invalid|exception|timed? ?out|-32\d{3})\b.{0,80}?${METHOD}.{0,200}`, 'i'),
  new RegExp(`${LISTING}.{0,200}`, 'i'),
  /\b(?<kind>tool|resource|prompt)s? (?:fetch|list(?:ing)?|discovery|request|loading|retrieval)\b.{0,20}\b(?:fail\w*|error|timed? ?out)\b.{0,200}/i,
  /\blist[-_ ]?(?<kind>tool|resource|prompt)s\b(?!Result).{0,60}\b(?:fail\w*|error|exception|raised|timed? ?out|-32\d{3})\b.{0,200}/i,
  /validation errors? for List(?<kind>Tools|Resources|Prompts)Result\b.{0,200}/i,
  /"?path"?\s*:\s*\[\s*"(?<kind>tools|resources|prompts)",\s*\d+.{0,200}/i,
  /\b(?:\w*error|exception|fail\w*|-32\d{3})\b.{0,80}\b(?:while|when|during) (?:listing|fetching|loading|discovering|getting) (?:the |available |MCP |server )*(?<kind>tool|resource|prompt)s?\b.{0,100}/i,
  /(?:\b|_)list[_ ]?(?<kind>tool|resource|prompt)s(?:\(\))?(?!Result).{0,60}(?:\bfail\w*|\w*error\b|exception|\bthr(?:ew|ows?)\b|\breject\w*|timed? ?out|\bhang(?:s|ing)?\b|\bnever (?:return|answer|complet|respond)\w*|-32\d{3}).{0,200}/i,
  // One item that a client cannot take.
  /\b(?<kind>tool)s?\b.{0,60}\b(?:have|has|with) (?:an? )?(?:invalid|malformed) (?:JSON |input ?)?schemas?\b.{0,100}|\bFailed to validate (?<validated>tool)\b.{0,200}|\b(?<typed>tool) (?:parameters?|input ?schema|schema|definition)s?\b.{0,60}\b(?:must (?:be|have)|is (?:not|in)?valid|is missing)\b.{0,100}/i,
];
/** A server that is connected and shows nothing: the only trace in the window of some clients. */
const EMPTY =
  /^\W{0,3}No tools, prompts,? or resources\W{0,3}$|\b0 tools (?:enabled|found|available|shown|loaded)\b|\bConnected\b.{0,6}\(0 tools\)|\bFound 0 tools\b|\b0 tools, 0 (?:prompts|resources)\b/i;
/** A list that was never declared may be missing, and a lost connection has a reason of its own. */
const NOT_OURS = /-32601\b|method not found|not implemented/i;
const LOST =
  /connection closed|-3200[01]\b|timed? ?out|disconnected|transport|session|unauthori[sz]ed|fetch failed|\bE[A-Z]{5,}\b|certificate|\b40[134]\b|\b5\d\d\b/i;

const ASKED = new RegExp(String.raw`${METHOD}|\bList(?<kind>Tools|Resources|Prompts)Request\b`, 'i');
/** The error of a response, or the trace of its handler, which says no more of what was asked. */
const RESPONSE =
  /^\W*Traceback \(most recent call last\)|^(?:\w+\.)*\w+(?:Error|Exception): |["']error["']: ?\{|\berror\W{0,3}code[=:]|MCP error -32\d{3}|request timed out/i;
/** A client that logs the request on one line and the error on one of the next. */
function below(lines: Line[]): Hit | null {
  for (const [i, line] of lines.entries()) {
    const asked = ASKED.exec(line.text);
    if (!asked || NOT_OURS.test(line.text)) continue;
    const answer = lines
      .slice(i + 1, i + 4)
      .find(({ text, from }) => from === line.from && (RESPONSE.test(text) || ASKED.test(text)));
    if (answer && !ASKED.test(answer.text) && !NOT_OURS.test(answer.text))
      return { line: answer, match: asked, groups: { ...asked.groups } };
    // The other way round: the error, and below it what it was about.
    const before = lines[i - 1];
    const about = /^\W{0,4}(?:method|request|operation|call)\b\W{1,4}["']?(?:tools|resources|prompts)\//i.test(
      line.text,
    );
    if (about && before?.from === line.from && RESPONSE.test(before.text) && !NOT_OURS.test(before.text))
      return { line: before, match: asked, groups: { ...asked.groups } };
  }
  return null;
}

/** A log of messages: the list was asked for, and the answer is an error, or none came in time. */
function logged(lines: Line[]): Hit | null {
  const { requests, replies, timedOut } = conversationOf(lines);
  const hit = (line: Line, groups: Record<string, string>): Hit => ({
    line,
    match: /^/.exec('') as RegExpExecArray,
    groups: { ...groups, logged: 'yes' },
  });
  for (const [id, { method }] of requests) {
    if (!ASKED.test(method)) continue;
    const error = replies.get(id)?.error;
    const line =
      error && error.code !== -32601 ? replies.get(id)?.line : replies.has(id) ? undefined : timedOut.get(id);
    if (line) return hit(line, { method });
  }
  // An error without its request: what follows initialize are the lists.
  const [id, reply] = [...replies].find(([, { error }]) => error) ?? [];
  return requests.size === 0 && /^[1-4]$/.test(id ?? '') && reply?.error && reply.error.code !== -32601
    ? hit(reply.line, { method: 'tools/list', guess: 'yes' })
    : null;
}

export default defineCause({
  id: 'catalog-list-fails',
  title: 'The server opens the connection, but a list of tools, resources or prompts cannot be read',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Failed to list tools',
    'MCP error -32603: Internal error',
    'No tools, prompts, or resources',
    '0 tools enabled',
  ],
  needs: [],
  uses: [...WORDS, 'catalog', 'http'],
  explains: [],

  match(given) {
    const { catalog, process } = given;
    if (catalog) {
      const bad = catalog.lists
        .map((list, index) => ({ list, index }))
        .filter(({ list }) => ['error', 'invalid', 'unanswered', 'closed'].includes(list.outcome))
        // Templates have no capability of their own, so a server without them may say "method not found".
        .filter(({ list }) => !(list.method === 'resources/templates/list' && list.error?.code === -32601));
      // Tools are what clients need most, and what the others often fail with.
      const { list, index } = bad.find((b) => b.list.method === 'tools/list') ?? bad[0] ?? { list: null, index: -1 };
      if (!list) return null;
      const lost = list.outcome === 'closed' || process?.exit?.by === 'itself';
      // Over HTTP a list without a JSON-RPC error, or with one under a status of refusal, failed below MCP, which a cause of
      // that layer explains better.
      const rpc = list.error && list.error.code < 0;
      const status = given.http?.exchanges.find(({ purpose }) => purpose === list.method)?.status ?? 0;
      const below = given.http !== undefined && (!rpc || status >= 400) && list.outcome !== 'invalid';
      return {
        certainty: lost || below ? 'likely' : 'certain',
        severity: bad.some((b) => b.list.method === 'tools/list') ? 'broken' : 'degraded',
        cites: [
          at('catalog', 'lists', index),
          ...bad.filter((b) => b.index !== index).map((b) => at('catalog', 'lists', b.index)),
        ],
        facts: {
          method: list.method as string,
          outcome: list.outcome as string,
          code: rpc ? (list.error?.code ?? null) : null,
          detail: (list.error?.message ?? list.problems?.slice(0, 3).join('; ') ?? '').slice(0, 200),
          others: bad.filter((b) => b.index !== index).map((b): string => b.list.method),
        },
      };
    }
    const lines = words(given);
    const ours = lines.filter(({ text }) => !NOT_OURS.test(text));
    const hit = find(ours, ...SAID) ?? below(lines) ?? logged(lines) ?? find(ours, EMPTY);
    if (!hit || given.http?.exchanges.some(({ status }) => (status ?? 0) >= 400)) return null;
    const { method, kind, validated, typed } = hit.groups;
    const guess = hit.groups.guess !== undefined || EMPTY.test(hit.line.text);
    return {
      certainty: guess || (LOST.test(hit.line.text) && !hit.groups.logged) ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: {
        method: (method ?? `${(kind ?? validated ?? typed ?? 'tool').replace(/s$/i, '')}s/list`).toLowerCase(),
        outcome: /validation|invalid|"?path"?\s*:/i.test(hit.line.text) ? 'invalid' : 'error',
        code: Number(/-32\d{3}/.exec(hit.line.text)?.[0] ?? 0) || null,
        detail: hit.line.text.trim().slice(0, 200),
        others: [],
      },
    };
  },
  say: ({ method, outcome, code, detail, others }) => {
    const too = others.length ? ` The same goes for ${others.join(', ')}.` : '';
    const why = detail ? `: ${detail.replace(/[.\s]+$/, '')}` : '';
    if (outcome === 'closed')
      return `The server answered initialize, but the connection ended during ${method}${why}.${too}`;
    if (outcome === 'unanswered') return `The server answered initialize, but never ${method}${why}.${too}`;
    if (outcome === 'invalid') return `The server's answer to ${method} breaks the protocol${why}.${too}`;
    return `The server answered ${method} with an error${code === null ? '' : ` (${code})`}${why}.${too}`;
  },
  fix: ({ method, outcome, code }) => [
    code === -32601
      ? {
          say: `The server declares the capability behind ${method} without offering the method: register the handler, or leave the capability out of the answer to initialize.`,
        }
      : outcome === 'invalid'
        ? {
            say: 'In the server, mend the item that the message names: each tool needs a name and an inputSchema of type "object", each resource a uri and a name, each prompt a name.',
          }
        : outcome === 'error'
          ? {
              say: `The handler of ${method} fails inside the server. Mend what its stderr names at that moment, and let the list not depend on a backend that may be away.`,
            }
          : {
              say: `Find out in the server's log why ${method} does not come to its end: a backend that does not answer, an exception that nobody catches, or a list of pages without end.`,
            },
    { say: 'Ask for the lists again:', run: 'mcp-verdict verify --full -- <command>' },
  ],
  why: 'Clients read the lists directly after the handshake. When that fails they show the server as connected without tools, or as failed. A list is often the first moment at which a server touches its backend.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/server/tools#listing-tools'],
  examples: [
    {
      name: 'tools/list ends in an internal error',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', revision: '2025-11-25', capabilities: ['tools'] },
          discover: { status: 'refused' },
          used: 'initialize',
        },
        catalog: {
          lists: [
            {
              method: 'tools/list',
              outcome: 'error',
              count: 0,
              pages: 0,
              names: [],
              error: { code: -32603, message: 'database is locked' },
            },
          ],
        },
      },
    },
    {
      name: 'a client that validates tools',
      finds: true,
      symptoms: {
        clientError:
          'Failed to fetch tools: [{"code":"invalid_type","path":["tools",0,"inputSchema","type"],"message":"Required"}]',
      },
    },
    {
      name: 'the method stands on the line before',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          '[notes] request method="tools/list" id=1\n[notes] response id=1 error(code=-32603): cannot open notes.db',
      },
    },
    {
      name: 'a host in its own words',
      finds: true,
      symptoms: { clientError: 'notes: tools fetch failed: Internal error' },
    },
    {
      name: 'a list that was cancelled',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          'Message from client: {"method":"tools/list","params":{},"jsonrpc":"2.0","id":1}\nMessage from client: {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"McpError: MCP error -32001: Request timed out"}}',
      },
    },
    {
      name: 'schemas that a client leaves out',
      finds: true,
      symptoms: { clientError: '36 tools have invalid JSON schemas and will be omitted' },
    },
    {
      name: 'an answer on stdout',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stdout: '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"Cannot read properties of undefined"}}',
      },
    },
    {
      name: 'an answer that is none of a list',
      finds: false,
      symptoms: {
        clientError:
          'request method="resources/list" id=2\nresponse id=2 error(code=-32601): Method not found\nConnection closed',
      },
    },
    {
      name: 'no resource templates',
      finds: false,
      evidence: {
        catalog: {
          lists: [
            {
              method: 'resources/templates/list',
              outcome: 'error',
              count: 0,
              pages: 0,
              names: [],
              error: { code: -32601, message: 'Method not found' },
            },
          ],
        },
      },
    },
    {
      name: 'a list that was never promised',
      finds: false,
      symptoms: { clientError: 'Error listing prompts: MCP error -32601: Method not found' },
    },
    {
      name: 'a trace below the request for the list',
      finds: true,
      symptoms: {
        transport: 'stdio',
        serverLog:
          "Processing request of type ListToolsRequest\nTraceback (most recent call last):\nTypeError: 'NoneType' object is not iterable",
      },
    },
    {
      name: 'a schema that a client does not take',
      finds: true,
      symptoms: { client: 'vscode', clientError: 'Error: tool parameters array type must have items' },
    },
  ],
});
