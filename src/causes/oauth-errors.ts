/** Errors of a sign-in that a report tells of: which cause each line belongs to, at which step it was said, and by whom. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { ENTRA_CODES, type Setting, SIGN_INS, type SignIn } from './known-sign-ins.js';
import { metadata, signInWords } from './sign-in.js';
import { ROWS, type Row, type Step } from './sign-in-errors.js';
import type { Line } from './words.js';

type Given = Parameters<typeof signInWords>[0];

export interface ToldError {
  blames: string;
  line: Line;
  step: Step;
  /** The code of OAuth in the line, when there is one. */
  code: string | null;
  /** What the code of a vendor means. */
  means: string | null;
  hint: boolean;
}

const ALL: readonly Row[] = [...ENTRA_CODES, ...ROWS];

/** What the client asked for stands in addresses: nobody says anything by it. */
const ASKED =
  /[?&](?:response_type|client_id|redirect_uri|code_challenge(?:_method)?|state|scope|resource|code|iss|nonce|prompt|access_type|audience|session_state)=[^&\s"'<>]*/g;

const STEPS: [Step, RegExp][] = [
  [
    'registration',
    /\bregisterClient\b|\bregist(?:er|ration|ering)\b|\bDCR\b|\bclient-registration\b|\bCLIENT_REGISTER/i,
  ],
  ['refresh', /\brefresh/i],
  [
    'token',
    /\b(?:executeTokenRequest|exchangeAuthorization|exchangeCode\w*)\b|\btoken (?:exchange|endpoint|request|response)\b|\bexchang(?:e|ing)\b|\/token\b|\bCODE_TO_TOKEN\b|\bcode exchange\b|\bfinishAuth\b|\bCompleting authorization\b|\bauthori[sz]ation_?code\b|\bgrant_type\b/i,
  ],
  [
    'authorization',
    /\/authorize\b|\bauthori[sz]ation (?:request|endpoint|ur[il]|page|response|server|denied)\b|\bcallback\b|\bconsent\b|\bLOGIN_ERROR\b|[?&]error=|\bsign-?in\b|\bbrowser\b/i,
  ],
  ['resource', /\bPOSTing to endpoint\b|\bBearer\b|\bHTTP 40[13]\b|\bwww-authenticate\b/i],
];

const stepIn = (text: string): Step => STEPS.find(([, form]) => form.test(text))?.[0] ?? 'unknown';

/** The step at which a line was said: by the request that it answers, by its own words, or by those just before it. */
function stepOf(lines: Line[], i: number, { http }: Partial<Evidence>): Step {
  const line = lines[i] as Line;
  const exchange = /\/exchanges\/(?<index>\d+)\//.exec(line.at)?.groups?.index;
  const url = exchange === undefined ? '' : (http?.exchanges[Number(exchange)]?.url ?? '');
  const path = /(?<path>\/[^?#]*)/.exec(url.replace(/^https?:\/\/[^/]*/, ''))?.groups?.path ?? '';
  if (/regist/i.test(path)) return 'registration';
  if (/\/token$/i.test(path)) return /refresh/i.test(line.text) ? 'refresh' : 'token';
  if (/\/auth(?:orize)?$/i.test(path)) return 'authorization';
  const own = stepIn(line.text);
  if (own !== 'unknown') return own;
  const before = lines
    .slice(Math.max(0, i - 4), i)
    .filter(({ from, joined }) => from === line.from && !joined)
    .reverse();
  return before.map(({ text }) => stepIn(text)).find((step) => step !== 'unknown') ?? 'unknown';
}

const OAUTH_CODE =
  /(?<![\w-])(?<code>invalid_(?:request|client|grant|scope|token|target|redirect_uri|client_metadata|resource)|unauthorized_client|unsupported_(?:grant|response)_type|access_denied|server_error|temporarily_unavailable|insufficient_scope|(?:login|consent|interaction)_required|redirect_uri_mismatch|AADSTS\d{4,8})(?![\w-])/;

/** Requests of a sign-in in the log of a server, and the cause when one of them is refused and never goes through. */
const LOGGED: [string, Step, RegExp][] = [
  ['auth-registration-unsupported', 'registration', /\/(?:register|registration|clients)\/?$/],
  ['auth-sign-in-refused', 'authorization', /\/authorize\/?$/],
  ['auth-token-request-refused', 'token', /\/token\/?$/],
];

/** The step at which a sign-in ended, where only the log of the server tells. What is not found there may have been guessed. */
function inLog({ http }: Given): { error: ToldError; place: number }[] {
  const logged = (http?.exchanges ?? [])
    .map((exchange, i) => ({ ...exchange, i }))
    .filter((one) => one.purpose === 'logged');
  return LOGGED.flatMap(([blames, step, form]) => {
    const asked = logged.filter(({ url }) => form.test(url.replace(/[?#].*$/, '')));
    const last = asked.at(-1);
    const { status = 0 } = last ?? {};
    if (!last || status < 400 || [404, 405, 429].includes(status) || status >= 500) return [];
    const line: Line = {
      text: `${last.method} ${last.url.replace(/[?#].*$/, '')} ${status}`,
      at: at('http', 'exchanges', last.i),
      from: 'server-log',
    };
    return [{ error: { blames, line, step, code: null, means: null, hint: false }, place: ALL.length }];
  });
}

/** Every line that tells of an error of a sign-in, the most telling first. */
export function toldErrors(given: Given): ToldError[] {
  const lines = signInWords(given).slice(0, 600);
  const found = lines.flatMap((line, i) => {
    const text = line.text.slice(0, 2_000).replace(ASKED, ' ');
    const fits = ({ says, beside, without }: Row): boolean =>
      says.some((form) => form.test(text)) && (!beside || beside.test(text)) && !without?.test(text);
    let step: Step | undefined;
    const place = ALL.findIndex((row) => {
      if (!fits(row)) return false;
      if (!row.at) return true;
      step ??= stepOf(lines, i, given);
      return row.at.includes(step);
    });
    const row = ALL[place];
    if (!row) return [];
    const error: ToldError = {
      blames: row.blames,
      line,
      step: step ?? stepOf(lines, i, given),
      code: OAUTH_CODE.exec(text)?.groups?.code ?? null,
      means: row.means ?? null,
      hint: row.hint ?? false,
    };
    return [{ error, place }];
  });
  return [...found, ...inLog(given)]
    .sort((a, b) => Number(a.error.hint) - Number(b.error.hint) || a.place - b.place)
    .map(({ error }) => error);
}

/** The most telling error of the report that belongs to this cause; `first`: none in the report tells more. */
export function toldError(given: Given, id: string): (ToldError & { first: boolean }) | null {
  const all = toldErrors(given);
  const own = all.find(({ blames }) => blames === id);
  return own ? { ...own, first: all[0]?.blames === id && !own.hint } : null;
}

/** The words about a sign-in without those lines that name the fault of another cause. */
export function wordsFor(given: Given, id: string): Line[] {
  const taken = new Set(
    toldErrors(given)
      .filter(({ blames, hint }) => blames !== id && !hint)
      .map(({ line }) => line.text),
  );
  return signInWords(given).filter(({ text }) => !taken.has(text));
}

/** The product behind the sign-in, where the report shows which it is. */
const signInOf = (given: Given): SignIn | undefined => {
  const lines = signInWords(given);
  return SIGN_INS.find(({ marks }) => lines.some(({ text }) => marks.test(text)));
};

/** The way to a setting in the administration of the authorization server. */
export const placeOf = (given: Given, setting: Setting): string | null => signInOf(given)?.places[setting] ?? null;

/** The authorization server that the metadata name is a product of which it is known that it lacks this. */
export function knownToLack(
  given: Given,
  what: NonNullable<SignIn['lacks']>[number],
): { at: string; name: string } | null {
  const found = metadata(given);
  const product = SIGN_INS.find(({ marks }) => found?.servers.some((server) => marks.test(server)));
  return found && product?.lacks?.includes(what) ? { at: found.at, name: product.name } : null;
}
