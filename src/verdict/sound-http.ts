/** A conversation over HTTP, and the experiments around it, in which nothing went wrong. See sound.ts. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { isSoundAuthorization } from './sound-authorization.js';

/** Answers later than this are worth a look at who was slow, milliseconds. */
const PROMPT_MS = 5_000;

type Run = Evidence['series']['runs'][number];

const ok = ({ status = 0, error, stopped }: Exchange): boolean =>
  status >= 200 && status < 300 && error === undefined && stopped === undefined;
const isMessage = ({ contentType }: Exchange): boolean =>
  /^(?:application\/json|text\/event-stream)\b/i.test(contentType ?? '');
const isStream = ({ contentType }: Exchange): boolean => /^text\/event-stream\b/i.test(contentType ?? '');
const unproblematic = ({ stream }: Exchange): boolean => (stream?.invalidLines ?? 0) === 0;

/** API Gateway renames what a client has to read, the challenge above all. */
const isRenamed = ({ headers = {} }: Exchange): boolean =>
  Object.keys(headers).some((name) => name.startsWith('x-amzn-remapped-'));

/** Whoever has no credentials, or wrong ones, is told so. */
const refused = (answers: Exchange[]): boolean => answers.length > 0 && answers.every(({ status }) => status === 401);

/** How each experiment of the default run ends on a sound endpoint. Any other that was made is for the causes to judge. */
const GOOD: Partial<Record<Run['experiment'], (answers: Exchange[]) => boolean>> = {
  'initialized-notification': ([sent]) => sent?.status === 202 && (sent.bodyBytes ?? 0) === 0,
  'get-stream': ([first]) => first?.status === 405 || (first !== undefined && ok(first) && isStream(first)),
  'session-unknown': ([first]) => first?.status === 404,
  'session-ended': ([ended, after]) =>
    ended?.status === 405 || (after?.status === 404 && ended !== undefined && ok(ended)),
  'second-client': (answers) => answers.length >= 3 && answers.every(ok),
  'fresh-connections': (answers) => answers.length > 0 && answers.every(ok),
  http2: (answers) => answers.length > 0 && answers.every(ok),
  'without-credentials': refused,
  'session-without-credentials': refused,
  'token-made-up': refused,
  // Without any CORS header the server is not meant for browsers.
  preflight: ([first]) =>
    first !== undefined &&
    first.error === undefined &&
    !Object.keys(first.headers ?? {}).some((name) => name.startsWith('access-control-')),
};

/** Whether the way to the server was plain: every address answers, TLS is trusted, no proxy is named. */
function plainWay({ dnsError, tlsError, attempts, proxy }: Evidence['network']): boolean {
  return !dnsError && !tlsError && !proxy && attempts.length > 0 && attempts.every(({ error }) => error === undefined);
}

/** Whether everything that was sent over HTTP was answered as it should be. */
export function isSoundHttp({ authorization, ...evidence }: Partial<Evidence>): boolean {
  const { network, http, endpoint, series, stream, handshake } = evidence;
  if (!network || !http || !endpoint || !handshake?.used || stream || http.omitted > 0) return false;
  if (authorization && (!isSoundAuthorization(authorization) || http.exchanges.some(isRenamed))) return false;
  if (endpoint.asked.answer !== 'streamable-http' || endpoint.others.length > 0 || !plainWay(network)) return false;
  const { exchanges } = http;
  const tried = new Set(series?.runs.flatMap((run) => run.exchanges));
  // The way to the token is no part of the conversation.
  const isWay = ({ purpose }: Exchange): boolean => authorization !== undefined && purpose.startsWith('auth-');
  const conversation = exchanges.filter((exchange, index) => !tried.has(index) && !isWay(exchange));
  const endedBefore = series?.runs.some((run) => run.experiment === 'session-ended' && run.exchanges.length > 1);
  const answered = conversation.every((exchange) => {
    // The other era may be refused, as long as that is said in JSON.
    if (exchange.purpose === 'server/discover' || exchange.purpose === 'initialize')
      return (
        exchange.error === undefined && isMessage(exchange) && (exchange.status ?? 500) < 500 && unproblematic(exchange)
      );
    // Where an experiment has ended the session before us, it is unknown by now.
    if (exchange.purpose === 'end-session')
      return ok(exchange) || [405, endedBefore ? 404 : 405].includes(exchange.status ?? 0);
    return ok(exchange) && isMessage(exchange) && exchange.ms < PROMPT_MS && unproblematic(exchange);
  });
  const runs = (series?.runs ?? []).filter((run) => run.exchanges.length > 0);
  return (
    answered &&
    runs.every((run) => GOOD[run.experiment]?.(run.exchanges.map((index) => exchanges[index] as Exchange)) ?? false)
  );
}
