import { at } from '../case/pointer.js';
import { type Certainty, defineCause } from './cause.js';
import { find, type Line, WORDS, words } from './words.js';

/** Words that say of themselves that silence was the reason. */
const IDLE = [
  /\bBody Timeout Error\b|\bUND_ERR_BODY_TIMEOUT\b/,
  /\bidle(?:[-_ ]?(?:time-?out|timer|limit|connection|stream|session|for|too long|since))|\b(?:inactiv\w+|no activity)\b|\bkeep-?alive (?:timeout|failed|expired|ping)|\bafter (?:being )?(?:idle|inactive)|\bping (?:timeout|failed)/i,
  /空闲.{0,10}(?:超时|断开)|アイドル.{0,10}タイムアウト/,
];
/** A stream or a pooled connection that somebody ended. */
const CUT =
  /\bterminated\b(?!.{0,20}(?:by )?signal)|\bother side closed\b|\bUND_ERR_SOCKET\b|\bSSE (?:stream|connection) (?:disconnected|closed|ended|lost)|\bstream (?:was )?(?:closed|reset|disconnected|ended)|\bSSE error: (?:undefined|TypeError)|\bincomplete chunked read\b|\bpeer closed connection\b|\bconnection (?:was )?(?:dropped|cut|lost|closed|reset|forcibly closed)\b|\bECONNRESET\b|\bsocket hang up\b|\bRemoteProtocolError\b|\bERR_(?:HTTP2_PROTOCOL_ERROR|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_(?:CLOSED|RESET))|\bpremature close\b|server (?:disconnected|shut ?down)/i;
/** When it happens, in the words of the person. */
const WHEN =
  /\b(?:after|every|exactly|within|about|around|each) (?:about |around |approximately |exactly |~)?(?<span>\d+(?:\.\d+)? ?(?:s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?))\b/i;
const STAMP = /\b(?<h>\d\d):(?<m>\d\d):(?<s>\d\d)(?:[.,]\d+)?/;
/** Limits that proxies, clients and servers have for silence, in seconds. */
const LIMITS = [30, 55, 60, 75, 90, 100, 120, 125, 180, 240, 300, 350, 600, 900, 1800, 3600];

/** Seconds between the line and the one before it, when that is a limit that somebody would have set. */
function silenceBefore(lines: Line[], cut: Line): number | null {
  const index = lines.findIndex(({ at: place }) => place === cut.at);
  const time = (line: Line | undefined): number | null => {
    const { h, m, s } = STAMP.exec(line?.text ?? '')?.groups ?? {};
    return h && m && s ? Number(h) * 3_600 + Number(m) * 60 + Number(s) : null;
  };
  const end = time(cut);
  for (let i = index - 1; i >= 0 && end !== null; i--) {
    if (lines[i]?.from !== cut.from) return null;
    const start = time(lines[i]);
    if (start === null) continue;
    const gap = end - start;
    return LIMITS.find((limit) => gap >= limit - 1 && gap <= limit + 3) === undefined ? null : gap;
  }
  return null;
}

export default defineCause({
  id: 'lifetime-idle-cut',
  title: 'A silent connection is ended by a limit of the client, a proxy or the server',
  culprit: 'edge',
  severity: 'degraded',
  seenAs: [
    'SSE error: TypeError: terminated: Body Timeout Error',
    'SSE stream disconnected: TypeError: terminated',
    'TypeError: terminated: other side closed',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch'],
  explains: ['lifetime-timeout-before-answer'],

  match(given) {
    const { reported, handshake, process, launch, http } = given;
    if (handshake || process?.spawnError || http?.exchanges.some(({ status }) => (status ?? 0) >= 400)) return null;
    const lines = words(given).filter(({ from }) => from !== 'stdout');
    const idle = find(lines, ...IDLE);
    const cut = find(lines, CUT);
    const when = find(lines, WHEN);
    const gap = cut && silenceBefore(lines, cut.line);
    const entry = /\bidle[-_ ]?time-?out\b.{0,40}|~?\d+ ?s idle\b/i.exec(reported?.entry ?? '');
    const remote =
      reported?.url !== undefined ||
      (reported?.transport ?? 'stdio') !== 'stdio' ||
      /mcp-remote|mcp-proxy|supergateway|https?:\/\//.test([launch?.command, ...(launch?.args ?? [])].join(' '));
    let certainty: Certainty;
    if (idle && (cut || /Body Timeout|UND_ERR_BODY/.test(idle.line.text))) certainty = 'likely';
    else if (gap !== null && remote) certainty = 'likely';
    else if (idle || entry) certainty = entry && remote ? 'likely' : 'possible';
    else if (
      cut &&
      remote &&
      (when ||
        /terminated|other side closed|SSE (?:stream|connection)|SSE error: undefined|incomplete chunked/i.test(
          cut.line.text,
        ))
    )
      certainty = when ? 'likely' : 'possible';
    else if (gap !== null) certainty = 'possible';
    else return null;
    return {
      certainty,
      cites: [
        ...new Set([
          ...(cut ? [cut.line.at] : []),
          ...(idle ? [idle.line.at] : []),
          ...(entry ? [at('reported', 'entry')] : []),
          ...(when ? [when.line.at] : []),
        ]),
      ],
      facts: {
        after: gap ? `${gap} s` : (when?.groups.span ?? null),
        remote,
        words: (cut ?? idle)?.line.text.trim().slice(0, 120) ?? null,
      },
    };
  },
  say: ({ after, words: text }) =>
    `The connection was open and silent, and a limit for silence ended it${after ? ` after ${after}` : ''}${text ? ` ("${text}")` : ''}. The server itself is in order.`,
  fix: ({ remote }) => [
    {
      say: 'In the server, let no stream be silent: send an SSE comment every 15 s, or a ping of MCP.',
      edit: { file: 'the source of the server', to: "setInterval(() => response.write(': keepalive\\n\\n'), 15_000)" },
    },
    ...(remote
      ? [
          {
            say: 'Raise the limit where it stands (nginx: proxy_read_timeout; AWS: idle timeout of the load balancer; Kubernetes: annotations of the ingress):',
            edit: { file: 'nginx.conf', at: 'location /mcp', to: 'proxy_read_timeout 3600s;\nproxy_buffering off;' },
          },
        ]
      : [{ say: 'If the server ends itself when nobody asks, raise or switch off its idle limit in the entry.' }]),
    {
      say: 'Until then, reconnect the server in the client; a client that retries once on a fresh connection is not disturbed.',
    },
  ],
  why: 'A stream that carries nothing for a minute looks abandoned to proxies, load balancers and HTTP clients, and they end it: nginx after 60 s, Node.js clients after 300 s. The regular distance between the last message and the end gives it away.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/270',
    'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout',
  ],
  examples: [
    {
      name: 'the body timeout of Node.js',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'cursor',
        clientError: 'SSE error: TypeError: terminated: Body Timeout Error',
      },
    },
    {
      name: 'five minutes of silence in the log',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog:
          '2026-01-02 10:00:00.000 [info] notes: Found 2 tools\n2026-01-02 10:05:01.000 [error] notes: Client error for command SSE error: TypeError: terminated',
      },
    },
    {
      name: 'every 60 s, behind a bridge',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['mcp-remote', 'https://notes.example/sse'] },
        clientError: 'SSE stream disconnected: TypeError: terminated. It happens every 60 seconds.',
      },
    },
    {
      name: 'a limit of an ingress',
      finds: true,
      symptoms: { transport: 'streamable-http', entry: { ingress: 'nginx, 60s idle timeout' } },
    },
    {
      name: 'a process that was ended',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Server terminated by signal SIGKILL' },
    },
    {
      name: 'a bad gateway',
      finds: false,
      symptoms: { transport: 'streamable-http', http: { status: 502 }, clientError: 'connection reset' },
    },
  ],
});
