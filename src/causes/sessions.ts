/**
 * Sessions of Streamable HTTP (and of HTTP+SSE) that a server does not know: in words, in the answers that were told, and how many
 * copies of the server there are.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { requestsIn } from './answers.js';
import {
  isLocalReport,
  isObserved,
  methodTold,
  statusIn,
  statusTold,
  type Told,
  tells,
  told,
  wasTold,
} from './told.js';

/** The server got a session id and does not know it. */
const UNKNOWN =
  /\bsession(?:[ _-]?id)?s?\b.{0,90}?\b(?:not found|(?:could|can)(?: not|not|n't) be (?:found|located|resolved)|(?:is |are |was )?(?:unknown|expired|invalid|stale|gone|terminated|closed|lost|evicted|not (?:valid|active|known|recogni[sz]ed))|does(?: not|n't) exist|no longer|has (?:been )?(?:expired|closed|terminated))\b|\b(?:unknown|expired|invalid|stale|no such|no active|unrecogni[sz]ed|dead|inactive|non-?existent) (?:or (?:missing|expired|unknown) )?(?:mcp[- ]?)?session\b|\b(?:could(?: not|n't)|cannot|can't|unable to|failed to) (?:find|locate|resolve) (?:the )?(?:mcp )?session|\bno (?:mcp )?(?:session|transport|server)s? (?:was )?found (?:for|with) (?:the )?(?:mcp )?session|\bno (?:mcp )?session found\b|\bno session (?:with id\b|(?=[a-z]*\d)[\da-f]{3,})|\bno transport found\b|\brejects? (?:its own|a valid|the) session\b|\bSession(?:NotFound|Expired|Invalid|Terminated|Closed)(?:Error|Exception)?\b|\bsession_(?:not_found|expired|invalid|unknown|terminated)\b|会话.{0,8}(?:不存在|过期|失效|未找到|无效)|(?:无效|未知)的?会话|セッション.{0,12}(?:見つかりません|無効|期限切れ|存在しません)|세션.{0,10}(?:찾을 수 없|만료|유효하지)/i;
/** The server found no session for the request: the id was unknown, or there was none. Code that does not tell the two apart. */
const EITHER =
  /\bno valid (?:mcp[- ])?session\b|\b(?:invalid|missing) or (?:missing|invalid|expired|unknown)\b.{0,12}\b(?:mcp[- ])?session|\bserver (?:is |was )?not (?:yet )?initiali[sz]ed\b|\binitiali[sz]e first\b|\bnot an? (?:initiali[sz](?:e|ation)|init) request\b|\bexpect(?:ed|s|ing)? (?:an? )?initiali[sz](?:e|ation) request\b|\bonly be created by an? initiali[sz]e\b|\bvalid mcp-session-id\b|\bnot initiali[sz]ation request\b|\bbefore initiali[sz]ation was complete\b|\bsession (?:is |was |has )?not (?:been )?initiali[sz]ed\b/i;
/** The server says that no session id came with the request. */
const MISSING =
  /\bno (?:mcp[- ])?session[ _-]?id\b|\bno sessionid\b|\b(?:missing|required?|requires|without|expected|absent|empty)\b.{0,24}\b(?:mcp-session-id|session[ _-]?id)\b|\b(?:mcp-session-id|session[ _-]?id)\b.{0,24}\b(?:(?:is |was )?(?:missing|required|absent|needed)|not (?:provided|present|sent))|会话 ?ID.{0,8}(?:缺失|缺少)|缺少会话/i;
/** People who describe it: what was forgotten, and what the client does not do about it. */
const DESCRIBED =
  /\b(?:keeps?|continu\w+|still|always|repeatedly) (?:on )?(?:us(?:es|ing)|sends?|sending|retry\w*|retries|reus\w+|replay\w*|presenting) (?:with )?(?:the |its |an? )?(?:old|stale|dead|same|expired|previous|invalid|cached) (?:mcp[- ])?session|\b(?:stale|dead|old) (?:mcp[- ]?)?session[ _-]?ids?\b|\b(?:does(?: not|n't)|never|fails? to|without|not|no) (?:\w+ )?re-?(?:initiali[sz]\w+|handshak\w+)\b|\bin-memory sessions?\b.{0,40}\b(?:lost|gone|wiped|cleared)/i;
/** Sessions of a browser or a sign-in end as well, and databases have some. */
const OF_OTHERS =
  /\b(?:log(?:ged)? ?(?:in|out)|login|sign(?:ed)? ?(?:in|out)|oauth|cookie|browser session|user session|database session|sql|telegram|whatsapp|playwright|chrome|debug(?:ger)? session|ssh session|terminal session)\b/i;

/** Words that say: the server is no longer the one that gave the session, or has thrown it away. */
const ENDED =
  /\b(?:re-?start(?:s|ed|ing)?|re-?deploy\w*|reboot\w*|re-?launch\w*|after (?:a |each |every |the )?(?:new )?(?:deploy(?:ment)?|release|rollout)|new (?:version|release|revision) (?:was |is )?(?:deployed|rolled)|idle|inactiv\w+|evict\w*|TTL|session[- ]?timeout|session expiry|after (?:a while|some time|a few|several|hours|minutes|\d+ ?(?:s|m|h))|overnight|previous (?:server )?run)\b|重启|再起動|재시작/i;

export type SessionKind = 'unknown' | 'missing' | 'either';

export interface SessionTrouble {
  /** `unknown`: an id was sent. `missing`: none arrived. `either`: the server does not say. `silent`: nothing is said of it. */
  kind: SessionKind | 'silent';
  status: number | null;
  method: string | undefined;
  cites: string[];
  words: string;
  /** The report speaks of a restart, an idle time or an expiry before. */
  ended: boolean;
  /** What shows several copies of the server, and where; `sure` when it was said, not only likely on this platform. */
  copies: Copies | null;
  /** It fails now and then, or at once after initialize: an old session would fail always. */
  flaps: { at: string; words: string } | null;
}

export interface Copies {
  at: string;
  words: string;
  sure: boolean;
}

/** Several copies of one server: replicas, workers, functions. */
const COPIES = [
  /\b(?:[2-9]|[1-9]\d|multiple|several|two|three|four|many|more than (?:one|1)|another|different|other) (?:\w+ ){0,2}(?:replicas?|pods?|instances?|workers?|nodes|machines|processes|tasks|dynos|lambdas?)\b|\b(?:different|another|wrong|other) (?:pod|replica|instance|worker|process|node|machine)\b/i,
  /\breplicas?(?:_?count)?["']?\s*[:=]\s*["']?(?:[2-9]|[1-9]\d|more|several|multiple)|\b(?:--)?workers?["']?[ =:]\s*["']?(?:[2-9]|[1-9]\d)\b|\bgunicorn\b.{0,80}\s-w ?(?:[2-9]|[1-9]\d)\b|\bWEB_CONCURRENCY["']?\s*[=:]\s*["']?[2-9]|\b(?:min|max|desired)(?:[ _-]?(?:instances|replicas|count|machines))["']?\s*[:=]\s*["']?(?:[2-9]|[1-9]\d)/i,
  /\bload[- ]?balanc\w*|\bround[- ]?robin\b|\bsticky\b|\bsession ?affinity\b|\bmulti[- ]?(?:worker|replica|instance|node|pod|process)\b|\bauto-?scal\w*|\bscal(?:e|ed|ing) (?:out|up|down|to (?:one|1|[2-9]))|\bpm2\b.{0,40}\bcluster\b|\bpm2\b.{0,60}\s-i ?(?:max|0|[2-9])\b|\bon (?:this|that) (?:instance|pod|replica|worker|node)\b|\bcluster mode\b|\bper[- ](?:process|replica|pod|instance|worker)\b|\bsingle (?:replica|worker|instance|pod)\b.{0,40}\bworks?\b|\b(?:no|without|removing|remove) (?:the )?workers\b|\breplicas?\b|负载均衡|多(?:个)?(?:实例|副本|节点)/i,
];
/** Platforms that run several copies, or a new one for each request, unless they are told otherwise. */
const PLATFORMS =
  /\b(?:kubernetes|k8s|eks|gke|aks|openshift|knative|ecs|fargate|cloud[- ]?run|app[- ]?runner|aws[- ]lambda|lambda|vercel|netlify|serverless|azure[- ]functions?|container[- ]apps?|docker[- ]swarm|cloudflare[- ]workers?|deno deploy|edge functions?|supabase)\b/i;
const RESTARTED =
  /\bafter (?:a |an |the |each |every |any )?(?:\w+ ){0,2}(?:restart|redeploy|reboot|deploy)|\b(?:restart\w*|redeploy\w*) (?:the |of the |my )?(?:\w+ ){0,2}(?:server|container|pod|service|backend)|\bserver (?:was |is |has )?(?:re-?start|re-?boot|re-?deploy)|\buntil (?:I|we|you|it is|the user) (?:\w+ ){0,3}(?:re-?connect|toggle|restart|re-?add|reload)/i;
const FLAPS =
  /\bintermittent\w*|\bsometimes\b|\brandom(?:ly)?\b|\bevery (?:other|second|few) (?:request|call)|\boccasional\w*|\bsporadic\w*|\bflak(?:y|es)\b|\b\d+ (?:of|out of) \d+\b|\b\d+\/\d+ fail|\bat random\b|\bnon-?determinis\w+|\b(?:some|half of the) requests\b|\bfreshly issued\b|\b(?:right|immediately|directly) after initiali[sz]e\b|\brequest after initiali[sz]e\b|时好时坏|偶尔|间歇/i;

/** Two pods or workers that stand in a log by name. */
function namedCopies(texts: Told[]): { told: Told; match: RegExpExecArray } | null {
  const seen = new Set<string>();
  for (const one of texts) {
    const match = /\b(?:pod|replica|worker|instance|node)[-_/](?<name>[\w-]{1,40})\b/i.exec(one.text);
    if (!match || one.from === 'platform') continue;
    seen.add(match.groups?.name ?? '');
    if (seen.size > 1) return { told: one, match };
  }
  return null;
}

/** What shows that several copies of the server answer. */
export function copiesOf(given: Partial<Evidence>): Copies | null {
  const texts = told(given);
  const said = tells(texts, ...COPIES) ?? namedCopies(texts);
  const hit = said ?? tells(texts, PLATFORMS);
  return hit && { at: hit.told.at, words: hit.match[0].trim(), sure: said !== null };
}

/** The id in an address says nothing of what became of it. */
const IN_ADDRESS = /[?&]session_?id=[\w.-]*/gi;

/** Whether a text speaks of an MCP session that is unknown or missing. */
export const sessionKind = (words: string): SessionKind | null => {
  const text = words.replace(IN_ADDRESS, '');
  if (OF_OTHERS.test(text)) return null;
  if (EITHER.test(text)) return 'either';
  if (MISSING.test(text)) return 'missing';
  return UNKNOWN.test(text) || DESCRIBED.test(text) ? 'unknown' : null;
};

/** In a log the session is found, then not, then found again. */
function flapsInLog(given: Partial<Evidence>): { at: string; words: string } | null {
  const posts = requestsIn(given).filter(({ method }) => method === 'POST');
  const first = posts.findIndex(({ status }) => status === 404 || status === 400);
  const refused = posts[first];
  if (!refused) return null;
  const after = posts.slice(first + 1).findIndex(({ status, path }) => status < 300 && path === refused.path);
  const again = posts
    .slice(first + after + 2)
    .some(({ status, path }) => status === refused.status && path === refused.path);
  return after >= 0 && again
    ? { at: refused.line.at, words: `${refused.status} between answers that went well` }
    : null;
}

function troubleIn(texts: Told[]): { told: Told; kind: SessionKind } | null {
  for (const one of texts) {
    if (one.from === 'entry' || one.from === 'platform') continue;
    const kind = sessionKind(one.text);
    if (kind) return { told: one, kind };
  }
  return null;
}

const NEAR = /\b([45]\d\d)\b(?=.{0,40}session)/i;

/** The trouble with a session that a report tells of, or null. */
export function sessionTrouble(given: Partial<Evidence>): SessionTrouble | null {
  if (isObserved(given) || isLocalReport(given)) return null;
  const texts = told(given);
  const found = troubleIn(texts);
  const index = given.http?.exchanges.findIndex(wasTold) ?? -1;
  const exchange = given.http?.exchanges[index];
  // A request that carried a session id and was refused: the id of a reported exchange stands among its headers.
  const carried = { ...exchange?.headers, ...exchange?.requestHeaders }['mcp-session-id'];
  const error = exchange?.status === 200 && /"error"\s*:/.test(exchange.body ?? '');
  const refused = carried !== undefined && (exchange?.status === 404 || exchange?.status === 400 || error);
  const entry = texts.find(({ from, text }) => from === 'entry' && sessionKind(text) !== null);
  const bad = exchange?.status !== undefined && exchange.status >= 400;
  // What stands beside the words counts before the answer of another request.
  const beside = found && (statusIn(found.told.text) ?? NEAR.exec(found.told.text)?.[1]);
  const status = found?.told.status ?? (beside ? Number(beside) : null) ?? exchange?.status ?? statusTold(given);
  const flaps = tells(texts, FLAPS);
  // Refused after a restart, or now and then: with nothing said of a session it is the best guess.
  const restarted = tells(
    texts.filter(({ from }) => from !== 'platform' && from !== 'server'),
    RESTARTED,
  );
  const guess = (restarted ?? flaps) !== null && (status === 404 || status === 400);
  // The older transport sends the id in the address.
  const posted = found
    ? null
    : tells(texts, /\bPOST\S{0,3} \S{0,200}[?&]session_?id=\S{0,80}.{0,20}\b(?<status>40[04])\b/i);
  if (!found && !refused && !(entry && bad) && !guess && !posted) return null;
  const ended = tells(
    texts.filter(({ from }) => from !== 'platform'),
    ENDED,
  );
  const place =
    found?.told.at ??
    (refused ? at('http', 'exchanges', index) : (posted?.told.at ?? entry?.at ?? (restarted ?? flaps)?.told.at ?? ''));
  return {
    kind: found?.kind ?? 'silent',
    status,
    method: methodTold(given),
    cites: [
      ...new Set([place, ...(index >= 0 && found?.told.from !== 'body' ? [at('http', 'exchanges', index)] : [])]),
    ],
    words: (found?.told.text ?? '').trim().slice(0, 160),
    ended: ended !== null,
    copies: copiesOf(given),
    flaps: flaps ? { at: flaps.told.at, words: flaps.match[0] } : found || posted ? flapsInLog(given) : null,
  };
}
