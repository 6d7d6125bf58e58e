/** How clients, servers and people word it that a POST of Streamable HTTP reached a server of HTTP+SSE. */

export const isSse = (url: string | null): boolean => /\/sse\/?(?:[?#]|$)/i.test(url ?? '');

/** A POST that an /sse address refuses, in a client's words or in an access log. */
export const REFUSED_POST = [
  /\bCannot POST (?<path>\/\S*sse)\b/i,
  /\bPOST (?<path>(?:https?:\/)?\/\S*sse\/?)(?:\?\S*)?(?: HTTP\/[\d.]+)?"? (?<status>40[45])\b/i,
  /\b(?<status>40[45])\b.{0,30}\b(?:from|for|at|to|url)\W{1,3}(?<path>https?:\/\/\S{1,200}\/sse)\/?(?:[\s'"),]|$)/i,
  /\bserver (?:only|just) (?:offers|serves|supports|has|speaks|exposes|provides) (?:an? |the )?(?:\/sse|(?:HTTP\+)?SSE)\b/i,
  // "405" alone, where the URL told apart ends in /sse; "Method Not Allowed" from every kind of server.
  /\b(?<status>40[45])\b|\bmethod not allowed\b/i,
];

/** Clients that know both transports post first and then fall back: that is no failure. */
export const FALLS_BACK = /fall(?:ing)?[ -]?back|retry(?:ing)? with sse|\bGET \//i;

/** It went on over SSE: if that failed as well, the reason is another one. */
export const FELL_BACK = /fall(?:ing|s)?[ -]?back|fallback transport|sse-only|SSEClientTransport/i;

/** Failures that have nothing to do with the transport. */
export const OTHERWISE =
  /terminated|timed? ?out|closed|disconnect|drop|\b(?:ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPROTO)\b|fetch failed|certificate|unauthori[sz]ed|\b(?:40[13]|5\d\d)\b|oauth|token|auth/i;

/** A client that posts is refused with the very status that stands for "GET only". */
export const NO_POST =
  /\bUnexpected ?Server ?Response\b.{0,12}\bHTTP 405\b|\bPOST(?:ing|s|ed)?\b.{0,120}?\b405\b|\bPOSTing to endpoint\b.{0,200}?\bmethod not allowed\b|\b(?:streamable[ -]?http|initiali[sz]e)\b.{0,120}?(?:\b405\b|\bmethod not allowed\b)/i;

/** A server that says which transport it serves. */
export const SERVES_SSE =
  /\btransport\b["']?(?: type| mode)?\s*(?:is|set to|[=:]|->)?\s*["']?sse\b|\bSSE (?:server|transport|mode|endpoint)\b|\bSSEServerTransport\b|\b(?:running|listening|serving|started|available|mounted)\b.{0,60}\/sse\b|\b(?:over|via|using|in) sse\b|"?GET \/sse\b.{0,20}\b200\b|\bsse-(?:message-)?endpoint\s*[=:]/i;
export const SERVES_BOTH =
  /streamable|\btransport\b.{0,10}\bhttp\b(?!:)|\b(?:running|listening|serving|available)\b.{0,60}\/mcp\b/i;

/**
 * What the message address of the older transport says of a POST that names no session in its query: Python, the TypeScript sample,
 * Spring, C#, Go. Streamable HTTP has the session in a header and spells it so.
 */
export const WANTS_QUERY =
  /\bsession_id is required\b|\b(?:missing|no|invalid|required?|requires) (?:the )?(?:query )?(?:param\w* )?["'`]?(?:sessionId|session_id)["'`]? (?:query )?param|\bquery param\w*.{0,20}\b(?:sessionId|session_id)\b|\bMissing (?:required )?(?:query )?(?:param(?:eter)?:? )?["'`]?(?:sessionId|session_id)["'`]?(?: (?:query )?param(?:eter)?)?\b(?! header)|\bSession ID missing in message endpoint\b|\b(?:sessionId|session_id) (?:query )?param(?:eter)?(?: is)? (?:required|missing)|\bsessionid must be provided\b/;
/** A server that knows the older transport alone, as people say it. */
export const ONLY_SSE =
  /\bserver\b[^.]{0,40}\b(?:only (?:supports?|speaks?|serves?|offers?|implements?|has|provides?)|(?:supports?|speaks?|serves?|offers?|implements?|is) only) (?:the )?(?:legacy |old(?:er)? |deprecated )?(?:HTTP ?\+ ?)?SSE\b|\blegacy (?:HTTP ?\+ ?)?SSE (?:server|endpoint)\b|\b(?:httpUrl|streamable[ -]?http|http transport)\b.{0,40}\b(?:for|against|to|on|with) an? (?:legacy |old )?SSE(?:-only)? (?:server|endpoint)\b|(?:只|仅)支持\s?SSE|(?:服务端?|服务器).{0,6}是\s?SSE/i;
/** The first event of the older transport. */
export const ENDPOINT_EVENT =
  /\b(?:unknown|unexpected|unsupported|unhandled|unrecogni[sz]ed|received|got|ignor(?:ed|ing)) (?:SSE |server-sent )?event(?: type| name)?\W{1,4}endpoint\b|\bevent:? ["'`]?endpoint\b["'`]?.{0,80}\b(?:expected|instead|unexpected|not (?:a )?(?:valid )?(?:message|JSON)|POST)|\b(?:fail\w*|error|unable|cannot) (?:to )?(?:pars|decod|deserializ)\w* .{0,30}["'`]?(?:\/\S{0,80}?messages?\b\S{0,20}[?/]|.{0,20}\bevent:? ["'`]?endpoint\b)|"\/\S{0,80}messages?\b\S{0,80}" is not valid JSON|\binput_value='\/\S{0,80}(?:messages?|session_?id)/i;
/** The event itself. */
export const ENDPOINT = /\bevent: ?endpoint\b|^data: ?\/\S*(?:\?|&)session_?id=/im;
/** A client that asks for Streamable HTTP, as its entry or its code says. */
export const ASKS =
  /"(?:type|\w*transport\w*|protocol\w*)"\s*:\s*"(?:streamable[-_]?http|http(?:Streamable)?|streamable)"|"httpUrl"|\bStreamableHttp\b|\bstreamable_?http_?client\b/i;
