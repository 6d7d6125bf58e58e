/** How firewalls, bot rules, challenges and forward proxies refuse: their words, and the answers that they give in place of the origin. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { isRpc } from './answers.js';
import type { Certainty } from './cause.js';
import { edgeAnswer, edgeAround, edgeBefore } from './edges.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';

type Seen = Partial<Evidence>;

/** What firewalls, bot rules and challenges say, wherever a client quotes it. */
export const BLOCKED = [
  /\bSorry, you have been blocked\b|\bYou are unable to access \S|\bAttention Required!|\bJust a moment\.\.\.|\bEnable JavaScript and cookies\b|\bcf-mitigated\b|\bcf[-_]chl\b|challenge-platform|\bCloudflare Ray ID\b|\bmanaged challenge\b|\bSecurity Checkpoint\b/i,
  /\bERR_NGROK_6024\b|\b(?:ngrok|browser) (?:browser )?warning(?: page)?\b|\bngrok-skip-browser-warning\b|\btunnel password\b|\bbypass-tunnel-reminder\b|\bX-Tunnel-Skip-AntiPhishing-Page\b|\b(?:deployment|vercel) protection\b|_vercel_sso_nonce|\bx-vercel-protection-bypass\b/i,
  /\b(?:bot (?:fight|protection|management|detection|rule|block)\w*|super bot fight mode|block(?:ed|s|ing)? (?:by |of |the )?(?:\w+ )?(?:AI (?:bots?|training|crawlers?|scrapers?)|bots?|WAF|firewall|cloudflare|akamai|imperva|crowdsec|fail2ban|mod_?security)|(?:WAF|(?:web )?application firewall|mod_?security|OWASP|AI (?:bot|crawler|scraper)s?|user[- ]agent) (?:\w+ ){0,3}(?:block\w*|reject\w*|den(?:y|ies|ied)|drops?|dropped|challenge\w*|filter\w*|rule))\b/i,
  /\bRequest blocked\.|\bThe request is blocked\b|\bRBAC: access denied\b|\bRequest forbidden by administrative rules\b|\bIncapsula\b|errors\.edgesuite\.net|\bSucuri WebSite Firewall\b|\bWeb Page Blocked\b|\bThis website is using a security service\b|\bbanned your access\b|\baccess denied\b.{0,60}\b(?:cloudflare|akamai|waf|error 10\d\d|reference #)/i,
  /\berror(?: code)?:? ?10(?:0[3679]|10|12|20)\b/i,
  // Forward proxies that let only listed hosts or ports through: Squid, sandboxes, filters of companies; web servers' modules.
  /\bTCP_DENIED\b|\bModSecurity: (?:Access denied|Warning)|\bweb filter(?:ing)?\b|\b(?:Zscaler|Fortinet|FortiGuard|Netskope|Palo Alto|Umbrella|Forcepoint|Blue ?Coat|McAfee Web Gateway|iboss|Cato)\b.{0,60}\b(?:block\w*|den(?:y|ies|ied)|refus\w*|reject\w*|filter\w*|403)\b|\bblocked by (?:your |the |an? )?(?:\w+ )?(?:organi[sz]ation|administrator|network polic\w+|security polic\w+|egress|allow-?list|(?!CORS)\w+ policy)|\bblocked-by-allowlist\b|\bhost_not_allowed\b|\bx-deny-reason\b|\b(?:egress|outbound)\b.{0,40}\b(?:not allowed|denied|blocked|allow-?list)\b/i,
  // The same request, and another program that sends it.
  /\b(?:user[- ]agent|UA)\b.{0,60}\b(?:40[36]|block\w*|forbidden|refus\w*|reject\w*)\b.{0,80}\b(?:200|works?|ok|fine|passes|browser|curl)\b|\b(?:403|forbidden|blocked)\b.{0,60}\b(?:for|with|from) (?:the )?(?:\w+[- ])?(?:user[- ]agent|datacenter|cloud|AWS|Anthropic|OpenAI) ?(?:IPs?|ranges?|addresses)?\b/i,
];
/** The server never saw it. */
export const SILENT =
  /\b(?:zero|no|0) (?:inbound |incoming )?(?:requests?|server[- ]side logs?|(?:access |origin )?log (?:entries|lines)|traffic|hits?)\b|\b(?:never|not) (?:arrives?|reach(?:es|ed)?|seen|logged|calls?)\b.{0,40}\b(?:server|origin|backend|log)?/i;
export const FORBIDDEN =
  /\bHTTP\W{0,3}403\b|\b403\b.{0,20}\bforbidden\b|\bforbidden\b.{0,20}\b403\b|\bCONNECT\b.{0,20}\b403\b|status(?: code)?\W{1,3}403\b/i;
/** A proxy on the client's side that refuses to open a tunnel. */
export const FORWARD =
  /\b(?:tunnel\w*|CONNECT|prox(?:y|ies)\w*)\b.{0,60}\b403\b|\b403\b.{0,40}\b(?:tunnel\w*|CONNECT|proxy)\b|\bHTTP code 403 from proxy\b/i;
export const HOSTED = /claude|chatgpt|openai|anthropic|copilot|gemini/i;
/** Edges that stand far before the machine whose log is silent. */
export const FAR = /^(?:Cloudflare|CloudFront|Akamai|Imperva|Sucuri|AWS WAF|Azure Front Door)$/;
/** The edge that signs the page of a refusal, as a client quotes it. */
export const SIGNED =
  /\bawselb\b|<center>(?:nginx|openresty|cloudflare)|\b(?:cloudflare|cloudfront|akamai|envoy|haproxy)\b/i;
/** An edge that has such rules. */
export const WITH_RULES =
  /^(?:Cloudflare|CloudFront|Akamai|Imperva|Sucuri|AWS WAF|AWS load balancer|Azure Front Door|Azure Application Gateway|Vercel|Envoy|HAProxy|nginx|Cloudflare quick tunnel)$/;
/** The statuses of such rules; a challenge of AWS is 202, and 200 is a page for browsers. */
export const REFUSED = new Set([401, 403, 405, 406, 409, 429, 503]);

/** Whoever asks for credentials, or answers in the words of an application, is the origin. */
export const OF_ORIGIN =
  /"(?:detail|error|error_description|errors?|code|title)"\s*:|origin|host header|invalid[_ ](?:token|host)|unauthori[sz]ed|api[ _-]?key|token|csrf/i;

function isUnsigned(exchange: Exchange): boolean {
  const { headers = {}, body = '', status = 0 } = exchange;
  const type = exchange.contentType ?? headers['content-type'] ?? '';
  return (
    status === 403 &&
    headers['www-authenticate'] === undefined &&
    !isRpc(body) &&
    !OF_ORIGIN.test(body) &&
    !/json/i.test(type)
  );
}

/** The answer that was refused before the origin, with how sure that is. */
export function refusedBy(
  given: Seen,
): { certainty: Certainty; cites: string[]; edge: string; status: number; page: boolean; says: string } | null {
  const url = given.endpoint?.asked.url ?? targetOf(given);
  const exchanges = given.http?.exchanges ?? [];
  for (const [i, exchange] of exchanges.entries()) {
    const status = exchange.status ?? 0;
    const live = !wasTold(exchange);
    // Only the conversation and its beginning count: what our own looking around meets is aside.
    if (
      live &&
      !/^(?:initialize|server\/discover|open-sse-stream|tools\/list|notifications\/initialized)$/.test(exchange.purpose)
    )
      continue;
    const answer = edgeAnswer(exchange);
    const place = at('http', 'exchanges', i);
    // The limit of a body stops the payload as a rule stops the client.
    const limit = answer?.kind === 'limit' && status === 413;
    if (answer && (answer.kind === 'blocked' || answer.kind === 'browser-only' || limit)) {
      // An identity that the platform wants is a matter of credentials more than of a rule.
      const credentials = /^(?:Cloud Run|AWS Lambda function URL)$/.test(answer.edge);
      return {
        certainty: credentials ? 'possible' : live ? 'certain' : 'likely',
        cites: [place],
        edge: answer.edge,
        status,
        page: answer.kind === 'browser-only',
        says: answer.says,
      };
    }
    if (status === 403 && exchange.headers?.['x-deny-reason'] !== undefined)
      return {
        certainty: 'likely',
        cites: [place],
        edge: 'a forward proxy',
        status,
        page: false,
        says: '',
      };
    if (!isUnsigned(exchange)) continue;
    const edge = edgeBefore({ url: exchange.url || url, headers: exchange.headers ?? {} }) ?? edgeAround(given);
    if (edge && WITH_RULES.test(edge)) {
      const html =
        /text\/(?:html|plain)/i.test(exchange.contentType ?? exchange.headers?.['content-type'] ?? '') ||
        /<html|<center>/i.test(exchange.body ?? '');
      const hosted = /user/i.test(given.reported?.client ?? '') || HOSTED.test(given.reported?.client ?? '');
      return {
        certainty: html || hosted ? 'likely' : 'possible',
        cites: [place],
        edge,
        status,
        page: false,
        says: '',
      };
    }
  }
  return null;
}
