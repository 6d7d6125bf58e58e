/** What clients do wrong, in their own words and in those of people: data of client-defect. */
import type { Evidence } from '../case/evidence.js';
import type { Defect } from '../clients/client.js';
import { affects, CLIENTS, clientOf } from '../clients/index.js';
import type { Line } from './words.js';

/** Places in the program of a client, from stack traces. */
export const BUNDLES: [string, RegExp][] = [
  ...CLIENTS.flatMap(({ name, program }): [string, RegExp][] => (program ? [[name, program]] : [])),
  ['the client', /app\.asar|node:electron|electron[\\/]js2c/],
];
/** Errors of the client's own code; what a parser, a spawn or the protocol reports belongs elsewhere. */
export const OWN_ERROR =
  /\b(?:TypeError|ReferenceError|RangeError|AssertionError|NullReferenceException|NullPointerException)\b|Cannot (?:read propert|set propert|destructure)|is not a function|is not (?:defined|iterable)|undefined is not an object|Maximum call stack/;
export const NOT_OWN = /fetch failed|terminated|Invalid URL|ERR_INVALID_ARG|ENOENT|EACCES|ECONN|not valid JSON/;

/** What a client says when it has lost its own way. */
export const SAID: [RegExp, 'likely' | 'possible'][] = [
  [/\b\w*ClientTransport already (?:started|connected|closed)\b/i, 'likely'],
  [/\bReceived a (?:response|progress notification) for an unknown (?:message ID|token)/i, 'likely'],
  [
    /(?<!(?:not|n't|never|no) )\b(?:works?|worked|working|connects?|succeeds?)\b.{0,40}\b(?:in|with|from|under|on) (?:the )?(?:previous version|older version|an earlier version|version \d)/i,
    'likely',
  ],
  [
    /\b(?:downgrad\w+|rolling back|reverting|going back|after (?:the |an? )?(?:client |app |automatic )?(?:update|upgrade)|since ~?(?:the )?(?:updat\w*|upgrad\w*|version|v\d)|work(?:s|ed) (?:fine )?(?:through|until|up to|before|in) v?\d+\.\d|regression(?! (?:tests?|models?|analys)))\b/i,
    'likely',
  ],
  // The client ends servers itself, or counts their orderly end as a failure.
  [
    /\bsends? SIG(?:TERM|KILL|INT)\b.{0,60}\b(?:servers?|process(?:es)?)\b|\bservers?\b.{0,40}\b(?:fail\w*)\b.{0,30}\bon (?:\/?exit|quit|shutdown)\b/i,
    'likely',
  ],
  // A tool that the protocol allows, and a program of the client's that cannot take it.
  [
    /\b(?:fail\w*|unable|cannot|could not|error) (?:to )?(?:convert|transform|translat|adapt|wrap|map)\w* (?:the )?(?:MCP )?tools?\b|\b\w*(?:Server|Client)(?:Config|Parameters|Settings)\.__init__\(\) got an unexpected keyword/i,
    'likely',
  ],
  [
    /\bExtension (?:host |[\w.-]{1,60} )?(?:not found|terminated unexpectedly)|\bnot approved, disabling\b|\b(?:all|every|most|none of the) (?:\w+ ){0,3}servers? .{0,40}?(?:fail|stopp|die|drop|disconnect|killed|at once|simultaneous)\w*/i,
    'likely',
  ],
  [
    /\b(?:Claude(?: Desktop| Code)?|Cursor|Windsurf|VS ?Code|Codex|Cline|Zed|Gemini CLI|the (?:client|app|host|IDE))\b.{0,40}\b(?:is not|isn't|never|does(?:n't| not)|did(?:n't| not)|no longer|stopped) (?:send|pass|call|start|spawn|launch|read|load|respect|honou?r|writ|forward|deliver)\w*/i,
    'likely',
  ],
  [
    /\b(?:tools\/call|tool calls?|initialize|messages?)\b.{0,30}\b(?:never|not|no longer)\b.{0,12}\b(?:reach\w*|arriv\w*|sent|dispatched|delivered|forwarded)\b(?!.{0,30}\b(?:proxy|gateway|ingress|cloudflare)\b)|\bSIG(?:KILL|TERM|INT)\b.{0,30}\b(?:on|at|during) (?:\/exit|quitting|startup)\b/i,
    'likely',
  ],
  [
    /\bClosing all \(0 servers\)|\[CCD\].{0,80}\blocal: 0\b|\bservers? (?:shows?|listed as|appears?) .{0,40}\b(?:running|connected)\b.{0,60}\b(?:but|no tools|never)\b/i,
    'likely',
  ],
  // Over HTTP: the entry is right, and what it says is not sent, or nothing is.
  [
    /\b(?:custom |static |configured |auth\w* )?headers?\b.{0,60}\b(?:(?:are|is|were|get) (?:silently )?(?:ignored|dropped)|not (?:sent|passed|transmitted|applied|used|included)|never (?:sent|passed|transmitted|used))\b(?!.{0,40}\b(?:proxy|nginx|gateway|cloudflare|ingress)\b)/i,
    'likely',
  ],
  [
    /\bno (?:connection|request|network call|HTTP)\b(?! could be made).{0,40}\b(?:ever |was |is )*(?:attempted|sent|made|issued)\b|\bv?\d+\.\d+\.\d+ (?:is |was |still )?(?:confirmed )?(?:working|works|fine|unaffected)\b|\b(?:works|worked) (?:fine )?(?:in|on|with) (?:version )?v?\d+\.\d+/i,
    'likely',
  ],
  [
    /\b(?:clients?|requests?)\b.{0,60}\b(?:does(?: not|n't)|never|fails to|forgets to) (?:send|include|return|echo|forward|keep|store|pass|contain|carry|set) (?:the |its |a )?(?:mcp-session-id|session (?:id|header)|MCP-Protocol-Version|accept header|cookies?)/i,
    'likely',
  ],
  [
    /\bSkipping connection \(cached needs-auth\)|\b(?:curl|postman|httpie|wget|the browser|inspector)\b.{0,60}\b(?:works|succeeds|is fine|returns 200)\b/i,
    'possible',
  ],
  [
    /\bSkipping automatic createClient\b|\bClient is not connected, must connect before interacting\b|\bNo server info found\b.{0,200}\bconnected\b|\bClient already (?:connected|exists)|\bshared[- ]process\b/i,
    'possible',
  ],
  // What a client does to a request, in the words of the person: the server would have taken it.
  [
    /\b(?:the |this |its )?(?:client|host app\w*|IDE|extension|plugin|SDK|bridge|Claude(?: Desktop| Code)?|Cursor|Windsurf|VS ?Code|Copilot|Codex|Cline|Roo(?: Code)?|Zed|Goose|Gemini CLI|LibreChat|Open WebUI|n8n|Dify|opencode|Kiro|LangChain|mcp-remote)\b.{0,30}\b(?:drops?|strips?|omits?|mangles?|truncates?|overwrites?|appends?|duplicates?|re-?encodes?|double-?encodes?|escapes?|rewrites?|hard-?codes?|mis-?parses?|chokes? on|splits?|swallows?|caches?|discards?|misreads?|misinterprets?|incorrectly|wrongly|erroneously|assumes?|insists?|rejects? (?:valid|the valid|a valid|correct|spec)\w*)\b(?!.{0,40}\b(?:proxy|nginx|gateway|cloudflare|ingress)\b)/i,
    'likely',
  ],
  [
    /\b(?:client|app|IDE|Claude(?: Desktop| Code)?|Cursor|Windsurf|VS ?Code|Codex|Cline|Zed|Goose)\b.{0,30}\b(?:sends?|posts?|issues?|calls?|opens?|makes?|closes?|aborts?|cancels?|terminates?|reconnects?|retries|keeps? (?:re)?(?:connecting|trying|sending|polling))\b.{0,60}\b(?:right after|immediately|before|too early|twice|again and again|in (?:an )?(?:infinite|endless) loop|although|even though|despite|instead of|without waiting)\b|\b(?:although|even though|despite)\b.{0,30}\bserver\b.{0,30}\b(?:answers?|responds?|returns?|replies|sends?|is (?:up|fine|healthy))\b/i,
    'possible',
  ],
  [
    /\b(?:valid|correct|spec-?compliant|conforming|well-?formed) (?:JSON-?RPC|response|answer|SSE|event|initialize\w*|schema|metadata)\b.{0,60}\b(?:rejected|refused|ignored|not (?:accepted|recogni[sz]ed|parsed)|fails?)\b|\b(?:even though|although|despite)\b.{0,30}\b(?:docs?|documentation|spec\w*|README)\b|\b(?:known|confirmed) (?:client |upstream )?(?:bug|issue|regression) (?:in|of|with)\b|\bbug in (?:the )?(?:client|Claude|Cursor|VS ?Code|Windsurf|Codex|Cline|Zed|SDK)\b|\bfixed (?:in|with|by) (?:the )?(?:client |latest |next |insiders |version |v)+\S+|\bInsiders\b.{0,30}\b(?:works?|fixed|fixes)\b/i,
    'possible',
  ],
  // HTTP+SSE tells the address for messages in an event; a client that takes it for a message, or waits for it though it was sent, reads it wrongly.
  [/\bFailed to parse message: ["'`]?(?:https?:\/\/[^\s"']{1,80})?\/[^\s"']{0,80}(?:\?|&)session_?id=/i, 'possible'],
  [
    /\b(?:ignor\w+|mis-?parses?|does(?:n't| not) (?:use|read|handle|support|follow)|fails to (?:use|read|parse|follow))\b.{0,30}\bendpoint event\b|\b(?:reads?|pars\w+|handl\w+)\b.{0,20}\bendpoint (?:event|URL)\b.{0,30}\b(?:wrong\w*|incorrect\w*|as (?:a )?(?:JSON|message))/i,
    'likely',
  ],
];
/** Another client gets on with the server. */
export const ELSEWHERE: RegExp[] = [
  /(?<!(?:not|n't|never|no) )\b(?:works?|worked|working|connects?|succeeds?|complet\w+|initiali[sz]es?)\b.{0,40}\b(?:in|with|from|under|on) (?:both |all )?(?:the )?(?:official )?(?:MCP )?(?:Inspector|SDK\b|Claude (?:Code|Desktop)|Cursor|VS ?Code|Windsurf|Cline|Zed|Codex|other (?:\w+ )?clients?|every other|all other)/i,
  /\b(?:shows? up|appears?|visible|listed|available|discovered|loaded|works?|connects?)\b.{0,24}\b(?:in|with|from|under|on) (?:the )?(?:MCP )?(?:Inspector|Claude(?: Code| Desktop)?|Cursor|VS ?Code|Postman|curl|other clients)\b.{0,24}\b(?:but|and|while|yet)\b.{0,12}\b(?:not|never|nothing|fails?|doesn't|isn't)\b/i,
];
/** Then the server is not the same there: another copy of it, another way to it, or another setting. */
export const NOT_THE_SAME =
  /\bcurl\b|\bpostman\b|\b(?:docker|container|local(?:ly|host)?|ngrok|tunnel|deploy\w*|production|cloud|remote(?:ly)?|behind|proxy|nginx|kubernetes|k8s|stdio|(?:over|via|through|using) (?:sse|http|streamable))\b/i;

/** An exception in other languages, which of a client's own words alone is the client's. */
export const FOREIGN_CODE =
  /\b(?:KeyError|AttributeError|NameError|IndexError|UnboundLocalError|NotImplementedError|RuntimeError|ClassCastException|IllegalStateException|IndexOutOfBoundsException|NoSuchMethodError|InvalidCastException|InvalidOperationException|KeyNotFoundException|NoMethodError)\b|\bpanicked at\b|\bpanic: runtime error\b|\bnil pointer dereference\b|\bUnhandledPromiseRejection\w*|\bunhandled (?:promise )?rejection\b|\bobject has no attribute\b|\bmissing \d+ required positional argument|\bgot an unexpected keyword argument\b|\bCannot destructure\b/;
/** The reason of such an exception is the way, the answer or the sign-in: nothing of the client's. */
export const WAY =
  /\b(?:ECONN|ENOT|ETIME|EHOST|EAI_)\w+|refused|time[sd]? ?-?out|\bHTTP\b.{0,12}\b[45]\d\d\b|\b(?:status|code)\W{0,3}[45]\d\d\b|certificate|unauthori[sz]ed|not valid JSON|\bConnect(?:ion)?Error\b|No module named|session (?:not found|expired|terminated)/i;
/** What servers do wrong, and clients as well: the second thing to look at. */
export const AS_WELL =
  /\borphan(?:ed|s)?\b|\bzombies?\b|\bnever (?:be(?:en)? )?(?:reaped|killed|terminated|cleaned)\b|\bprocess(?:es)? (?:accumulat\w+|pil(?:e|ing) up)\b|\bInvalid result for (?:tools|resources|prompts)\/list\b|\binput_?[sS]chema\b/;

export interface KnownDefect {
  line: Line;
  version: string;
  defect: Defect;
}

/**
 * A version of the client that has a known defect, as its lines or those of the person name it. Defects that show in a call alone, or
 * in what a setting is worth, explain no server that does not come up.
 */
export function reportedDefect(
  lines: Line[],
  { client, os, transport }: Partial<Evidence['reported']>,
): KnownDefect | null {
  const known = clientOf(client ?? '');
  const when = transport && (transport === 'stdio' ? 'stdio' : 'http');
  const suspects = (known?.defects ?? []).filter(
    (defect) => /^(?:start|later)$/.test(defect.phase) && (!when || !defect.when || defect.when === when),
  );
  for (const line of lines) {
    // A number of that form in a path or a package belongs to something else.
    if (/[@/\\]\d/.test(line.text)) continue;
    for (const [version] of line.text.matchAll(/(?<![\d.@-])\d+(?:\.\d+){1,3}\b/g)) {
      const defect = suspects.find((suspect) => affects(suspect, version, os));
      if (defect) return { line, version, defect };
    }
  }
  return null;
}
