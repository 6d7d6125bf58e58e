import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { edgeAround } from './edges.js';
import { layersAt, secondsOf } from './limits.js';
import { sessionTrouble } from './sessions.js';
import { isLocalReport, tells, told } from './told.js';
import { find, type Line, WORDS, words } from './words.js';

type Found = { after: string | null; remote: boolean; words: string | null; layers: string[]; raise: string[] };

/** Words that say of themselves that silence was the reason. */
const IDLE = [
  // nginx, of a stream whose headers had come; "while reading response header" is said of a late answer.
  /\bupstream timed out\b.{0,80}\bwhile reading upstream\b/,
  /\bBody Timeout Error\b|\bUND_ERR_BODY_TIMEOUT\b|\bbetween bytes time-?out\b|\bstream_?idle_?time-?out\b|\bcode=H15\b/i,
  // Python: the limit for silence on the stream.
  /\b(?:sse_reader|SSE (?:stream|connection|reader)|GET stream|event stream)\b.{0,60}\bRead ?Time-?out\b|\bRead ?Time-?out\b.{0,60}\b(?:sse_reader|SSE (?:stream|connection|reader)|GET stream|event stream)\b/i,
  /\bidle(?:[-_ ]?(?:time-?outs?|timer?|limits?|connections?|streams?|sessions?|periods?|for|too long|since|cut|disconnect\w*|kill\w*))|\b(?:inactiv\w+|no activity|without (?:any )?(?:traffic|activity)|no (?:traffic|data) (?:for|in))\b|\bkeep-?alive (?:time-?out|failed|expired|ping)|\bafter (?:being )?(?:idle|inactive)|\bafter the (?:previous|last) (?:one|call|request|message)\b|\b(?:stale|dead|half-?open) (?:pooled )?(?:TCP )?connections?\b|\bpooled connections?\b|\bping (?:timeout|failed)|\bwhile no(?:body| tool| request) .{0,20}\b(?:called|asked|running|sent)/i,
  /\b(?:disconnect\w*|drop\w*|los(?:es|t|ing)|clos\w+|dies|died|stops? (?:working|responding)|goes (?:away|dead|offline))\b.{0,40}\b(?:after|every) (?:a few|some|several|a couple of|about \d+|~?\d+|five|ten|a) ?(?:more )?(?:minutes?|mins?|while|time|hours?)\b|\b(?:of|when) not (?:being )?us(?:ing|ed)\b/i,
  /(?:一段时间|长时间|不用(?:后|时)|几分钟|\d+ ?分钟).{0,12}(?:断开|掉线|断连|失效)|しばらく.{0,10}切断|空闲.{0,10}(?:超时|断开)|アイドル.{0,10}タイムアウト/,
];
/** A stream or a pooled connection that somebody ended. */
const CUT =
  /\bterminated\b(?!.{0,20}(?:by )?signal)|\bother side closed\b|\bUND_ERR_SOCKET\b|\bSSE (?:stream|connection|channel) (?:was |is |got |reliably |consistently |regularly )?(?:disconnected|disconnects|closed|closes|ended|lost|drops?|dropped|failure|died|dies|cut|killed)|\bstream (?:was |is )?(?:closed|reset|disconnected|ended|killed|cut)|\bSSE error: (?:undefined|TypeError)|\bincomplete chunked read\b|\bpeer closed connection\b|\bconnection (?:was |is |gets |seems to )?(?:dropp?(?:ed|s)?|cut|lost|closed|reset|forcibly closed|killed|die[sd])\b|\bECONNRESET\b|\bsocket hang up\b|\bRemoteProtocolError\b|\bERR_(?:HTTP2_PROTOCOL_ERROR|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_(?:CLOSED|RESET))|\bpremature close\b|\bprematurely closed DURING\b|\bunexpected EOF\b.{0,40}\b(?:SSE|stream)\b|\bEOF reached while reading\b|\bresponse ended prematurely\b|\bstate: READING_LENGTH\b|\baborted\b.{0,60}\bSSE\b|\bClientAbortException\b|\bAsyncRequestTimeoutException\b|\bGET \S{1,60} (?:ended|closed|dropped|disconnected) after\b|\bGET stream (?:was |is )?(?:disconnected|closed|ended|dropped)\b|server (?:disconnected|shut ?down)|\bSseEventListener\b.{0,200}\b(?:timeout|failure)|\bdisconnect(?:s|ed)? (?:after|every|consistently)/i;
/** When it happens, in the words of the person. */
const WHEN =
  /\b(?:after|every|exactly|within|about|around|each|at|for|consistently) ?(?:the |about |around |approximately |exactly |roughly |some |~ ?|≈ ?){0,3}(?<span>\d+(?:\.\d+)?[ -]?(?:s|sec(?:ond)?s?|ms|m|min(?:ute)?s?|h|hours?))\b/i;
const STAMP = /\b(?<h>\d\d):(?<m>\d\d):(?<s>\d\d)(?:[.,]\d+)?/;
/** Limits that proxies, clients and servers have for silence, in seconds. */
const LIMITS = [30, 55, 60, 75, 90, 100, 120, 125, 180, 230, 240, 300, 350, 600, 900, 1800, 3600];
/** A request whose answer was still due has another cause. */
const ANSWERED = /\btools?\/call\b.{0,60}\b(?:in progress|running|pending)\b/i;

/** Refusals beside these words were a try of another transport, or are the cut itself. */
const GOES_ON =
  /\bcode=H15\b|\b(?:Discovered|Found|Loaded) [1-9]\d* tools\b|\bConnection state: Running\b|\bReading SSE stream\b/i;
const ASLEEP = /\bcold[- ]?start|\bspin(?:s|ning)? (?:up|down)|\bscaled? to zero|\bsleep(?:s|ing)\b/i;

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

/** A stream of our own, left alone: somebody else ended it. */
function watched(given: Partial<Evidence>): Match<Found> | null {
  const { stream } = given;
  if (!stream || stream.end === 'by-us') return null;
  const seconds = stream.aliveMs / 1_000;
  // A server that ends its stream at once does so by itself.
  if (seconds < 5) return null;
  const silent = stream.longestSilenceMs >= stream.aliveMs * 0.9 || stream.bytes === 0;
  const edge = edgeAround(given);
  const { who, raise } = layersAt((silent ? stream.longestSilenceMs : stream.aliveMs) / 1_000, 'silence', edge, '');
  const after = `${seconds < 100 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return {
    // With signs of life until the end it was not the silence, but a limit for the whole, or a restart.
    // Without a sign of something in between, the server may have ended its stream by a limit of its own.
    certainty: silent && edge !== null ? 'certain' : 'likely',
    cites: [at('stream')],
    facts: { after, remote: true, words: null, layers: who, raise },
  };
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
    'httpx.RemoteProtocolError: peer closed connection without sending complete message body (incomplete chunked read)',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'stream', 'endpoint'],
  explains: ['lifetime-timeout-before-answer', 'call-too-slow'],

  match(given): Match<Found> | null {
    const { reported, process, http } = given;
    if (given.stream) return watched(given);
    if (!reported || given.handshake || process?.spawnError) return null;
    if (
      http?.exchanges.some(({ status }) => (status ?? 0) >= 400) &&
      !words(given).some(({ text }) => GOES_ON.test(text))
    )
      return null;
    const remote = !isLocalReport(given);
    const lines = words(given).filter(({ from }) => remote || from !== 'stdout');
    if (lines.some(({ text }) => ANSWERED.test(text))) return null;
    const texts = told(given).filter(({ from }) => from !== 'platform');
    const idle = tells(texts, ...IDLE);
    const cut = find(lines, CUT);
    const when = tells(texts, WHEN);
    const gap = cut && silenceBefore(lines, cut.line);
    const entry = idle?.told.from === 'entry' || /~?\d+ ?s idle\b/i.test(reported.entry ?? '');
    const stream =
      cut &&
      /terminated|other side closed|SSE (?:stream|connection|channel)|SSE error: undefined|incomplete chunked|INCOMPLETE_CHUNKED|EOF reached while|unexpected EOF|ended prematurely|READING_LENGTH|listening on SSE|AsyncRequestTimeout|without sending complete message|prematurely closed DURING|premature close|(?:SSE|GET|event) stream|GET \S{0,60} ended after|INTERNAL_ERROR|SseEventListener/i.test(
        cut.line.text,
      );
    let certainty: Certainty;
    if (
      idle &&
      (cut ||
        /Body Timeout|UND_ERR_BODY|while reading upstream|between bytes|stream_?idle|code=H15|Read ?Time-?out/i.test(
          idle.told.text,
        ))
    )
      certainty = 'likely';
    // The tools had been read, and then the stream ended: it was open.
    else if ((gap !== null || (stream && lines.some(({ text }) => GOES_ON.test(text)))) && remote) certainty = 'likely';
    else if (idle || entry) certainty = entry && remote ? 'likely' : 'possible';
    else if (cut && remote && (when || stream)) certainty = when ? 'likely' : 'possible';
    else if (gap !== null) certainty = 'possible';
    // "Every 5 minutes", and no answer was due: nothing else is that regular.
    else if (remote && when && /\b(?:every|each)\b/i.test(when.match[0])) certainty = 'possible';
    else return null;
    // A service that sleeps when nobody asks has nothing cut, its next answer is late; a session that ended is no connection.
    if (certainty === 'likely' && !cut && (tells(texts, ASLEEP) || sessionTrouble(given))) certainty = 'possible';
    const seconds = gap ?? (when ? secondsOf(when.match.groups?.span ?? '') : null);
    const marks = [reported.platform, reported.client, reported.entry, ...lines.map(({ text }) => text)].join('\n');
    const body = /Body Timeout|UND_ERR_BODY/.test(marks) ? 300 : null;
    const layers = layersAt(seconds ?? body ?? 0, 'silence', edgeAround(given), marks);
    return {
      certainty,
      cites: [
        ...new Set([
          ...(cut ? [cut.line.at] : []),
          ...(idle ? [idle.told.at] : []),
          ...(entry && reported.entry ? [at('reported', 'entry')] : []),
          ...(when ? [when.told.at] : []),
        ]),
      ],
      facts: {
        after: gap ? `${gap} s` : (when?.match.groups?.span ?? null),
        remote,
        words:
          cut?.line.text.trim().slice(0, 120) ??
          (idle && idle.told.from !== 'entry' ? idle.told.text.trim().slice(0, 120) : null),
        layers: layers.who,
        raise: layers.raise,
      },
    };
  },
  say: ({ after, words: text, layers }) => {
    const known = layers.length
      ? ` So long is the limit of ${layers.join(', or of ')}; the server may have one of its own as well.`
      : ' It may be a limit of the server, or of anything between it and the client.';
    return `The connection was open and silent, and a limit for silence ended it${after ? ` after ${after}` : ''}${text ? ` ("${text}")` : ''}.${known}`;
  },
  fix: ({ remote, raise }) => [
    {
      say: 'In the server, let no stream be silent: send an SSE comment every 15 s, or a ping of MCP. That helps against every limit on the way.',
      edit: { file: 'the source of the server', to: "setInterval(() => response.write(': keepalive\\n\\n'), 15_000)" },
    },
    ...raise.slice(0, 3).map((say) => ({ say })),
    ...(remote
      ? raise.length
        ? []
        : [
            {
              say: 'Raise the limit where it stands (nginx: proxy_read_timeout; AWS: idle timeout of the load balancer; Kubernetes: annotations of the ingress):',
              edit: { file: 'nginx.conf', at: 'location /mcp', to: 'proxy_read_timeout 3600s;\nproxy_buffering off;' },
            },
          ]
      : [{ say: 'If the server ends itself when nobody asks, raise or switch off its idle limit in the entry.' }]),
    ...(remote
      ? [
          {
            say: 'See who ends it, and after how long, by watching a stream that is left alone:',
            run: 'mcp-verdict verify --watch 320 <url>',
          },
        ]
      : []),
    {
      say: 'Until then, reconnect the server in the client; a client that retries once on a fresh connection is not disturbed.',
    },
  ],
  why: 'A stream that carries nothing for a minute looks abandoned to proxies, load balancers and HTTP clients, and they end it: nginx after 60 s, Cloudflare after 100 s to 125 s, Node.js clients after 300 s, a NAT gateway of AWS after 350 s. The regular distance between the last message and the end gives it away.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/270',
    'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout',
  ],
  examples: [
    {
      name: 'live, watched behind nginx',
      finds: true,
      evidence: {
        stream: {
          via: 'get-stream',
          watchMs: 90_000,
          aliveMs: 60_040,
          bytes: 0,
          comments: 0,
          events: 0,
          longestSilenceMs: 60_040,
          end: 'end-of-stream',
        },
      },
    },
    {
      name: 'live, watched to the end',
      finds: false,
      evidence: {
        stream: {
          via: 'get-stream',
          watchMs: 90_000,
          aliveMs: 90_000,
          bytes: 60,
          comments: 6,
          events: 0,
          longestSilenceMs: 15_000,
          end: 'by-us',
        },
      },
    },
    {
      name: 'a regular time in the words of the person',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'cline',
        entry: { when: 'every 5 minutes, while no tool is called' },
        clientError: 'Error on remote MCP transport',
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        transport: 'sse',
        entry: { when: 'after about 5 minutes' },
        clientError: 'SseEventListener : SSE channel failure\njava.net.SocketTimeoutException: timeout',
      },
    },
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
    {
      name: 'the stream ends after the tools were read, whatever was tried before',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'vscode',
        clientError:
          '404 status sending message to https://acme.dev/sse, will attempt to fall back to legacy SSE\nDiscovered 2 tools\nError reading SSE stream: TypeError: terminated',
      },
    },
  ],
});
