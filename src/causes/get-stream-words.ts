/** How clients, SDKs and people say that the optional GET stream of Streamable HTTP failed. As data, the narrow words first. */
import type { Certainty } from './cause.js';
import { GET_REFUSED } from './get-refused.js';

/** What a sign-in, an edge or a time limit has done to the stream is told by causes of their own. */
const NOT_ITS_OWN =
  '(?!: ?(?:Unauthorized|Forbidden|Bad Gateway|Service Unavailable|Gateway Time|Too Many|.{0,30}time-?out|.{0,20}timed out))';

export const SAID: [RegExp, Certainty][] = [
  [
    new RegExp(
      String.raw`\bFailed to (?:open|establish|start|connect) (?:the |to )?(?:(?:GET|standalone|optional|listening) )?(?:SSE|event) stream\b${NOT_ITS_OWN}`,
      'i',
    ),
    'likely',
  ],
  [/\bFAILED_TO_OPEN_STREAM\b/, 'likely'],
  [
    /\b(?:standalone SSE|hanging GET)\b.{0,80}\b(?:fail\w*|error|unexpected|40\d|50\d|rejected)|\bfail(?:ed)? to (?:get common stream|listen to server)\b/i,
    'likely',
  ],
  [
    /\bGET\b(?: (?!GET\b)\S{1,60}){0,4}? (?:returns?|returned|answers?|answered|responds?|responded|gives?|gets?|hangs?|never|is (?:not handled|held|left))\b.{0,60}\b(?:empty|404|400|406|409|500|501|200|json|html|nothing|never|forever|no (?:bytes|headers|data|response)|hang\w*|open)\b/i,
    'likely',
  ],
  // The status beside the stream, in either order: "404 when opening the GET stream", "listening stream refused with 400".
  [
    /\b(?:GET|listen(?:ing)?|standalone|common|server-to-client|notifications?|background) (?:SSE |event )?(?:stream|channel|listener)\b.{0,80}\b(?:400|404|405|406|409|415|422|500|501|not found|bad request|method not allowed|not acceptable|not implemented|internal server error)\b/i,
    'likely',
  ],
  [
    /\b(?:400|404|405|406|409|415|422|500|501)\b.{0,60}\b(?:open\w*|establish\w*|connect\w*|start\w*|listen\w*|subscrib\w*)\b.{0,40}\b(?:(?:GET|SSE|event|listening|notifications?) ?(?:stream|channel)|async notifications|GET request)\b/i,
    'likely',
  ],
  [
    /\b(?:open|opening|establish|establishing) (?:the |an? )?(?:GET |SSE |event |notifications? )?stream\b.{0,120}\b(?:400|404|405|406|409|500|501)\b/i,
    'likely',
  ],
  [
    /\bGET (?:\/\S{0,60} )?(?:requests? )?(?:is |are )?(?:not (?:handled|supported|implemented)|hangs?|times? out|timed out|without (?:an? )?(?:answer|response))\b|\b40[0-6]\b.{0,30}\b(?:to|on|for) (?:the )?(?:optional )?GET\b(?! \/(?:\.well|sse|health))/i,
    'likely',
  ],
  [
    /\b(?:no|missing|without an?|lacks? an?|needs? an?|implement\w* an?|add(?:s|ed|ing)? an?) (?:\w+ )?(?:(?:handler|route) (?:for|on) GET|GET (?:\/\S{1,60} )?(?:handler|route))\b/i,
    'likely',
  ],
  [
    /GET\b.{0,30}(?:没有实现|未实现|没有处理|不支持|卡住|挂起|阻塞|无响应|没有响应|一直(?:等待|不)|返回.{0,8}(?:40[0-6]|50[0-4])|実装され(?:てい)?ない|サポートされ(?:てい)?ない|応答しない|ハング|지원하지|구현되지|응답이 없)/i,
    'likely',
  ],
  [
    /\b(?:hangs?|hung|hanging|stuck|blocks?|blocked|waits?|waiting) (?:on|at|in|for) (?:the |its |an? )?(?:\w+ )?GET\b/i,
    'likely',
  ],
  // C#: the task that reads the stream.
  [/\bReceiveUnsolicitedMessages/, 'likely'],
  [
    /\bGET\b.{0,120}\bonly (?:defines?|has|handles?|implements?|supports?|registers?|registered|accepts?|allows?|exposes?)\b.{0,30}\bpost\b|\bonly (?:defines?|has|handles?|implements?|supports?|registers?|registered|accepts?|allows?|exposes?)\b.{0,30}\bpost\b.{0,120}\bGET\b/i,
    'likely',
  ],
  [
    /\b(?:keeps?|constantly|repeatedly|continuously|endlessly)\b.{0,30}\bGET \/|\bGET \/\S{0,60} (?:requests? )?every (?:few )?(?:\d+ ?)?(?:ms|s|seconds?|minutes?)\b/i,
    'possible',
  ],
  // Python: a stream that is refused or ended is tried again, and said at the level of debugging.
  [/\bGET (?:SSE )?stream (?:error|max(?:imum)? reconnection|failed)\b/i, 'likely'],
  [/\bGET (?:SSE )?stream disconnected, reconnecting\b/i, 'possible'],
  [
    /\b(?:send(?:ing)?|making|issuing) (?:the |an? )?GET\b.{0,40}\b(?:400|404|406|500|501)\b|\bhandle_get_stream\b/i,
    'likely',
  ],
  ...GET_REFUSED,
];

/** A GET of the endpoint with the status beside it, in a sentence; to be believed only where no POST is refused. */
export const GET_STATUS =
  /\bGET(?: request)?(?: to| on| at)? [`"']{0,2}(?:https?:\/\/[^\s/"'`]{1,200})?\/[^\s"'`]{0,120}\b(?:mcp|http|rpc|stream\w*)\b[^\s"'`]{0,40}?[`"']{0,2}\s{0,2}(?:->|=>|→|:|-|–|=|\(|returns?|returned|was|got|gets)\s{0,2}[`(]?(?:HTTP(?:\/[\d.]+)? ?)?(?<status>400|404|406|409|415|422|500|501)\b/i;
export const POST_REFUSED = /\bPOST\b.{0,80}?\b(?:40[0-9]|41\d|42\d|50\d)\b|POSTing to endpoint/i;
/** Somebody found that what is posted goes through. */
export const POST_WORKS =
  /\bPOSTs?\b(?: requests?)?[^.]{0,80}?\b(?:works?|working|fine|ok(?:ay)?|succeeds?|succeeded|successful\w*|正常)\b|\b(?:works?|fine|ok|succeeds?) (?:over|with|via|for|on) POST\b|(?:only|except|but) (?:the )?GET\b.{0,40}\b(?:fails?|404|400|406|500)\b/i;
/** A client that gives up the connection because of the 405 that it may be given. */
export const FATAL =
  /\b(?:crash\w*|fatal|abort\w*|exception|throws?|thrown|dies|gives? up|unusable|dispose[sd]?|disconnect\w*|close[sd]?|terminat\w+|treat(?:s|ed)?|fail(?:s|ed|ure)?|refuse[sd]?|kill(?:s|ed)?|reconnect\w*|instead of (?:continuing|ignoring))\b/i;
/** Nothing came back. */
export const SILENT =
  /\b(?:hangs?|hung|hanging|indefinitely|forever|stuck|pending|blocks?|blocked|never (?:returns?|responds?|answers?|completes?|flush\w*|sends?|resolves?)|no (?:response|headers|bytes|data|output)|0 bytes received|timed? ?out|timeout)\b|卡住|挂起|阻塞|无响应|没有响应|ハング|応答なし/i;
/** Somebody asks for the stream by hand. */
export const BY_HAND =
  /\bcurl\b(?!.{0,400}(?:-X ?POST|\s-d\b|--data)).{0,200}text\/event-stream|^> GET \/(?!\S*sse\b)/im;
/** Of a request that is known to be a GET: nobody handles it, and a page comes back. */
export const UNROUTED =
  /\b(?:without|no|missing|lacks?|unhandled|only) (?:an? |any |the )?(?:\w+ )?(?:handler|route)s?\b|\bHTML\b|\bcatch-?all\b/i;
