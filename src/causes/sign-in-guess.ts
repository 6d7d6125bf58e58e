/**
 * A best guess, where a report names a matter of a sign-in and no rule knows the sentence: the word for the thing, and a word of refusal
 * beside it. Never more than possible, and only for what people told of a server elsewhere.
 */
import type { Evidence } from '../case/evidence.js';
import { toldErrors } from './oauth-errors.js';
import { isOwnSignIn, signInWords } from './sign-in.js';
import { isRemote } from './way.js';
import type { Line } from './words.js';

const NO =
  /\b(?:not?|never|cannot|without|only|must|should|but|stops?|lost|invalid|fail\w*|reject\w*|refus\w*|mismatch\w*|denied|den(?:y|ies)|missing|unknown|errors?|wrong|bad|unexpected|unsupported|expected|requires?|required|disallow\w*|forbidden|revoked|already|40[0134])\b|n't\b|\b(?:nicht|kein\w*|ungültig|fehlt|abgelaufen|abgelehnt|inválid[oa]|caducad[oa]|expirad[oa]|falt[ao]|invalide|expiré|refusé|недейств\w*|истёк|истек|неверн\w*)|[无無]效|失败|失敗|错误|過期|过期|期限切れ|不正|不支持|만료|잘못|실패/i;

/** The thing that is spoken of; the first that fits a line owns it. */
const THINGS: [string, RegExp][] = [
  [
    'auth-placeholder-unexpanded',
    /\b(?:header|token|key|auth\w*|bearer)\b.{0,60}(?:\$\{\{?[\w.: -]{2,60}\}|\{env:\w+\}|\{\{[^}]{2,60}\}\}|%[A-Z_]{3,}%)|(?:\$\{\{?[\w.: -]{2,60}\}|\{env:\w+\}|\{\{[^}]{2,60}\}\}).{0,60}\b(?:header|token|key|auth\w*|bearer)\b/i,
  ],
  [
    'auth-audience-mismatch',
    /(?<![\w-])(?:aud|audiences?)\b|Audiences?(?:Exception|Validat\w*)?\b|\bresource claim\b/i,
  ],
  [
    'auth-redirect-uri-mismatch',
    /\bredirect[ _-]?(?:ur[il]s?|address|scheme|port)\b|\bcallback (?:ur[il]s?|address|port)\b|\/callback\b|\b(?:random|localhost|loopback) port\b|\ballowed callback/i,
  ],
  [
    'auth-insufficient-scope',
    /\bscopes?\b.{0,80}\b(?:required|missing|granted|needed?|lacks?|403|forbidden|permissions?)\b|\b(?:required|missing|granted|needs?|lacks?|403|forbidden)\b.{0,80}\bscopes?\b|\btoken (?:was |is )?(?:only )?granted\b/i,
  ],
  [
    'auth-token-expired',
    /\b(?:token|jwt|login|session|auth\w*|connector|connection|credentials?|sign-?in)\b.{0,80}\b(?:expir\w*|exp|renew\w*|refresh\w*|re-?new|(?:after|every|each|within) (?:about |~)?(?:an?|one|a few|some|\d+) ?(?:h|hrs?|hours?|min\w*|days?|weeks?)|\d+ ?h(?:ours?)?|abgelaufen|caducad[oa]|expirad[oa]|expiré|истёк|истек)\b|\b(?:needs?|requires?|asks?|wants?|prompts?)\b.{0,20}\b(?:log ?in|login|auth\w*|sign-?in)\b.{0,30}\bagain\b|\bjwt\b.{0,12}\bexp\b|(?:令牌|token|トークン|토큰).{0,6}(?:过期|過期|期限|만료)/i,
  ],
  [
    'auth-token-request-refused',
    /\/token\b|\btoken[- ](?:endpoint|exchange|request|response|url)\b|\bauthori[sz]ation[ _]code\b|\bcode (?:is |was |has )?(?:already|been|expired|invalid|not valid)\b|\bverifier\b|\bclient[ _](?:auth\w*|secret|credentials)\b|\bexchang(?:e|ing)\b/i,
  ],
  [
    'auth-sign-in-refused',
    /\bscopes?\b|\bconsent\b|\bauthori[sz]e\b|\b(?:login|sign-?in|authori[sz]ation|consent) (?:page|screen|window|popup|dialog|flow|request)\b|\bmembers of\b|\bworkspace (?:owner|admin)|\badmin\w*\b.{0,40}\b(?:app|application|approv\w*|grant)|\bstate\b.{0,20}\b(?:param\w*|token|value|mismatch)|\bbrowser\b.{0,60}\b(?:auth\w*|login|sign-?in|oauth)|\b(?:auth\w*|login|sign-?in|oauth)\b.{0,60}\bbrowser\b|\bresponse_type\b|\bcaptcha\b|\bMFA\b/i,
  ],
  [
    'auth-credentials-rejected',
    /\b(?:(?:access|bearer|static|api|auth\w*|id|personal) )?(?:tokens?|jwts?|jws|signature|kid|jwks|api[ _-]?keys?|credentials?|PAT|bearer)\b/i,
  ],
  [
    'auth-credentials-missing',
    /\b(?:unauthori[sz]ed|unauthenticated|authentication|authori[sz]ation|logged in|log ?in|login|sign(?:ed)? in)\b|\b401\b/i,
  ],
];
/** Nothing was sent, as it is said of a token or of credentials. */
const NONE =
  /\b(?:no|missing|without|sent no|lacks?|empty)\b.{0,20}\b(?:tokens?|credentials?|auth\w*|api[ _-]?keys?|bearer|header)\b|\b(?:tokens?|credentials?|auth\w*|api[ _-]?keys?|header)\b.{0,12}\b(?:is |was |were |are )?(?:missing|not (?:provided|sent|given|set|present|found))\b|\bnot (?:logged|signed) in\b/i;
/** Other steps of a sign-in, and other services: they have causes of their own. */
const ASIDE =
  /\bregist(?:er|ration)\b|\bmetadata\b|\bdiscover\w*|\.well-known\b|\bissuer\b|\bdynamic client\b|\bDCR\b|\bPKCE\b.{0,40}\bsupport|\bCORS\b|\bcertificate\b|\bENOTFOUND\b|\bECONN\w+|\brate.?limit|\b(?:input|output|prompt|max\w*|context|completion) tokens\b|\btoken (?:limit|count|usage|budget)\b|\bunexpected token\b(?!.{0,60}(?:token exchange|token endpoint))|\bprogressToken\b|\bMissing Authentication Token\b|\btool \w+:|\b(?:upstream|downstream)\b|\bAPI error\b|\bcall(?:ing)? (?:of )?(?:the )?tool\b|\binvalid_client\b|\bserver token\b|\bcsrf token in\b|\bcancellation token\b/i;

type Given = Parameters<typeof toldErrors>[0] & Partial<Evidence>;

/** The causes that the words point to, the first line first; empty where a rule knows a line. */
function guesses(given: Given): { id: string; line: Line }[] {
  if (!given.reported || !isRemote(given) || isOwnSignIn(given) || toldErrors(given).length > 0) return [];
  const found = signInWords(given)
    .filter(
      ({ text, joined, note }) =>
        !joined && !note && !/^\s*[{[]\s*"(?:mcpServers|url|type|headers|command|servers)/.test(text),
    )
    .flatMap((line) => {
      const text = line.text.slice(0, 600);
      if (ASIDE.test(text) || !NO.test(text)) return [];
      const named = THINGS.filter(([, form]) => form.test(text)).map(([id]) =>
        id === 'auth-credentials-rejected' && NONE.test(text) ? 'auth-credentials-missing' : id,
      );
      return named.map((id, rank) => ({ id, line, rank }));
    })
    .sort((a, b) => a.rank - b.rank);
  return found.filter(({ id }, i) => found.findIndex((one) => one.id === id) === i).slice(0, 3);
}

/** The guess that concerns this cause, with its place among the guesses. */
export function guessed(given: Given, id: string): { line: Line; order: number } | null {
  const all = guesses(given);
  const order = all.findIndex((one) => one.id === id);
  const line = all[order]?.line;
  return line ? { line, order } : null;
}
