/**
 * What a thin report of a sign-in is about, when nothing in it says what is wrong: the best place to look, and no more than that. Asked
 * only where no cause found itself.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { answers } from './answers.js';
import type { FixStep, Match } from './cause.js';
import { entryCarries } from './challenge.js';
import { isOwnSignIn, signInWords } from './sign-in.js';
import { isRemote, targetOf } from './way.js';

interface Topic {
  cause: string;
  /** In a sentence: "The report speaks of ...". */
  name: string;
  form: RegExp;
  /** What it says is a complaint by itself; elsewhere a word of refusal stands beside it. */
  complains?: true;
}

/** A word of refusal, in some languages. */
const NO =
  /\b(?:not?|never|cannot|without|only|must|should|but|stops?|lost|invalid|fail\w*|reject\w*|refus\w*|mismatch\w*|denied|den(?:y|ies)|missing|unknown|errors?|wrong|bad|unexpected|unsupported|expected|requires?|required|disallow\w*|forbidden|revoked|already|40[0134])\b|n't\b|\b(?:nicht|kein\w*|ungültig|fehlt|abgelaufen|abgelehnt|inválid[oa]|caducad[oa]|expirad[oa]|falt[ao]|invalide|expiré|refusé|недейств\w*|истёк|истек|неверн\w*)|[无無]效|失败|失敗|错误|過期|过期|期限切れ|不正|不支持|만료|잘못|실패/i;

/** The nearest first: who names a redirect URI means that, also when tokens and scopes stand beside it. */
const TOPICS: Topic[] = [
  {
    cause: 'auth-placeholder-unexpanded',
    name: 'a variable beside the token',
    form: /\b(?:header|token|key|auth\w*|bearer)\b.{0,60}(?:\$\{\{?[\w.: -]{2,60}\}|\{env:\w+\}|\{\{[^}]{2,60}\}\}|%[A-Z_]{3,}%)/i,
  },
  {
    cause: 'auth-redirect-uri-mismatch',
    name: 'the redirect URI',
    form: /\bredirect[_ -]?ur[il]s?\b|\bcallback[_ -]?(?:ur[il]|address|port|path)\b|\breply (?:ur[il]|address)\b/i,
  },
  {
    cause: 'auth-registration-stale',
    name: 'a client that the authorization server does not know',
    form: /\binvalid_client\b|\bclient(?:[_ -]?id)?\b.{0,40}\b(?:unknown|unrecogni[sz]ed|invalid|not (?:found|known|valid|recogni[sz]ed|registered)|does(?: not|n't) exist|deleted)\b|\b(?:unknown|stale|cached|old) client\b/i,
  },
  {
    cause: 'auth-registration-unsupported',
    name: 'the registration of the client',
    form: /\bdynamic client\b|\bDCR\b|\bCLIENT_REGISTER\w*|\bclient[ -]?registration\b|\bregist(?:er|ers|ration|ering)\b.{0,30}\bclient\b|\/regist(?:er|ration)s?\b|\bCIMD\b/i,
  },
  {
    cause: 'auth-pkce-unsupported',
    name: 'PKCE',
    form: /\bPKCE\b|\bcode_challenge|\bcode_verifier\b|\bS256\b/i,
  },
  { cause: 'auth-issuer-mismatch', name: 'the issuer', form: /\bissuers?\b|(?<![\w-])iss(?=["'`]|\b.{0,12}\bclaim)/i },
  {
    cause: 'auth-audience-mismatch',
    name: 'the audience of the token',
    form: /\baudiences?\b|(?<![\w-])aud(?![\w-])/i,
  },
  {
    cause: 'auth-resource-mismatch',
    name: 'the resource that the token is for',
    form: /\binvalid_target\b|\bRFC ?8707\b|\bresource[_ ]?(?:parameter|indicator|identifier|ur[il]|field|value|server)\b|\bprotected resource\b.{0,60}\b(?:match|differ|reject|invalid|wrong)/i,
  },
  {
    cause: 'auth-insufficient-scope',
    name: 'the scope of the token',
    form: /\binsufficient_scope\b|\bscopes?\b.{0,40}\b(?:missing|insufficient|required?|not|lacks?|needs?)|\b(?:missing|insufficient|lacks?|invalid|needs?|more)\b.{0,30}\b(?:scopes?|permissions?)\b/i,
  },
  {
    cause: 'auth-token-expired',
    name: 'a token that runs out',
    complains: true,
    form: /\b(?:log|sign)[ -]?(?:in|ging in|ing in) again\b|\bre-?auth\w*\b.{0,40}\b(?:every|each|again|daily|hour)|\b(?:every|after|within) (?:an?|one|\d+) (?:hour|day|minute|min|h)s?\b/i,
  },
  {
    cause: 'auth-token-expired',
    name: 'a token that runs out',
    form: /\bexpir(?:e[sd]?|y|ing|ation)\b|\brefresh(?:_| |-)?(?:token|fail\w*|error|grant|flow)?\b|\b(?:abgelaufen|caducad[oa]|expirad[oa]|expiré|истёк|истек)|(?:令牌|token|トークン|토큰).{0,6}(?:过期|過期|期限|만료)/i,
  },
  {
    cause: 'auth-token-request-refused',
    name: 'the exchange of the code for a token',
    form: /\btoken (?:exchange|endpoint|request|response)\b|\bcode exchange\b|\bexchang\w+\b.{0,30}\b(?:code|token)\b|\binvalid_grant\b|\bCODE_TO_TOKEN\w*|\/(?:oauth2?\/)?token\b/i,
  },
  {
    cause: 'auth-metadata-missing',
    name: 'the metadata of the sign-in',
    form: /\.well-known\b|\bwell-known\b|\b(?:oauth|openid|oidc|auth\w*|resource|server) (?:metadata|discovery|configuration)\b|\bdiscover\w*\b.{0,40}\b(?:oauth|auth\w*|metadata)\b/i,
  },
  {
    cause: 'auth-audience-mismatch',
    name: 'a sign-in that succeeds and is worth nothing afterwards',
    complains: true,
    form: /\b(?:log|sign)[ -]?in\b.{0,60}\b(?:loop\w*|again|back to|returns? to|over and over|not connected|disconnected|still)\b|\b(?:after|once|although)\b.{0,40}\b(?:log|sign|auth)\w*\b.{0,60}\b(?:401|unauthori[sz]ed|disconnect\w*|again|fails?|not connect\w*|connect (?:screen|button))\b|\b(?:keeps?|kept) asking\b.{0,30}\b(?:auth|log|sign)/i,
  },
  {
    cause: 'auth-sign-in-refused',
    name: 'the authorization request',
    form: /\b(?:access|authori[sz]ation|sign-?in|login|log-in|consent)\b.{0,30}\b(?:denied|blocked|failed|fails|error|refused|rejected|cancell?ed|page|problem)\b|\bconsent\b|\/authorize\b|\bLOGIN_ERROR\b/i,
  },
  {
    cause: 'auth-credentials-missing',
    name: 'credentials',
    form: /\b401\b|\bunauthori[sz]ed\b|\b(?:not |un)authenticated\b|\bauthentication (?:required|failed|error)\b|\b(?:bearer|api)[ -]?(?:token|key)\b/i,
  },
];

/** Words that only somebody who signs in uses. */
const SIGN_IN =
  /\boauth|\boidc\b|\bopenid\b|\bauthori[sz]|\bsign-?(?:in|ed)\b|\blog[ -]?(?:in|ged)\b|\bbearer\b|\bjwt\b|\btokens?\b|\bclient[_ -]?id\b|\bidentity provider\b|\bIdP\b|\bEntra\b|\bAADSTS|\bKeycloak\b|\bAuth0\b|\bOkta\b|\bCognito\b|\bredirect_uri\b|\bissuer\b|\b401\b|\b403\b|type="[A-Z_]+_ERROR"|\baud\b/i;

const THIN = 3;

/** Where to look, best first: the causes whose topic the report names, with the line that does. */
function topicsOf(given: Partial<Evidence>): { topic: Topic; cite: string; rank: number }[] {
  if (!given.reported || isOwnSignIn(given)) return [];
  const lines = signInWords(given).slice(0, 400);
  const statuses = answers(given).map(({ exchange: { status }, at: place }) => ({ status, place }));
  const refused = statuses.find(({ status }) => status === 401 || status === 403);
  const remote =
    isRemote(given) || given.reported.transport === 'streamable-http' || given.reported.transport === 'sse';
  if (!remote || !(refused || lines.some(({ text }) => SIGN_IN.test(text)))) return [];
  // Whoever pastes a line or two complains by pasting them; a log also tells of what went well.
  const thin = lines.length <= THIN;
  const named = TOPICS.flatMap((topic, rank) => {
    const line = lines.find(({ text }) => topic.form.test(text) && (thin || topic.complains || NO.test(text)));
    return line ? [{ topic, cite: line.at, rank }] : [];
  });
  const { header } = entryCarries(given);
  const last = TOPICS.at(-1) as Topic;
  const fallback: Topic = header
    ? { ...last, cause: 'auth-credentials-rejected', name: 'credentials that are refused' }
    : last;
  const seen = named.map((one) => (one.topic === last ? { ...one, topic: fallback } : one));
  if (seen.length === 0 && refused) return [{ topic: fallback, cite: refused.place, rank: TOPICS.length }];
  return seen.slice(0, 3);
}

/** The fault that a finding of this kind carries in its facts. */
export const TOPIC = 'topic';

/** The cause as the topic of a report, or null. */
export function topicMatch(
  given: Partial<Evidence>,
  cause: string,
): Match<{ fault: string; url: string | null; topic: string }> | null {
  const found = topicsOf(given).find(({ topic }) => topic.cause === cause);
  if (!found) return null;
  return {
    certainty: 'possible',
    order: found.rank,
    cites: [found.cite || at('reported')],
    facts: { fault: TOPIC, url: targetOf(given) ?? null, topic: found.topic.name },
  };
}

export const topicSays = ({ topic }: { topic: string }): string =>
  `The report speaks of ${topic}, and of nothing that decides it: that is the first place to look.`;

export const topicFix = (): FixStep[] => [
  {
    say: 'Let the sign-in be walked step by step; the step that fails is named, with who must act:',
    run: 'mcp-verdict verify --auth oauth <url>',
  },
  {
    say: 'Or paste more: the lines before this one, the log of the server, the address that was asked and its answer.',
  },
];
