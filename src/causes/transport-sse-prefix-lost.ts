import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { doubled, FELL_BACK, isSseClient, messagesIn, prefixOf, type SsePaths, ssePaths } from './sse.js';
import { isLocalReport, isObserved, methodTold, statusTold, type Told, tells, told } from './told.js';
import { WORDS } from './words.js';

type Found = {
  stream: string | null;
  message: string | null;
  prefix: string | null;
  status: number | null;
  /** `added`: a prefix that the server announces and does not serve. */
  how: 'lost' | 'doubled' | 'added' | 'unknown';
};

/** A message that an SSE client posted, refused as if nothing stood there. */
const REFUSED = [
  /\bPOSTing to endpoint \(HTTP 40[45]\)/i,
  /\bpost_writer\b.{0,80}\b40[45]\b/i,
  /\bPOST \S{0,200}messages?\S{0,80}.{0,20}\b(?:40[45]|307)\b/i,
  /\b40[45]\b.{0,40}\bfor (?:POST|url)\b.{0,200}messages?\b/i,
  /\b40[45]\b.{0,20}\bPOST(?:ing|s|ed)? (?:to )?\S{0,80}messages?\b/i,
  /\bCannot POST \/\S{0,100}messages?\b/i,
  /\b40[45]\b.{0,40}\b(?:for|at|on|from|to) (?:https?:\/)?\/\S{0,200}messages?\b/i,
  /\bNo (?:mapping|static resource|endpoint|route)\b.{0,30}\bmessages?\b/i,
  /\b404 status sending message\b|\bSending message failed\b.{0,60}\b40[45]\b|\bPOST\w*\b.{0,60}\bmessages?\b.{0,80}\b(?:40[345]|not found|fails?)\b/i,
];
/** What puts a server under a prefix: frameworks, proxies, gateways, routes of a cluster. */
const PREFIXED =
  /\bcontext[-_. ]?path\b|\broot[-_. ]?path\b|\bmount[-_. ]?path\b|\bbase[-_. ]?(?:path|url|href)\b|\bpath[-_ ]?(?:base|prefix)\b|\bsub-?(?:path|route|folder|directory)\b|\bvirtual directory\b|\bstrip_?-?prefix\w*|\bhandle_path\b|\brewrite[-_](?:target|rule)\b|\b(?:URL|route|path|proxy|location) prefix\b|\bprefix(?:es|ed)?\b|\bMapMcp\(["'\\]|\bMount\(|\b(?:app|router)\.(?:mount|use)\(\\?["']\/|\binclude_router\b|\breverse[- ]prox\w+|\bproxy_pass\b|\blocation \/\w|\bAPIM\b|\bAPI gateway\b|\bingress\b|\bmounted\b|\bServletContext\b|\b(?:higress|apisix|kong|traefik|caddy)\b|网关|反向代理|前缀|子路径|リバースプロキシ|プレフィックス|프록시|접두/i;
/** The stream works and what is posted beside it does not, as people put it. */
const HALF =
  /\bsse\b.{0,80}?(?:\b(?:ok|works?|working|fine|200|connect(?:s|ed)|established|opens?|opened|reachable|success\w*)\b|可以|正常|连上|联通|能连|成功).{0,120}?\bmessages?\b.{0,80}?(?:\b(?:40[345]|not found|fails?|failing|broken|unreachable|error|does(?: not|n't) work)\b|不行|不通|不可|失败|报错|错误|找不到)/is;
/** Settings of proxies that take the prefix off before they pass a request on. */
const STRIPS =
  /\bproxy_pass\s+https?:\/\/[^\s;/]{1,120}\/;|\bhandle_path\b|\bstrip_?-?(?:prefix|path)\w*|\brewrite-target\b["']?\s*:\s*["']?\/(?:\$\d)?|\bURLRewrite\b|\bReplacePrefixMatch\b/i;
const GONE = /\b40[45]\b|\bnot[- ]found\b|\bno (?:route|mapping|static resource)\b|找不到|不存在|不行|不通/i;

/** A client that notes the address which the stream named: the stream was open. */
const ANNOUNCED = /\b(?:received|got|obtained) endpoint(?: URL| event| URI)?\b/i;

const under = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);

function judge(
  { stream, messages }: SsePaths,
  refused: boolean,
): { message: { path: string; at: string }; how: Found['how'] } | null {
  for (const message of messages) {
    if (doubled(message.path) && !doubled(stream.path)) return { message, how: 'doubled' };
    if (stream.prefix !== '' && !under(message.path, stream.prefix)) return { message, how: 'lost' };
    // A prefix of its own that the stream does not have: it was set, and nothing is mounted there. Spring's /mcp/message is usual.
    if (refused && stream.prefix === '' && /^\/(?!mcp\/|api\/|sse\/)[\w-]+\/.*messages?$/i.test(message.path))
      return { message, how: 'added' };
  }
  return null;
}

/** A person describes it: two addresses for messages, half of the transport working, or a prefix and something that is not found. */
function described(given: Partial<Evidence>, texts: Told[], paths: SsePaths | null): Match<Found> | null {
  const facts = {
    stream: paths?.stream.path ?? null,
    message: null,
    prefix: paths?.stream.prefix || null,
    status: null,
    how: 'unknown' as const,
  };
  const spoken = texts.filter(({ from }) => from !== 'platform');
  const named = messagesIn(spoken);
  for (const message of named)
    for (const { path } of named)
      if (path.length > message.path.length && path.endsWith(message.path.replace(/\/?$/, '')))
        return {
          certainty: 'likely',
          cites: [message.at],
          facts: {
            ...facts,
            message: message.path,
            prefix: path.slice(0, path.length - message.path.length),
            how: 'lost',
          },
        };
  const all = spoken.map(({ text }) => text).join('\n');
  const mention = tells(spoken, /\bmessages?\b/i);
  const prefixed = tells(texts, PREFIXED);
  const gone = tells(spoken, GONE) ?? ([404, 405].includes(statusTold(given) ?? 0) ? mention : null);
  // A GET that is not found is the stream itself.
  if (methodTold(given) === 'GET' && statusTold(given) !== 200) return null;
  if (mention && HALF.test(all.slice(0, 2_000)))
    return { certainty: 'likely', cites: [mention.told.at, ...(prefixed ? [prefixed.told.at] : [])], facts };
  if (prefixed && gone && (mention || (facts.prefix !== null && prefixed.told.from !== 'platform')))
    return { certainty: 'likely', cites: [...new Set([gone.told.at, prefixed.told.at])], facts };
  return null;
}

/** Our own conversation over HTTP+SSE: the stream was open, and the address it named answered that nothing is there. */
function observed({ http }: Partial<Evidence>): Match<Found> | null {
  const exchanges = http?.exchanges ?? [];
  const opened = exchanges.findIndex(
    ({ purpose, status, events = [] }) =>
      purpose === 'open-sse-stream' && (status ?? 0) < 300 && events.includes('endpoint'),
  );
  const posted = exchanges.findIndex(
    ({ purpose, method, status }) =>
      purpose === 'initialize' && method === 'POST' && (status === 404 || status === 405),
  );
  const [from, to] = [exchanges[opened], exchanges[posted]];
  if (!from || !to || !URL.canParse(from.url) || !URL.canParse(to.url)) return null;
  const [stream, message] = [new URL(from.url).pathname, new URL(to.url).pathname];
  if (/session/i.test(to.body ?? '') || stream === message) return null;
  const last = stream.replace(/\/+$/, '').replace(/\/[^/]*$/, '');
  const prefix = prefixOf(stream) || last;
  const lost = prefix !== '' && !under(message, prefix);
  return {
    certainty: lost || doubled(message) ? 'certain' : 'likely',
    cites: [at('http', 'exchanges', posted), at('http', 'exchanges', opened)],
    facts: {
      stream,
      message,
      prefix: prefix || null,
      status: to.status ?? null,
      how: doubled(message) ? 'doubled' : lost ? 'lost' : 'unknown',
    },
  };
}

export default defineCause({
  id: 'transport-sse-prefix-lost',
  title:
    'The event stream of the older transport names an address for messages that lacks the prefix of the mount or proxy',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404)',
    "Error in post_writer: Client error '404 Not Found' for url 'https://notes.example/messages/?session_id=...'",
    '"POST /messages/?session_id=82f1d2cab56b4e63b184d3a3f92ee1a5 HTTP/1.1" 404 Not Found',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'http-endpoint-wrong',
    'transport-streamable-client-on-sse-server',
    'session-affinity-missing',
  ],

  match(given): Match<Found> | null {
    if (isObserved(given)) return observed(given);
    if (isLocalReport(given)) return null;
    const texts = told(given);
    const paths = ssePaths(given);
    const status = statusTold(given);
    const wrong = paths && judge(paths, status === 404 || status === 405);
    // A server that knows the route and not the session speaks of the session.
    const session = texts.some(({ text }) =>
      /could not find session|session (?:id )?(?:not found|expired|unknown)/i.test(text),
    );
    if (paths && wrong && !session)
      return {
        certainty: 'likely',
        cites: [...new Set([wrong.message.at, paths.stream.at])],
        facts: {
          stream: paths.stream.path,
          message: wrong.message.path,
          prefix: wrong.how === 'doubled' ? doubled(wrong.message.path) : paths.stream.prefix,
          status,
          how: wrong.how,
        },
      };
    const said = tells(
      texts,
      /\bendpoint (?:event|origin)\b.{0,80}\b(?:prefix|base ?path|sub-?path|mount|does not match|mismatch)|\b(?:prefix|base ?path|sub-?path|mount ?path|root_path)\b.{0,80}\b(?:ignored|missing|lost|dropped|stripped|not (?:included|respected|applied))\b.{0,80}\b(?:messages?|sse|endpoint)\b|\bEndpoint origin does not match connection origin\b|\bmessages? (?:endpoint|path|url)\b.{0,60}\b(?:drops?|ignores?|loses|omits|strips|discards?)\b.{0,30}\b(?:path|prefix)\b|\b(?:advertis|announc|return|send|sent|emit|report)\w*\b.{0,60}\/messages?\b.{0,40}\b(?:without|lack\w*|missing|omit\w*)\b.{0,30}\b(?:prefix|path|base|mount|ingress|context|route)\b|\bendpoint event\b.{0,20}\b(?:return(?:s|ed)|says|points? to|contains|gives?|names|announces)\b.{0,20}\S*\/\S|\bendpoint\b.{0,60}\/messages?\b.{0,20}\b(?:instead of|but|rather than|should be|expected|not)\b.{0,20}\/\S{1,80}\/messages?\b|\b(?:announce[sd]?|advertis\w+|message|returned) (?:message )?(?:endpoint|url|path)\b.{0,80}\b(?:internal|not reachable|unreachable|wrong|incorrect|localhost|relative|without|lacks?|does(?: not|n't) (?:include|contain|have))\b|\bendpoint ?(?:event|事件)?.{0,20}(?:缺少|没有|丢失|缺失).{0,8}(?:前缀|路径|path)/i,
    );
    if (said)
      return {
        certainty: 'likely',
        cites: [said.told.at],
        facts: { stream: paths?.stream.path ?? null, message: null, prefix: null, status, how: 'unknown' },
      };
    // After a fall-back from Streamable HTTP the refused POST was the first attempt.
    if (session || !isSseClient(given) || texts.some(({ text }) => FELL_BACK.test(text))) return null;
    // Where one message arrived, the address is right.
    const arrived = given.http?.exchanges.some(
      ({ method, url, status = 0 }) => method === 'POST' && /messages?\b/i.test(url) && status >= 200 && status < 300,
    );
    if (arrived) return null;
    const half = described(given, texts, paths);
    if (half) return { ...half, facts: { ...half.facts, status } };
    const refused = tells(texts, ...REFUSED);
    const strips = tells(texts, STRIPS);
    if (strips && !refused && methodTold(given) !== 'GET' && (status === null || status === 404 || status === 405))
      return {
        certainty: 'likely',
        cites: [strips.told.at],
        facts: {
          stream: paths?.stream.path ?? null,
          message: null,
          prefix: paths?.stream.prefix || null,
          status,
          how: 'unknown',
        },
      };
    if (
      !refused &&
      !(
        methodTold(given) !== 'GET' &&
        (given.http?.exchanges[0]?.method === 'POST' || (paths?.stream.prefix ?? '') !== '') &&
        given.reported?.transport === 'sse' &&
        (status === 404 || status === 405)
      )
    )
      return null;
    // The stream was open, or the client would have had nothing to post to: with a prefix in its address that is the usual reason.
    const prefix = paths?.stream.prefix ?? '';
    return {
      certainty:
        refused && (prefix !== '' || (!paths && /messages?\b/i.test(refused.told.text)) || tells(texts, ANNOUNCED))
          ? 'likely'
          : 'possible',
      cites: [
        ...new Set([
          ...(refused ? [refused.told.at] : [at('http', 'exchanges', 0)]),
          ...(paths ? [paths.stream.at] : []),
        ]),
      ],
      facts: { stream: paths?.stream.path ?? null, message: null, prefix: prefix || null, status, how: 'unknown' },
    };
  },
  say: ({ stream, message, prefix, status, how }) => {
    const answer = status === 404 || status === 405 ? `, where nothing stands (${status})` : '';
    if (how === 'doubled')
      return `The event stream${stream ? ` at ${stream}` : ''} names ${message} for the messages${answer}: the prefix ${prefix} was added twice, by the server and by whoever mounts it.`;
    if (how === 'added')
      return `The event stream${stream ? ` at ${stream}` : ''} names ${message} as the address for messages${answer}: the server announces a prefix under which it is not mounted.`;
    if (message)
      return `The event stream${stream ? ` at ${stream}` : ''} names ${message} as the address for messages${prefix ? `, without the prefix ${prefix}` : ''}. The client resolves it against the host and posts there${answer}.`;
    return `The event stream opened, but the address that it names for messages leads nowhere${status ? ` (${status})` : ''}: most likely it lacks the prefix${prefix ? ` ${prefix}` : ''} under which the server is mounted or proxied.`;
  },
  fix: ({ prefix, how }) => [
    how === 'doubled' || how === 'added'
      ? {
          say: 'Set the prefix in one place only: either root_path (or the mount of the application), or the message path of the transport.',
          edit: { file: 'the source of the server', to: 'app.mount("/", mcp.sse_app())' },
        }
      : {
          say: 'Tell the server the path under which it is reached from outside, so that it announces it. Python: mount_path (FastMCP) or root_path; TypeScript: the first argument of SSEServerTransport; Spring AI: spring.ai.mcp.server.base-url.',
          edit: {
            file: 'the source of the server',
            to: `mcp.run(transport="sse", mount_path="${prefix ?? '/<prefix>'}")\nnew SSEServerTransport('${prefix ?? '/<prefix>'}/messages', response)`,
          },
        },
    {
      say: 'Or let the proxy pass the path on as it is, without taking the prefix off (nginx: proxy_pass without a path; Caddy: handle in place of handle_path), and serve under that path.',
      edit: { file: 'nginx.conf', at: `location ${prefix ?? '/<prefix>'}/`, to: 'proxy_pass http://127.0.0.1:<port>;' },
    },
    {
      say: 'Or move to Streamable HTTP, which has one address and announces none (Python: transport="streamable-http").',
    },
  ],
  why: 'HTTP+SSE has two addresses: the stream, and one for messages that the stream names in its first event. A server behind a prefix that it does not know names the path as it sees it, and "/messages" starts again at the root of the host. The stream then works, and every message is lost.',
  refs: [
    'https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse',
    'https://github.com/modelcontextprotocol/python-sdk/issues/412',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/583',
  ],
  examples: [
    {
      name: 'live, the address named lacks the prefix',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/messages/',
              atMs: 5,
              ms: 4,
              credentials: 'none',
              status: 404,
              body: 'Not Found',
            },
            {
              purpose: 'open-sse-stream',
              method: 'GET',
              url: 'https://acme.dev/notes/sse',
              atMs: 0,
              ms: 20,
              credentials: 'none',
              status: 200,
              contentType: 'text/event-stream',
              events: ['endpoint'],
            },
          ],
        },
      },
    },
    {
      name: 'the Python client',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://127.0.0.1:8000/mcp/sse',
        clientError:
          "Error in post_writer: Client error '404 Not Found' for url 'http://127.0.0.1:8000/messages/?session_id=1b70'",
      },
    },
    {
      name: 'what curl shows behind Caddy',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://acme.dev/mcp-server/sse',
        http: { method: 'GET', status: 200, body: 'event:endpoint\ndata:/mcp/message?sessionId=0d0b' },
      },
    },
    {
      name: 'a slash that is missing',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:8080/servers/github/sse/',
        serverLog: '"POST /servers/githubmessages/?session_id=82f1 HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'a prefix that was added twice',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog: 'Sent endpoint event: /notes/notes/messages/?session_id=b5b9\n"GET /notes/sse HTTP/1.1" 200 OK',
        clientError: '404 Not Found',
      },
    },
    {
      name: 'only the words of the client',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://acme.dev/mcp/sse',
        clientError: 'Error: Error POSTing to endpoint (HTTP 404): 404 page not found\n    at SSEClientTransport.send',
      },
    },
    {
      name: 'a person who found that half of it works',
      finds: true,
      symptoms: { transport: 'sse', clientError: '经过网关转发后 /sse 可以联通,但是 /messages 不行' },
    },
    {
      name: 'a context path, and nothing found',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:8080/notes/sse',
        entry: { properties: 'server.servlet.context-path=/notes' },
        clientError: 'Sending message failed with a non-OK HTTP code: 404',
      },
    },
    {
      name: 'another worker that does not know the session',
      finds: false,
      symptoms: {
        transport: 'sse',
        serverLog:
          '"POST /mcp/messages/?session_id=55 HTTP/1.1" 202 Accepted\n"POST /mcp/messages/?session_id=49 HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'an SSE session of the run before',
      finds: false,
      symptoms: {
        transport: 'sse',
        url: 'http://acme.dev/mcp/sse',
        serverLog: 'Could not find session for ID: 6b96\n"POST /messages/?session_id=6b96 HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'messages under the prefix',
      finds: false,
      symptoms: {
        transport: 'sse',
        url: 'http://acme.dev/mcp/sse',
        serverLog: '"POST /mcp/messages/?session_id=6b96 HTTP/1.1" 202 Accepted',
      },
    },
    {
      name: 'a file of the client',
      finds: false,
      symptoms: {
        transport: 'sse',
        url: 'http://acme.dev/mcp/sse',
        clientError: 'Traceback: File "/usr/lib/python3/site-packages/notes/messages.py", line 3',
      },
    },
  ],
});
