/** What clients and people say when the GET for the optional stream of Streamable HTTP is refused. */
import type { Certainty } from './cause.js';

/** The SDKs' own words for a GET that was refused. */
export const GET_REFUSED: [RegExp, Certainty][] = [
  [
    /\bFailed to (?:open|establish|start|connect) (?:the )?(?:GET |standalone |optional )?SSE stream\b(?!: ?(?:Unauthorized|Forbidden|Bad Gateway|Service Unavailable|Gateway Time|.{0,20}\b(?:between bytes|first byte|time-?out|timed out)\b))/i,
    'likely',
  ],
  [/\bOnly one SSE stream is allowed per session\b|\bConflict: .{0,40}SSE stream/i, 'likely'],
  [
    /\b(?:standalone SSE|hanging GET)\b.{0,80}\b(?:fail\w*|error|unexpected|40\d|50\d|rejected)|\bfail(?:ed)? to get common stream\b/i,
    'likely',
  ],
  [
    /\bGET\b(?: (?!GET\b)\S{1,60}){0,4}? (?:returns?|returned|answers?|answered|responds?|responded|gives?|gets?|hangs?|never|is (?:not handled|held|left))\b.{0,60}\b(?:empty|404|400|406|500|501|200|json|html|nothing|never|forever|no (?:bytes|headers|data|response)|hang\w*|open)\b/i,
    'likely',
  ],
  [
    /\b(?:GET|SSE) (?:listen )?stream\b.{0,60}\b(?:never (?:sends?|flush\w*|returns?)|no (?:bytes|headers|first byte)|hangs?|held open|idles?)\b/i,
    'likely',
  ],
  [
    /\bserver (?:does not|doesn't) (?:support|offer|implement) (?:GET|(?:the )?(?:GET|SSE) stream)\b|\bSSE stream (?:not supported|unavailable|rejected)\b|\bMCP_GET_NOT_SSE\b/i,
    'likely',
  ],
  [
    /\bGET stream\b.{0,20}\b(?:error|fail\w*|rejected|unavailable|refused|(?:is )?not (?:supported|available))\b/i,
    'likely',
  ],
  // Java and Kotlin, over Streamable HTTP.
  [/\bInvalid SSE response\. Status code: ?(?:[45]\d\d)\b/i, 'likely'],
  [
    /\bGET stream (?:was |is )?(?:disconnected|closed|ended|dropped)\b|\bopening an? SSE(?: stream)? failed\b|\bSSE connection established but no\b|\bunable to open (?:an? |the )?SSE stream\b/i,
    'possible',
  ],
  // The client takes the refusal of an optional stream for the end.
  [/\bSSE error: Non-200 status code \((?:405|404|400|406|501)\)/i, 'possible'],
  [/\bCannot GET \/\S{0,60}\bmcp\b/i, 'possible'],
  [/\bMaximum reconnection attempts \(\d+\) exceeded\b/i, 'possible'],
  [
    /\bGET (?:\/\S{0,60} )?(?:requests? )?(?:is |are )?(?:not (?:handled|supported|implemented)|hangs?|times? out|timed out|without (?:an? )?(?:answer|response))\b|\b(?:no|missing|without an?) (?:handler|route) for GET\b|\b40[0-6]\b.{0,30}\b(?:to|on|for) (?:the )?(?:optional )?GET\b(?! \/(?:\.well|sse|health))/i,
    'likely',
  ],
  [
    /\breconnect(?:s|ing|ion)?\b.{0,40}\b(?:loop|forever|again and again|storm|endless\w*|infinite\w*)\b.{0,80}\b(?:SSE|stream|GET)\b|\b(?:SSE|stream|GET)\b.{0,80}\breconnect(?:s|ing|ion)?\b.{0,40}\b(?:loop|forever|again and again|storm|endless|infinite)/i,
    'likely',
  ],
];
