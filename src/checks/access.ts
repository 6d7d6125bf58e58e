/** Who is let in: what an MCP server does with requests that carry no token, or a wrong one. */
import { at } from '../case/pointer.js';
import type { Judgement } from './check.js';
import {
  authorizationCheck,
  bareTries,
  demandsCredentials,
  exchangeAt,
  firstTry,
  isOpen,
  listedBare,
  meansOauth,
  ONLY_OAUTH,
  SPEC,
  saying,
  type Told,
  type Try,
  triesOf,
  untried,
  type Walk,
} from './credentials.js';

const BEST_PRACTICES = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices';

/** A clock that is wrong by less says nothing about a token. */
const CLOCKS_DIFFER_S = 300;
/** Tokens that live longer are not short-lived by anybody's measure. */
const LONG_S = 24 * 3_600;

/** Where nobody is refused no try shows anything. */
const openTo = (told: Told, cites: string[]): Judgement =>
  demandsCredentials(told)
    ? { outcome: 'not-verified', says: 'requests are served without any token (AUT-01)', cites }
    : { outcome: 'not-applicable', says: 'applies to servers that ask for credentials' };

/** A try with a token that must be refused. `otherwise`: what it means when it is not. */
function mustRefuse(told: Told, experiment: Parameters<typeof untried>[1], otherwise: string): Judgement {
  const [first] = triesOf(told, experiment);
  if (!first) return untried(told, experiment);
  const cites = exchangeAt(first.index);
  if (isOpen(told)) return openTo(told, cites);
  if (first.end === 'served') return { outcome: 'fail', says: otherwise, cites };
  return { outcome: first.end === 'refused' ? 'pass' : 'not-verified', says: said(first), cites };
}

const said = ({ end, exchange }: Try): string => `${end === 'refused' ? 'refused: ' : ''}${saying(exchange)}`;

const duration = (s: number): string =>
  s >= 172_800
    ? `${Math.round(s / 86_400)} days`
    : s >= 7_200 || s === 3_600
      ? `${Math.round(s / 3_600)} h`
      : `${Math.round(s / 60)} min`;

/** The token in use, as far as it can be read. */
const tokenOf = ({ grants, given }: Walk) =>
  grants.findLast(({ outcome, grant }) => outcome === 'issued' && grant !== 'other-resource')?.token ??
  given.find(({ token }) => token !== undefined)?.token;

const wasServed = ({ access }: Walk): boolean => {
  const { status = 500 } = access.at(-1) ?? {};
  return status < 300;
};

/** Whether a request gets at what the server holds: pings and the discovery of the era may be open to all. */
const isGrave = ({ exchange }: Try): boolean => /\/list$/.test(exchange.rpc ?? '');

/** Somebody who brings nothing gets something. */
function openJudgement(told: Told): Judgement {
  const { open, plain } = bareTries(told);
  const served = [open, plain].filter((one) => one?.end === 'served');
  const shown = listedBare(told) ?? (served[0] as Try);
  const cites = exchangeAt(shown.index);
  if (!demandsCredentials(told)) {
    const [madeUp] = triesOf(told, 'token-made-up');
    if (madeUp?.end === 'refused')
      return { outcome: 'pass', says: `credentials are optional; a made-up token: ${saying(madeUp.exchange)}`, cites };
    return { outcome: 'warn', says: 'served without credentials as well: nobody checks them', cites };
  }
  if (isGrave(shown)) return { outcome: 'fail', says: `${shown.exchange.rpc} is served without credentials`, cites };
  const names = served.map((one) => one?.exchange.rpc).join(' and ');
  return { outcome: 'warn', says: `without credentials: ${names}, and no more`, cites };
}

/** Missing, made up, expired: each must get 401, at which clients sign in or renew their token. */
function refusalJudgement(told: Told): Judgement {
  if (isOpen(told)) return openJudgement(told);
  const { walk } = told;
  const { given } = walk;
  const old = given.findIndex(({ token }) => (token?.expiresInS ?? 0) < -CLOCKS_DIFFER_S);
  if (old >= 0 && walk.access.some((one) => one.with === 'given' && (one.status ?? 500) < 300)) {
    const since = duration(-(given[old]?.token?.expiresInS ?? 0));
    return {
      outcome: 'fail',
      says: `a token that expired ${since} ago is accepted`,
      cites: [at('authorization', 'given', old, 'token', 'expiresInS')],
    };
  }
  const first = firstTry(told);
  const rest: [string, Try | undefined][] = [
    ['a made-up token', triesOf(told, 'token-made-up')[0]],
    ['an expired token', triesOf(told, 'token-expired')[0]],
  ];
  for (const [what, one] of rest)
    if (one?.end === 'served') return { outcome: 'fail', says: `${what} is accepted`, cites: exchangeAt(one.index) };
  const all = [['no token', first] as const, ...rest].flatMap(([what, one]) => (one ? [{ what, one }] : []));
  const unclear = all.find(({ one }) => one.end === 'unclear');
  if (unclear)
    return {
      outcome: unclear.what === 'no token' ? 'not-verified' : 'warn',
      says: `${saying(unclear.one.exchange)} for ${unclear.what}; it must be 401`,
      cites: exchangeAt(unclear.one.index),
    };
  const wrong = all.find(({ one }) => one.exchange.status !== 401);
  if (wrong) {
    // Whoever has a key for a server without OAuth gets on with any refusal; and what is no token at all may be malformed.
    const grave = meansOauth(walk) && wrong.what !== 'a made-up token';
    const says = `${saying(wrong.one.exchange)} for ${wrong.what}; clients sign in at 401`;
    return { outcome: grave ? 'fail' : 'warn', says, cites: exchangeAt(wrong.one.index) };
  }
  if (!first) return untried(told, 'without-credentials');
  const madeUp = untried(told, 'token-made-up');
  if (!rest[0]?.[1] && madeUp.outcome !== 'not-applicable')
    return {
      outcome: 'not-verified',
      says: `401 for no token; a wrong one: ${madeUp.says}`,
      cites: exchangeAt(first.index),
    };
  return { outcome: 'pass', says: `401 for ${all.map(({ what }) => what).join(', ')}`, cites: exchangeAt(first.index) };
}

/** Headers with which a server speaks to browsers. */
const cors = (headers: Record<string, string> = {}) => ({
  any: Object.keys(headers).some((name) => name.startsWith('access-control-')),
  origin: headers['access-control-allow-origin'],
  exposed: (headers['access-control-expose-headers'] ?? '').toLowerCase().split(/[\s,]+/),
});

function browserJudgement(told: Told): Judgement {
  if (isOpen(told)) return { outcome: 'not-applicable', says: 'applies to requests that are refused' };
  const tries = triesOf(told, 'without-credentials');
  const asked = tries.find(({ exchange }) => exchange.requestHeaders?.origin !== undefined);
  const preflight = triesOf(told, 'preflight')[0];
  const first = asked ?? firstTry(told);
  if (!first) return untried(told, 'without-credentials');
  const { any, origin, exposed } = cors(first.exchange.headers);
  const cites = exchangeAt(first.index);
  if (!any && !cors(preflight?.exchange.headers).any)
    return asked || preflight
      ? { outcome: 'not-applicable', says: 'applies to servers with CORS headers' }
      : untried(told, 'without-credentials');
  if (preflight?.exchange.status === 401 || preflight?.exchange.status === 403)
    return {
      outcome: 'warn',
      says: `${saying(preflight.exchange)} for OPTIONS, which carries no credentials`,
      cites: exchangeAt(preflight.index),
    };
  if (origin === undefined)
    return { outcome: 'warn', says: 'the 401 has no CORS header: browsers cannot read it', cites };
  if (exposed.includes('www-authenticate') || exposed.includes('*'))
    return { outcome: 'pass', says: 'WWW-Authenticate can be read in browsers', cites };
  return { outcome: 'warn', says: 'Access-Control-Expose-Headers lacks WWW-Authenticate', cites };
}

function audienceJudgement(told: Told): Judgement {
  const judged = mustRefuse(told, 'token-other-audience', 'a token for another resource is accepted');
  if (judged.cites || !wasServed(told.walk)) return judged;
  const { walk } = told;
  const audience = tokenOf(walk)?.audience ?? [];
  const own = [walk.resource, tokenOf(walk)?.issuer ?? walk.resource];
  const host = (url: string) => (/^https?:/i.test(url) && URL.canParse(url) ? new URL(url).host : undefined);
  const foreign =
    audience.length > 0 &&
    audience.every((one) => host(one) !== undefined && !own.some((url) => host(url) === host(one)));
  if (!foreign) return judged;
  const cites = walk.access.length ? [at('authorization', 'access', walk.access.length - 1)] : [];
  return { outcome: 'warn', says: `the token is for ${audience[0]}, and is accepted here`, cites };
}

function lifetimeJudgement({ walk }: Told): Judgement {
  const index = walk.grants.findLastIndex(({ outcome, grant }) => outcome === 'issued' && grant !== 'other-resource');
  const grant = walk.grants[index];
  if (!grant) return { outcome: 'not-verified', says: ONLY_OAUTH };
  const cites = [at('authorization', 'grants', index)];
  const lives = grant.expiresInS ?? grant.token?.expiresInS;
  if (lives === undefined) return { outcome: 'warn', says: 'nobody says when the token expires', cites };
  if (lives > LONG_S) return { outcome: 'warn', says: `tokens live for ${duration(lives)}`, cites };
  // OAuth 2.1 section 4.3.1: the refresh token of a public client is used once.
  const stays = walk.grants.findIndex(
    (one) => one.grant === 'refresh_token' && one.outcome === 'issued' && !one.refreshToken,
  );
  if (stays >= 0 && walk.registration?.tokenAuthMethod === 'none')
    return {
      outcome: 'warn',
      says: `${duration(lives)}; the refresh token of a public client stays`,
      cites: [at('authorization', 'grants', stays, 'refreshToken')],
    };
  return { outcome: 'pass', says: `tokens live for ${duration(lives)}`, cites };
}

export default [
  authorizationCheck({
    id: 'AUT-01',
    title: 'no valid token',
    level: 'MUST',
    section: `${SPEC}#token-handling`,
    keys: true,
    test: refusalJudgement,
  }),
  authorizationCheck({
    id: 'AUT-27',
    title: 'refusal',
    level: 'advice',
    section: `${SPEC}#error-handling`,
    keys: true,
    test(told) {
      const first = firstTry(told);
      if (!first) return untried(told, 'without-credentials');
      const cites = exchangeAt(first.index);
      if (first.end === 'served') return { outcome: 'not-applicable', says: 'applies to requests that are refused' };
      if (first.end === 'unclear') return { outcome: 'not-verified', says: saying(first.exchange), cites };
      if (first.exchange.status === 401) return { outcome: 'pass', says: 'HTTP 401, at which clients sign in', cites };
      return { outcome: 'warn', says: `${saying(first.exchange)}; clients sign in at 401 alone`, cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-22',
    title: 'every request',
    level: 'MUST',
    section: `${SPEC}#token-requirements`,
    keys: true,
    test(told) {
      const { open, plain, within } = bareTries(told);
      if (!plain) return untried(told, 'without-credentials');
      const cites = exchangeAt(plain.index);
      if (open?.end === 'served') return openTo(told, cites);
      const less = [plain, within].find((one) => one?.end === 'served');
      if (less)
        return {
          outcome: isGrave(less) ? 'fail' : 'warn',
          says: `${less.exchange.rpc} asks for less than initialize does`,
          cites: exchangeAt(less.index),
        };
      if (plain.end === 'unclear') return { outcome: 'not-verified', says: said(plain), cites };
      return { outcome: 'pass', says: `initialize and ${plain.exchange.rpc} are refused alike`, cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-23',
    title: 'session id',
    level: 'MUST',
    section: `${BEST_PRACTICES}#session-hijacking`,
    keys: true,
    test(told) {
      const judged = mustRefuse(told, 'session-without-credentials', 'it opens the server, without any credentials');
      const { within } = bareTries(told);
      return judged.outcome === 'fail' && within && !isGrave(within) ? { ...judged, outcome: 'warn' } : judged;
    },
  }),
  authorizationCheck({
    id: 'AUT-19',
    title: 'other audience',
    level: 'MUST',
    section: `${SPEC}#token-audience-binding-and-validation`,
    test: audienceJudgement,
  }),
  authorizationCheck({
    id: 'AUT-32',
    title: 'unsigned token',
    level: 'MUST',
    section: 'https://www.rfc-editor.org/rfc/rfc8725#section-3.1',
    keys: true,
    test: (told) => mustRefuse(told, 'token-unsigned', 'accepted: anybody can make one (alg none)'),
  }),
  authorizationCheck({
    id: 'AUT-21',
    title: 'token in the URL',
    level: 'advice',
    section: `${SPEC}#token-requirements`,
    keys: true,
    test(told) {
      const key = told.walk.given.findIndex(({ how }) => how === 'query');
      if (key >= 0)
        return {
          outcome: 'warn',
          says: `the key is in the URL (${told.walk.given[key]?.name}), and so in logs`,
          cites: [at('authorization', 'given', key)],
        };
      return mustRefuse(told, 'token-in-query', 'accepted, and so it gets into logs and histories');
    },
  }),
  authorizationCheck({
    id: 'AUT-31',
    title: 'token in answers',
    level: 'advice',
    section: `${SPEC}#token-theft`,
    keys: true,
    test({ exchanges, walk }) {
      // The authorization server is asked for tokens.
      const told = exchanges.flatMap((exchange, index) =>
        exchange.credentials === 'sent' && !/^auth-(?!challenge|access)/.test(exchange.purpose)
          ? [{ exchange, index }]
          : [],
      );
      const echo = told.find(({ exchange }) => exchange.echoes !== undefined);
      if (echo) {
        const where = echo.exchange.echoes?.map((name) => (name === 'body' ? 'the body' : name)).join(' and ');
        return { outcome: 'fail', says: `it is repeated in ${where}`, cites: exchangeAt(echo.index) };
      }
      if (told.length === 0 || walk.access.length === 0) return { outcome: 'not-verified', says: ONLY_OAUTH };
      if (!walk.given.every(({ name, how }) => how === 'stored' || name === 'authorization'))
        return { outcome: 'not-verified', says: 'only what is sent as Authorization is looked for' };
      return { outcome: 'pass', says: `none of ${told.length} repeats it`, cites: exchangeAt(told[0]?.index) };
    },
  }),
  authorizationCheck({
    id: 'AUT-09',
    title: 'missing scope',
    level: 'SHOULD',
    section: `${SPEC}#runtime-insufficient-scope-errors`,
    test({ exchanges }) {
      const index = exchanges.findIndex(
        ({ headers, credentials }) =>
          credentials === 'sent' && /\berror="?insufficient_scope\b/.test(headers?.['www-authenticate'] ?? ''),
      );
      const refused = exchanges[index];
      if (!refused) return { outcome: 'not-applicable', says: 'applies to requests that lack a scope' };
      const header = refused.headers?.['www-authenticate'] ?? '';
      const lacks = [
        ...(refused.status === 403 ? [] : ['the status 403']),
        ...['scope', 'resource_metadata'].filter((name) => !new RegExp(`(?:^|[\\s,])${name}=`).test(header)),
      ];
      const cites = exchangeAt(index);
      if (lacks.length) return { outcome: 'warn', says: `the refusal lacks ${lacks.join(' and ')}`, cites };
      return { outcome: 'pass', says: '403, with the scope that is needed', cites };
    },
  }),
  authorizationCheck({
    id: 'AUT-28',
    title: 'browser clients',
    level: 'advice',
    section: 'https://fetch.spec.whatwg.org/#http-access-control-expose-headers',
    keys: true,
    test: browserJudgement,
  }),
  authorizationCheck({
    id: 'AUT-29',
    title: 'token lifetime',
    level: 'SHOULD',
    section: `${SPEC}#token-theft`,
    test: lifetimeJudgement,
  }),
];
