/** The optional GET stream in a server's own log, and in sentences of people. */
import type { Evidence } from '../case/evidence.js';
import { requestsIn } from './answers.js';
import type { Match } from './cause.js';
import { BY_HAND, GET_STATUS, POST_REFUSED, POST_WORKS, SILENT } from './get-stream-words.js';
import { sessionKind } from './sessions.js';
import { statusIn, type Told, tells, told } from './told.js';

export type Found = {
  status: number | null;
  type: string | null;
  /** What the GET met. */
  what: 'refused' | 'allowed' | 'no-stream' | 'silent' | 'reset' | 'idle';
  words: string | null;
};

/** A platform that ends a function which holds a stream open. */
export const HELD =
  /FUNCTION_INVOCATION_TIMEOUT|\bTask timed out\b|\b(?:stream|GET)\b.{0,40}\bidles?\b|\bplatform kills\b|\bmaxDuration\b|\b50[24]\b/i;
export const HEALTH = /\/(?:health\w*|readyz?|livez?)\b|\bhealth ?checks?\b|\b(?:liveness|readiness)\b|\bkube-probe\b/i;
/** Addresses that a GET is meant for, and bodies that answer another question. */
export const OTHER = /\/(?:health\w*|\.well-known|favicon|metadata|oauth|authorize|token|register|sse)\b/i;
export const OTHER_BODY =
  /"(?:issuer|resource|authorization_servers|authorization_endpoint|error_description|invalid_\w+)"|event: ?endpoint|redirect_uri|client_id|invalid_(?:client|grant|token)|\boauth|Dynamic Client/i;

/** What is told is a sign-in: its requests go to addresses of their own, and some are made with GET. */
export const SIGNS_IN =
  /\boauth|\bopenid|\.well-known\b|\bredirect[ _]ur[il]|\bauthori[sz]ation[- _](?:server|code|endpoint|request|failed|with)\b|\b(?:auth\w*|sign-?in|login) (?:is )?(?:required|failed|succe\w+)\b|\/(?:token|authorize|register)\b|\bmetadata\b|\bcallback\b|\bauthori[sz]e error\b|\bunauthenticated connect\b/i;

/** Of a server's own log: the GET was refused where POST succeeded. */
export function inLog(given: Partial<Evidence>): Match<Found> | null {
  const seen = requestsIn(given);
  const posted = seen.filter(({ method, status }) => method === 'POST' && status < 300);
  const odd = seen.find(
    ({ method, status, path }) =>
      method === 'GET' &&
      ![200, 202, 204, 401, 403, 405].includes(status) &&
      status >= 400 &&
      !OTHER.test(path) &&
      posted.some((one) => one.path.replace(/\/$/, '') === path.replace(/\/$/, '')),
  );
  // Nothing in the log failed but the GET, and it was answered as it should be: whoever complains took that for the end.
  const right = seen.find(({ method, status, path }) => method === 'GET' && status === 405 && !OTHER.test(path));
  if (
    !odd &&
    right &&
    posted.length > 0 &&
    seen.every(({ status }) => status < 400 || status === 405) &&
    (given.reported?.clientError.length ?? 0) === 0
  )
    return {
      certainty: 'possible',
      cites: [right.line.at],
      facts: { status: right.status, type: null, what: 'allowed', words: right.line.text.trim().slice(0, 120) },
    };
  // A GET that a platform ended, in a log that speaks of nothing else.
  const held = seen.find(
    ({ method, status, path }) => method === 'GET' && [500, 502, 504].includes(status) && !OTHER.test(path),
  );
  if (
    !odd &&
    held &&
    HELD.test(
      told(given)
        .map(({ text }) => text)
        .join('\n'),
    ) &&
    !seen.some(({ method, status }) => method === 'POST' && status >= 400)
  )
    return {
      certainty: 'likely',
      cites: [held.line.at],
      facts: { status: held.status, type: null, what: 'idle', words: held.line.text.trim().slice(0, 120) },
    };
  return odd
    ? {
        certainty: 'likely',
        cites: [odd.line.at],
        facts: { status: odd.status, type: null, what: 'refused', words: odd.line.text.trim().slice(0, 120) },
      }
    : null;
}

/** What people write of it, where no line of an SDK says it: the method and its status, or that all but this request goes well. */
export function inWords(texts: Told[]): Match<Found> | null {
  const spoken = texts.filter(({ from }) => from === 'client' || from === 'server');
  const found = (one: Told, status: number | null, certainty: 'likely' | 'possible', what: Found['what']) => ({
    certainty,
    cites: [one.at],
    facts: { status, type: null, what, words: one.text.trim().slice(0, 120) },
  });
  const refused = tells(spoken, GET_STATUS);
  // A session that was not found was posted to as well; a 404 alone may be somebody's search for the endpoint.
  const posts = tells(spoken, POST_REFUSED) ?? spoken.find(({ text }) => sessionKind(text) === 'unknown');
  const said = Number(refused?.match.groups?.status);
  if (
    refused &&
    !posts &&
    (said !== 404 || tells(spoken, /\b(?:POST|initiali[sz]e\w*|stream|event-stream|optional)\b/i))
  )
    return found(refused.told, said, 'likely', 'refused');
  const byHand = tells(spoken, BY_HAND);
  if (byHand && !posts && tells(spoken, SILENT)) return found(byHand.told, null, 'likely', 'silent');
  const works = tells(spoken, POST_WORKS);
  const status = spoken
    .map(({ text }) => statusIn(text))
    .find((one) => one !== null && [400, 404, 405, 406].includes(one));
  if (works && !posts && status) return found(works.told, status, 'likely', status === 405 ? 'allowed' : 'refused');
  return null;
}
