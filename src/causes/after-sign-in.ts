/**
 * How far a sign-in had come before it failed. Whoever holds a token and is refused has another problem than whoever never got one:
 * reports tell it as requests in a log, or in a sentence.
 */
import type { Evidence } from '../case/evidence.js';
import { requestsIn } from './answers.js';
import { signInWords } from './sign-in.js';
import { find, type Line } from './words.js';

type Given = Parameters<typeof signInWords>[0];

const FLOW = String.raw`(?:oauth2?|auth(?:entication|ori[sz]ation)?|login|log-?in|sign-?in|consent|DCR|registration|handshake|token exchange|code exchange|browser)`;
const WELL = String.raw`(?:succeed(?:s|ed)?|success(?:ful(?:ly)?)?|complete[sd]?|completes? cleanly|works?(?: fine)?|passes|finishe[sd]|goes through|went (?:well|through)|is (?:fine|ok(?:ay)?|done)|end to end|成功|erfolgreich|réussi\w*|correctamente|exitosa?|успешн\w*)`;

/** The token was given. */
const GIVEN = [
  /\ball (?:the )?steps? (?:are |were )?(?:green|pass\w*|ok|done|fine|complete\w*|succe\w+)\b|\b(?:after|once|when) (?:I |we |the user )?(?:grant|approv|allow|consent|accept|authori[sz])(?:ing|ed|es)? (?:access|it|the|in|to|app|consent)\b/i,
  /\b(?:can|could|able to) (?:log|sign) ?in\b(?! to\b.{0,30}\bbut not\b)|\bredirect(?:s|ed)? (?:me |us )?back to\b|\bauth\w*: ?(?:authenticated|ok|success\w*|✔|✓)/i,
  new RegExp(
    String.raw`(?<!before |until |unless )\b${FLOW}\b(?! headers?)(?: (?:2\.[01]|flow|dance|handshake|process|step|page|screen|window|itself|with \w+))*(?!.{0,30}\b(?:before|until|unless|not|never|fail\w*)\b)[^\n.;]{0,30}?(?<!n't |un)(?:\b|(?=[^\x00-\x7f]))${WELL}`,
    'i',
  ),
  /\b(?:access[_ ])?tokens? (?:(?:is|was|has been|gets?|are|were) )?(?:successfully )?(?:issued|returned|granted|obtained|received|stored|saved|minted|acquired|fetched|cached)\b/i,
  /(?<!not |n't |never )\b(?:issues?|issued|receiv(?:es?|ed)|obtain(?:s|ed)?|got|gets?|returns?|returned|mint(?:s|ed)?|fetch(?:es|ed)?) (?:back )?(?:an? |the |its )?(?:\w+ ){0,2}(?:access[_ ]token|token pair|tokens\b|JWT\b)/i,
  /\b(?:after|despite|even (?:after|with)|following|with) (?:an? |the )?(?:\w+ ){0,2}(?:successful|completed?|valid|fresh|new) (?:\w+ ){0,2}(?:oauth|auth\w*|login|sign-?in|token|consent)\b|\bsuccessfully (?:authenticated|authori[sz]ed|logged in|signed in)\b|\bsign(?:ed|ing) in (?:works|worked|succeeds)\b/i,
  /\/(?:oauth2?\/)?token\b["'`]?(?: HTTP\/[\d.]+)?["'`]?[^\w\n]{0,12}(?:(?:returns?|returned|responds?|answers?|status|with|HTTP|succeeds?)\W{1,3}){0,3}\(?(?:200|201)\b/i,
];

/** Nothing was asked with it. */
const SILENCE =
  /\b(?:no|zero|not (?:a single|one|even an?)|without (?:an?y?)?|never an?y?) (?:further |more |subsequent |other |following |authenticated |authori[sz]ed |MCP |POST |HTTP |inbound |incoming |bearer )*(?:requests?|POSTs?|calls?|probes?|traffic|connections?|initialize)\b|\bnever (?:again )?(?:sends?|calls?|makes?|issues?|attempts?|reach(?:es|ed)?|arriv(?:es|ed)|hits?|posts?|contacts?|retries|sent|made|uses?)\b|\b(?:goes|went|is|stays) (?:completely |entirely |totally )?(?:silent|quiet)\b|\bdoes(?: not|n't) (?:ever )?(?:send|call|make|issue|attempt|contact|retry|use) (?:any|the|an?y?)\b|\bnothing (?:else |more )?(?:arrives|reaches|follows|hits|happens|is sent)\b/i;
/** It was asked with it, and refused. */
const REFUSED =
  /\b401\b|\binvalid[_ ]token\b|\bunauthori[sz]ed\b|\b(?:token|it)\b.{0,30}\b(?:rejected|refused|not accepted)\b|\b(?:rejects?|refuses) (?:the |its |this |every )?(?:\w+ )?token\b/i;
const NOT_FOUND =
  /\bCannot (?:POST|GET) \/|\b(?:POST|endpoint|initiali[sz]e|server|request)\b.{0,60}\b404\b|\b404\b.{0,40}\b(?:POST|endpoint|initiali[sz]e)\b/i;
const FORBIDDEN = /\b403\b|\bforbidden\b/i;

export interface After {
  /** The line that says the token was given. */
  given: Line;
  /** What came of it, and the line that says so. */
  came: 'silence' | 'unauthorized' | 'forbidden' | 'not-found' | 'other';
  line: Line;
}

const TOKEN_PATH = /\/token\/?$/i;
const OF_SIGN_IN = /oauth|\.well-known|\/(?:register|token|authorize|login|callback|consent)\b/i;

/** What a log of requests shows after a token was given. */
function inLog(given: Partial<Evidence>): After | null {
  const seen = requestsIn(given);
  const last = seen.findLastIndex(({ path, status }) => TOKEN_PATH.test(path) && status < 300);
  const token = seen[last];
  if (!token) return null;
  const later = seen.slice(last + 1).filter(({ path }) => !OF_SIGN_IN.test(path));
  if (later.some(({ status }) => status < 300)) return null;
  const refused = later.find(({ method }) => method === 'POST') ?? later[0];
  if (!refused) return null;
  const { status, line } = refused;
  const came =
    status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : status === 404 ? 'not-found' : ('other' as const);
  return { given: token.line, came, line };
}

/** What is told after a sign-in that went well; null when none did, or when nothing is told of the time after it. */
export function afterSignIn(given: Given & Partial<Evidence>): After | null {
  const logged = inLog(given);
  if (logged) return logged;
  if (!given.reported) return null;
  // Settings of an entry are no sentences.
  const lines = signInWords(given).filter(({ text }) => !/^\s*[{[]/.test(text));
  const done = find(lines, ...GIVEN)?.line;
  if (!done) return null;
  // A sentence may hold both; what stands before the success was the challenge with which every sign-in begins.
  const rest = (line: Line): string => {
    const success = GIVEN.map((form) => form.exec(line.text)).find(Boolean);
    return success ? line.text.slice(success.index + success[0].length) : line.text;
  };
  const later = lines.slice(lines.indexOf(done)).map((line) => ({ ...line, text: rest(line) }));
  const answered = (given.http?.exchanges ?? []).find(({ purpose }) => purpose === 'reported')?.status;
  const silent = find(lines, SILENCE)?.line;
  if (silent) return { given: done, came: 'silence', line: silent };
  // Another answer than these two was shown: the word belongs to something else.
  if (answered !== undefined && ![401, 403, 404].includes(answered)) return { given: done, came: 'other', line: done };
  const refused = find(later, REFUSED)?.line;
  if (refused ?? answered === 401) return { given: done, came: 'unauthorized', line: refused ?? done };
  const forbidden = find(later, FORBIDDEN)?.line;
  if (forbidden ?? answered === 403) return { given: done, came: 'forbidden', line: forbidden ?? done };
  const missing = find(later, NOT_FOUND)?.line;
  if (missing ?? answered === 404) return { given: done, came: 'not-found', line: missing ?? done };
  return { given: done, came: 'other', line: done };
}
