/**
 * What an MCP server refuses before it reads the message. SDKs answer all of it with the code -32000 (or -32600, or no code at
 * all), so that only the words and the status tell one refusal from another. As data, for the causes that each of them decides.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { answers, isStreamGet } from './answers.js';
import { targetOf } from './way.js';
import { type Line, words } from './words.js';

export type RefusalKind =
  | 'host'
  | 'origin'
  | 'accept'
  | 'content-type'
  | 'too-large'
  | 'method'
  | 'second-stream'
  | 'stream-taken'
  | 'resume'
  | 'not-initialized'
  | 'already-initialized'
  | 'session-missing'
  | 'session-unknown'
  | 'version'
  | 'batch';

export interface Refusal {
  kind: RefusalKind;
  /** The statuses under which SDKs and frameworks give it. */
  status: readonly number[];
  /** Its words in the SDKs (TypeScript, Python, Go, Java, C#, Rust, Ruby, PHP) and in web frameworks. */
  says: RegExp;
  /** The status that says it by itself: no other refusal has it. */
  byStatus?: number;
  /** The causes that it decides, the first before the others. */
  causes: readonly string[];
}

/** In the order in which they are tried: the narrow words before the wide ones. */
export const REFUSALS: readonly Refusal[] = [
  {
    kind: 'host',
    status: [403, 421, 400],
    // Starlette, webpack: "Invalid host header"; IIS and HTTP.sys: "Invalid Hostname"; Django, Rails, Vite have sentences of their own.
    says: /\b(?:invalid|missing|unknown|untrusted|disallowed|unexpected|forbidden|bad) (?:http[_ ])?host\b(?! key)(?:(?=[\s_-]*header|\s?:|\\?["'.)\s]*$|\\?["'][,}\]]))|\bhost (?:header )?["'`]?[\w.:[\]-]{0,80}["'`]? ?(?:is |was )?(?:not allowed(?! to connect)|not permitted(?! to connect)|not in (?:the )?allow|rejected|mismatch)|\bBad Request\W{1,4}Invalid Hostname\b|\bDisallowedHost\b|\bALLOWED_HOSTS\b|\bBlocked hosts?: \S|\bThis host \(.{1,80}\) is not allowed|\bhost (?:validation|header check) failed|\bMisdirected Request\b|\bhost \S{1,80} does(?:n't| not) match\b|\bHostFilteringMiddleware\b|\bAccess is only allowed (?:at|from|via|to)\b|\bnot in (?:the )?(?:allowed[_ ]hosts|host allow[- ]?list|trusted hosts)\b|\bTrustedHostMiddleware\b|\b(?:enable_)?dns_rebinding_protection\b|\bTransportSecuritySettings\b|\ballowed_?hosts\b.{0,40}\b(?:fix\w*|add\w*|miss\w*|not|without|needs?|set)\b|\b(?:add\w*|set\w*|miss\w*|without|pass\w*) (?:it to |the )?[`'"]?--allowed-hosts\b|\breject\w* (?:the |request (?:with|from|for|because of) )?(?:unknown |foreign )?host\b|\bHost header (?:is |was )?(?:not|invalid|missing|rejected|validation)/i,
    // Given for a host that is not served here, and for nothing else.
    byStatus: 421,
    causes: ['http-host-or-origin-rejected', 'edge-alters-headers'],
  },
  {
    kind: 'origin',
    status: [403, 400],
    says: /\b(?:invalid|missing|unknown|untrusted|disallowed|forbidden|bad|unauthori[sz]ed) origin\b(?! server)|\borigin (?:header )?["'`]?[\w.:/[\]-]{0,100}["'`]? ?(?:is |was )?\(?(?:not (?:be )?(?:allowed|permitted|trusted|authori[sz]ed|accepted|in (?:the )?(?:\w+ )?allow)|(?:header )?(?:is )?required|forbidden|rejected|denied|invalid|mismatch|blocked)(?! by (?:CORS|Access))|\borigin (?:validation|check(?:ing)?) failed|\bHTTP Origin header .{0,120}didn.t match|\bcross-origin request (?:detected|rejected|denied|forbidden)|\bCross-site POST\b.{0,40}\bforbidden|\bDNS[ -]rebinding\b|\breject\w* .{0,40}\borigin\b/i,
    causes: ['http-host-or-origin-rejected', 'http-cors-rejected'],
  },
  {
    kind: 'content-type',
    status: [415, 400],
    says: /\bUnsupported Media Type\b|\bContent-Type must be\b|\bInvalid Content-?Type(?: header|:)|\bunsupported content-type: |\bHttpMediaTypeNotSupported/i,
    byStatus: 415,
    causes: ['http-accept-incomplete', 'edge-alters-headers'],
  },
  {
    kind: 'accept',
    status: [406, 400],
    says: /\bNot[ _]?Acceptable\b|\b(?:client |request )?must accept\b|\baccept(?: header)?\b.{0,40}\b(?:must|should|does(?:n't| not)|requires?|missing|invalid|incomplete|lacks?|expected|needs?)\b.{0,80}(?:text\/event-stream|application\/json|event[-_ ]stream|both)|(?:text\/event-stream|application\/json)\W{0,3}(?: is)? required in (?:the )?Accept|\b(?:invalid|missing|incomplete|unsupported|wrong) Accept(?: header)?\b|\b(?:not support|unsupported|reject\w*|refus\w*) (?:the |an )?Accept header\b|\bHttpMediaTypeNotAcceptable|\bCould not find acceptable representation/i,
    byStatus: 406,
    causes: ['http-accept-incomplete', 'edge-alters-headers'],
  },
  {
    kind: 'too-large',
    status: [413],
    says: /\b(?:payload|request entity|request body|content|message|body) (?:is )?too large\b|\bPayloadTooLargeError\b|\bexceeds (?:the )?max\w* (?:body|request|message) size/i,
    byStatus: 413,
    causes: ['edge-blocks-client'],
  },
  {
    kind: 'second-stream',
    status: [409],
    says: /\bOnly one (?:SSE|GET|event) ?stream\b|\bsession already has an? (?:active |open )?(?:SSE|GET)? ?(?:stream|connection)/i,
    byStatus: 409,
    causes: ['transport-get-stream-mishandled', 'session-server-instance-shared'],
  },
  {
    kind: 'stream-taken',
    status: [409],
    says: /\bStream already has an active connection\b/i,
    causes: ['transport-get-stream-mishandled'],
  },
  {
    kind: 'resume',
    status: [400, 500],
    says: /\bEvent store not configured\b|\bInvalid event ID(?: format)?\b|\bError replaying events\b|\bresumab\w+ (?:is )?not (?:supported|enabled|configured)/i,
    causes: ['transport-get-stream-mishandled'],
  },
  {
    kind: 'already-initialized',
    status: [400],
    says: /\bServer already initiali[sz]ed\b|\bOnly one initiali[sz]ation request\b|\balready (?:been )?initiali[sz]ed\b/i,
    causes: ['session-server-instance-shared'],
  },
  {
    kind: 'session-unknown',
    status: [404, 400],
    says: /\b(?:session|Mcp-Session-Id)\b.{0,40}\b(?:not found|unknown|expired|terminated|does not exist|no longer|invalid|not recogni[sz]ed|has been closed)\b|\b(?:unknown|expired|invalid|stale|no such|invalid or expired|could not find) (?:MCP[- ])?session\b/i,
    causes: ['session-affinity-missing', 'session-stale-not-404', 'client-ignores-session-404'],
  },
  {
    kind: 'not-initialized',
    status: [400],
    says: /\bServer (?:is )?not (?:yet )?initiali[sz]ed\b|\b(?:received )?request before (?:the )?initiali[sz]ation\b|\bfirst (?:request|message) must be (?:an )?initiali[sz]e/i,
    causes: ['session-affinity-missing', 'session-stale-not-404'],
  },
  {
    kind: 'session-missing',
    status: [400],
    says: /\b(?:Mcp-Session-Id|session[- _]?id)\b(?: header)?.{0,30}\b(?:required|missing|not provided|absent|must be)\b|\b(?:no|missing|without)(?: an?)?(?: valid)? (?:Mcp-)?session[- _]?id\b/i,
    causes: ['edge-alters-headers', 'session-affinity-missing', 'http-cors-rejected'],
  },
  {
    kind: 'version',
    status: [400],
    says: /\bUnsupported (?:MCP[- ])?protocol[- ]version\b|\bMCP-Protocol-Version\b.{0,60}\b(?:unsupported|invalid|not supported|mismatch)\b/i,
    causes: ['handshake-version-unsupported'],
  },
  {
    kind: 'batch',
    status: [400],
    says: /\bBatch(?:es|ing)?\b.{0,30}\b(?:must not|not (?:supported|allowed)|exceed)/i,
    causes: ['client-defect'],
  },
  {
    kind: 'method',
    status: [405],
    says: /\bMethod not allowed\b/i,
    byStatus: 405,
    causes: [
      'transport-get-stream-mishandled',
      'transport-streamable-client-on-sse-server',
      'transport-sse-client-on-streamable-server',
      'http-endpoint-wrong',
    ],
  },
];

/** The refusal that a text words. */
export const refusalIn = (text: string | undefined): Refusal | null =>
  text ? (REFUSALS.find(({ says }) => says.test(text)) ?? null) : null;

/** The refusal that a status stands for by itself. */
export const refusalOfStatus = (status: number | undefined): Refusal | null =>
  status === undefined ? null : (REFUSALS.find(({ byStatus }) => byStatus === status) ?? null);

export interface Refused {
  refusal: Refusal;
  /** The place in the case file, and the text that stands there. */
  at: string;
  text: string;
  status: number | null;
  /** `words`: it was said; `status`: only the number was seen. */
  by: 'words' | 'status';
  /** We were refused ourselves. */
  live: boolean;
}

/**
 * Every line about a server over HTTP, whichever field it was pasted into: a transcript of curl stands on stdout, a client's log
 * holds the answer's body. Empty where a command is started and no URL is told: there the same words are those of another service.
 */
export function httpWords(given: Partial<Evidence>): Line[] {
  const { reported, launch, process } = given;
  const remote = targetOf(given) !== undefined || (reported?.transport ?? 'stdio') !== 'stdio';
  if (!remote && (reported?.transport === 'stdio' || launch || process)) return [];
  return words(given);
}

/** The entry of a report, as one more line: people put a piece of code or of a deployment there. */
export const entryLine = ({ reported }: Partial<Evidence>): Line[] =>
  reported?.entry && reported.transport !== 'stdio'
    ? [{ text: reported.entry, at: at('reported', 'entry'), from: 'server-log' }]
    : [];

/**
 * The refusals in the answers that should have opened the conversation, and in the words about it. Those of an answer stand
 * first, by its body before its status.
 */
export function refused(given: Partial<Evidence>): Refused[] {
  const answered = answers(given).flatMap(({ exchange, at: place, live }): Refused[] => {
    const { status, body = '' } = exchange;
    const worded = (status ?? 400) >= 400 || /"error"/.test(body) ? refusalIn(body) : null;
    if (worded)
      return [{ refusal: worded, at: `${place}/body`, text: body, status: status ?? null, by: 'words', live }];
    const bare = refusalOfStatus(status);
    return bare ? [{ refusal: bare, at: place, text: String(status), status: status ?? null, by: 'status', live }] : [];
  });
  const said = httpWords(given).flatMap((line): Refused[] => {
    const refusal = refusalIn(line.text);
    const status = statusIn(line.text);
    return refusal ? [{ refusal, at: line.at, text: line.text, status, by: 'words', live: false }] : [];
  });
  return [...answered, ...said];
}

/** The status that a line tells: of an access log, a client's message or the first line of an answer. */
export function statusIn(text: string): number | null {
  const found =
    /\bHTTP\/[\d.]+"? (?<a>[2-5]\d\d)\b|\b(?:HTTP|status(?: code)?|code|error)\W{1,3}(?:code\W{1,3})?\(?(?<b>[2-5]\d\d)\b(?!\d)|\b(?<c>[45]\d\d) (?:Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Not Acceptable|Conflict|Misdirected|Unsupported|Internal|Payload|Content)/i.exec(
      text,
    )?.groups;
  const digits = found?.a ?? found?.b ?? found?.c;
  return digits === undefined ? null : Number(digits);
}

/** A status as a bare number in a person's sentence: worth a guess when nothing else was told. */
export function statusSaid(lines: Line[], ...statuses: number[]): { line: Line; status: number } | null {
  const number = new RegExp(
    String.raw`(?<![\w.:/#=$-])(?<status>${statuses.join('|')})(?![\w.:%/-]|,\d| ?(?:m?s|sec\w*|[KMG]B|bytes|tools|items|lines|chars|tokens)\b)`,
  );
  for (const line of lines) {
    const status = number.exec(line.text)?.groups?.status;
    if (status !== undefined) return { line, status: Number(status) };
  }
  return null;
}

/** Words that tell why: credentials, a session, an origin, a rule of the application. */
const REASONED =
  /token|scope|auth|permi|origin|\bhosts?\b(?! unreach)|session|api[- _]?key|credential|licen[sc]e|subscri|polic|csrf|www-auth|sign[- ]?in|log[- ]?in|plan\b|quota|limit|role\b|\bOAuth/i;
const EMPTY_BODY = /^\W*(?:\d{3}\W*)?(?:error|forbidden|access (?:is )?(?:denied|forbidden))?\W*$/i;

/** The place where a report tells a status of the request that should open the conversation and not one word of its reason. */
export function unreasoned(given: Partial<Evidence>, status: number): string | null {
  if (!given.reported || given.handshake) return null;
  const lines = httpWords(given);
  if (lines.some(({ text }) => REASONED.test(text))) return null;
  const told = answers(given).filter(({ exchange }) => exchange.status !== undefined);
  const first = told[0];
  if (first) {
    const { body = '', headers = {} } = first.exchange;
    const reasoned = !EMPTY_BODY.test(body) || headers['www-authenticate'] !== undefined;
    return first.live || reasoned || first.exchange.status !== status || isStreamGet(first.exchange, given)
      ? null
      : first.at;
  }
  return (
    lines.find(({ text }) => statusIn(text) === status && !/\b(?:GET|OPTIONS|DELETE) \S/.test(text))?.at ??
    statusSaid(lines, status)?.line.at ??
    null
  );
}

/** The exchange of an experiment, with its place: experiments are noted under their own names. */
export const experiment = (given: Partial<Evidence>, name: string) =>
  (given.series?.runs ?? [])
    .filter((run) => run.experiment === name)
    .flatMap(({ exchanges }) => exchanges)
    .flatMap((index) => {
      const exchange = given.http?.exchanges[index];
      return exchange ? [{ exchange, at: at('http', 'exchanges', index) }] : [];
    });
