/** WWW-Authenticate, taken apart (RFC 9110 section 11.6.1). Bounded: what a server sends is hostile. */

export interface Challenge {
  scheme: string;
  /** Names in lower case. A token68 (as Negotiate has it) stands under `token68`. */
  parameters: Record<string, string>;
}

const MAX_CHALLENGES = 10;
const MAX_PARAMETERS = 20;
const MAX_LENGTH = 8_000;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"?/y;
/** Values that should stand in quotes and do not: read up to the next comma or space. */
const BARE = /[^\s,"]+/y;

/** Every challenge of a header. What cannot be read is left out: nothing is made up. */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, MAX_LENGTH);
  const found: Challenge[] = [];
  let at = 0;
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    const match = form.exec(text);
    if (!match) return undefined;
    at = form.lastIndex;
    return match[1] ?? match[0];
  };
  const skip = (form: RegExp) => {
    form.lastIndex = at;
    if (form.test(text)) at = form.lastIndex;
  };
  while (at < text.length && found.length < MAX_CHALLENGES) {
    skip(/[\s,]+/y);
    const start = at;
    const word = take(TOKEN);
    if (word === undefined) {
      at = Math.max(at, start) + 1;
      continue;
    }
    const last = found.at(-1);
    const before = at;
    skip(/\s*/y);
    if (text[at] === '=' && last) {
      // A parameter of the challenge before.
      at++;
      skip(/\s*/y);
      const value = text[at] === '"' ? take(QUOTED)?.replace(/\\(.)/g, '$1') : take(BARE);
      const name = word.toLowerCase();
      if (Object.keys(last.parameters).length < MAX_PARAMETERS && !Object.hasOwn(last.parameters, name))
        Object.defineProperty(last.parameters, name, { value: value ?? '', enumerable: true, writable: true });
      continue;
    }
    const isScheme = /\s/.test(text[before] ?? ' ') || text[before] === ',' || before >= text.length;
    if (!isScheme) {
      at = before + 1;
      continue;
    }
    const challenge: Challenge = { scheme: word, parameters: {} };
    found.push(challenge);
    if (before < text.length && text[before] !== ',') {
      const here = at;
      const data = take(TOKEN68);
      // `realm="x"` is a parameter, and one word may be the next scheme.
      if (data !== undefined && text[here - 1] !== ',') challenge.parameters.token68 = data;
      else at = here;
    }
  }
  return found;
}

/** The challenge that a client of OAuth answers: Bearer, or DPoP. */
export const oauthChallenge = (challenges: readonly Challenge[]): Challenge | undefined =>
  challenges.find(({ scheme }) => /^bearer$/i.test(scheme)) ?? challenges.find(({ scheme }) => /^dpop$/i.test(scheme));
