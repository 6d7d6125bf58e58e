import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { isRpc } from './answers.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeAnswer, edgeAround, edgeBefore, edgeNamed, edgeSaying } from './edges.js';
import { targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

type Seen = Partial<Evidence>;

/** What firewalls, bot rules and challenges say, wherever a client quotes it. */
const BLOCKED = [
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
const SILENT =
  /\b(?:zero|no|0) (?:inbound |incoming )?(?:requests?|server[- ]side logs?|(?:access |origin )?log (?:entries|lines)|traffic|hits?)\b|\b(?:never|not) (?:arrives?|reach(?:es|ed)?|seen|logged|calls?)\b.{0,40}\b(?:server|origin|backend|log)?/i;
const FORBIDDEN =
  /\bHTTP\W{0,3}403\b|\b403\b.{0,20}\bforbidden\b|\bforbidden\b.{0,20}\b403\b|\bCONNECT\b.{0,20}\b403\b|status(?: code)?\W{1,3}403\b/i;
/** A proxy on the client's side that refuses to open a tunnel. */
const FORWARD =
  /\b(?:tunnel\w*|CONNECT|prox(?:y|ies)\w*)\b.{0,60}\b403\b|\b403\b.{0,40}\b(?:tunnel\w*|CONNECT|proxy)\b|\bHTTP code 403 from proxy\b/i;
const HOSTED = /claude|chatgpt|openai|anthropic|copilot|gemini/i;
/** Edges that stand far before the machine whose log is silent. */
const FAR = /^(?:Cloudflare|CloudFront|Akamai|Imperva|Sucuri|AWS WAF|Azure Front Door)$/;
/** The edge that signs the page of a refusal, as a client quotes it. */
const SIGNED = /\bawselb\b|<center>(?:nginx|openresty|cloudflare)|\b(?:cloudflare|cloudfront|akamai|envoy|haproxy)\b/i;
/** An edge that has such rules. */
const WITH_RULES =
  /^(?:Cloudflare|CloudFront|Akamai|Imperva|Sucuri|AWS WAF|AWS load balancer|Azure Front Door|Azure Application Gateway|Vercel|Envoy|HAProxy|nginx|Cloudflare quick tunnel)$/;
/** The statuses of such rules; a challenge of AWS is 202, and 200 is a page for browsers. */
const REFUSED = new Set([401, 403, 405, 406, 409, 429, 503]);

/** Whoever asks for credentials, or answers in the words of an application, is the origin. */
const OF_ORIGIN =
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

interface Found extends Record<string, string | number | boolean | null> {
  edge: string;
  status: number | null;
  page: boolean;
  says: string | null;
  client: string | null;
}

/** The answer that was refused before the origin, with how sure that is. */
function refusedBy(
  given: Seen,
): { certainty: Certainty; cites: string[]; edge: string; status: number; page: boolean; says: string } | null {
  const url = given.endpoint?.asked.url ?? targetOf(given);
  const exchanges = given.http?.exchanges ?? [];
  for (const [i, exchange] of exchanges.entries()) {
    const status = exchange.status ?? 0;
    const live = exchange.purpose !== 'reported';
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

export default defineCause({
  id: 'edge-blocks-client',
  title: 'A CDN, firewall or tunnel refuses the client before the server sees the request',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 403)',
    'Streamable HTTP error: Error POSTing to endpoint: Sorry, you have been blocked',
    'HTTP 403 Forbidden',
    'Just a moment...',
    'Unexpected content type: text/html',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-not-mcp',
    'http-endpoint-wrong',
    'http-server-error',
    'auth-credentials-missing',
    'auth-credentials-rejected',
    'edge-bad-gateway',
    'client-hosted-unreachable',
    'network-proxy-env-mishandled',
    'deploy-healthcheck-misconfigured',
  ],

  match(given): Match<Found> | null {
    const { handshake, reported } = given;
    if (handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered') return null;
    if (reported?.transport === 'stdio' && targetOf(given) === undefined) return null;
    const client = reported?.client ?? null;
    const refused = refusedBy(given);
    const lines = words(given);
    const said = find(lines, ...BLOCKED);
    const silent = find(lines, SILENT);
    if (refused) {
      const { certainty, cites, ...facts } = refused;
      return {
        certainty: said && certainty === 'possible' ? 'likely' : certainty,
        cites: [...cites, ...(said ? [said.line.at] : [])],
        facts: { ...facts, client },
      };
    }
    const forbidden = lines.find(
      ({ text, from }) => from === 'client' && FORBIDDEN.test(text) && !OF_ORIGIN.test(text),
    );
    // An answer in the words of the application came from the origin.
    const statuses = given.http?.exchanges.map(({ status = 0 }) => status).filter((status) => status > 0) ?? [];
    const own = given.http?.exchanges.some(
      ({ body, status = 0 }) => isRpc(body) || (status >= 200 && status < 300 && body !== undefined),
    );
    // A hosted client that never arrives behind an edge with such rules.
    const kept = silent && !own && statuses.length === 0 && FAR.test(edgeAround(given) ?? '') ? silent : null;
    // A forward proxy that will not open the way: its rule, or a host that it was never meant for.
    const tunnel = forbidden ?? find(lines, FORWARD)?.line;
    if (!said && !forbidden && kept)
      return {
        certainty: HOSTED.test(client ?? '') ? 'likely' : 'possible',
        cites: [kept.line.at],
        facts: { edge: edgeAround(given) ?? 'a firewall', status: null, page: false, says: null, client },
      };
    if (!said && tunnel && find(lines, FORWARD))
      return {
        certainty: 'possible',
        cites: [tunnel.at],
        facts: { edge: 'a forward proxy', status: 403, page: false, says: null, client },
      };
    if (!said && !forbidden) return null;
    if (own && !said) return null;
    const signed = forbidden ? SIGNED.exec(forbidden.text)?.[0] : undefined;
    const edge = (said && edgeSaying(said.line.text)?.edge) || edgeAround(given) || (signed ? edgeNamed(signed) : null);
    const told = said?.line.text ?? '';
    const page = /challenge|moment|javascript|warning|ngrok|tunnel|protection|checkpoint|sso/i.test(told);
    let certainty: Certainty;
    if (said && (statuses.length === 0 || statuses.some((status) => REFUSED.has(status)))) certainty = 'likely';
    else if (said) certainty = 'possible';
    else if (edge && WITH_RULES.test(edge)) certainty = 'possible';
    else return null;
    return {
      certainty,
      cites: [...new Set([said?.line.at, silent?.line.at, forbidden?.at].filter((cite) => typeof cite === 'string'))],
      facts: { edge: edge ?? 'a firewall', status: statuses[0] ?? null, page, says: null, client },
    };
  },
  say: ({ edge, status, page, says, client }) =>
    status === 413
      ? `${edge} refused the request (HTTP 413) before it reached the server: it is larger than the limit that stands there for a body${says ? ` (${says})` : ''}.`
      : `${edge === 'a firewall' ? 'A firewall or CDN' : edge} ${page ? 'answered with a page for people in a browser' : 'refused the request'}${status ? ` (HTTP ${status})` : ''} before it reached the server${says ? `: ${says}` : ''}. ${client ? `${client} is` : 'An MCP client is'} a program, and to such rules it looks like a bot; the log of the server shows nothing.`,
  fix: ({ edge, page, status }) => {
    if (status === 413)
      return [
        edge === 'nginx'
          ? {
              say: 'Raise the limit for the MCP path; arguments of tools can be long:',
              edit: { file: 'nginx.conf', at: 'location', to: 'client_max_body_size 16m;' },
              run: 'nginx -s reload',
            }
          : {
              say: `Raise the limit of a body in the settings of ${edge === 'a firewall' ? 'the edge' : edge} for the MCP path; arguments of tools can be long.`,
            },
        { say: 'Where the limit cannot be raised, send less: a reference to a file instead of its content.' },
      ];
    const steps: Record<string, { say: string; run?: string }[]> = {
      Cloudflare: [
        {
          say: 'In Cloudflare open Security > Events, find the request by its Ray ID and see which rule took it. Then add a WAF custom rule for the MCP path with the action Skip (all managed rules, Super Bot Fight Mode, rate limiting), before the others:',
          run: '(http.request.uri.path eq "/mcp") or starts_with(http.request.uri.path, "/.well-known/oauth-")',
        },
        {
          say: 'Under Security > Bots turn off "Block AI bots" for this host, or allow the user agent of the client (Claude-User, ChatGPT-User). Bot Fight Mode of the free plan knows no exceptions: switch it off, or give the server a host name that is not proxied.',
        },
      ],
      ngrok: [
        {
          say: 'Send the header ngrok-skip-browser-warning with any value from the client, or use a paid or reserved domain:',
          run: 'claude mcp add --transport http notes https://<name>.ngrok-free.app/mcp --header "ngrok-skip-browser-warning: 1"',
        },
      ],
      localtunnel: [
        {
          say: 'Send the header bypass-tunnel-reminder with any value from the client:',
          run: 'claude mcp add --transport http notes https://<name>.loca.lt/mcp --header "bypass-tunnel-reminder: 1"',
        },
      ],
      'VS Code dev tunnel': [
        {
          say: 'Make the port public, so that no sign-in stands before it:',
          run: 'devtunnel host -p <port> --allow-anonymous',
        },
      ],
      Vercel: [
        {
          say: 'Switch Deployment Protection off for this deployment (Settings > Deployment Protection), use the production domain, or send the bypass secret of the project as a header:',
          run: 'claude mcp add --transport http notes https://<deployment>.vercel.app/mcp --header "x-vercel-protection-bypass: <secret>"',
        },
      ],
      CloudFront: [
        {
          say: 'See in AWS WAF (Sampled requests) which rule matched, and let the MCP path pass it; the behaviour of that path must allow POST, DELETE and OPTIONS and forward all headers.',
        },
      ],
      nginx: [
        {
          say: 'Look for deny, limit_except, if ($http_user_agent ...) and modsecurity in the server block, and take the MCP location out of them:',
          run: 'nginx -T | grep -nE "deny|limit_except|http_user_agent|modsecurity"',
        },
      ],
      Envoy: [
        {
          say: 'Let the policy allow the path and the methods POST, GET and DELETE:',
          run: 'kubectl get authorizationpolicy -A',
        },
      ],
    };
    return [
      ...(steps[edge] ?? [
        {
          say: page
            ? 'Switch the page off for the MCP path, or send the header with which programs pass it by.'
            : 'Find the request in the log of the firewall, see which rule took it, and let the MCP path (and /.well-known/oauth-*) pass for POST, GET and DELETE with any user agent.',
        },
      ]),
      {
        say: 'Compare with and without the user agent of the client; the two answers must not differ:',
        run: 'curl -i -A "Claude-User" -X POST -H "content-type: application/json" -H "accept: application/json, text/event-stream" -d "{}" <url>',
      },
      {
        say: 'When only long or technical texts are refused, a rule of the firewall reads the body (SQL, shell, HTML): exempt the MCP path from body inspection.',
      },
    ];
  },
  why: 'Edges judge requests by user agent, address, missing cookies and the text of the body. MCP clients come without a browser, hosted ones from data centres, and tool arguments hold code. The refusal is a page in HTML or plain text that clients report as a wrong content type or a failed sign-in.',
  refs: [
    'https://developers.cloudflare.com/waf/custom-rules/skip/',
    'https://developers.cloudflare.com/bots/additional-configurations/block-ai-bots/',
    'https://ngrok.com/docs/errors/err_ngrok_6024',
    'https://vercel.com/docs/deployment-protection/methods-to-bypass-deployment-protection/protection-bypass-automation',
  ],
  examples: [
    {
      name: 'live, the limit of a body',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://mcp.example.com/mcp',
              atMs: 1,
              ms: 2,
              credentials: 'none',
              status: 413,
              headers: { server: 'nginx/1.22.1', 'content-type': 'text/html' },
              contentType: 'text/html',
              body: '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>',
            },
          ],
        },
      },
    },
    {
      name: 'live, a challenge',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://mcp.acme.dev/mcp',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 403,
              headers: {
                server: 'cloudflare',
                'cf-mitigated': 'challenge',
                'content-type': 'text/html; charset=UTF-8',
              },
              contentType: 'text/html; charset=UTF-8',
              body: '<!DOCTYPE html><html><head><title>Just a moment...</title>',
            },
          ],
        },
      },
    },
    {
      name: 'a hosted client and plain text of the edge',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        platform: 'cloudflare',
        url: 'https://mcp.acme.dev/mcp',
        http: { status: 403, headers: { 'content-type': 'text/plain', 'user-agent': 'Claude-User' } },
      },
    },
    {
      name: 'the page of Cloudflare in the words of SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint: <title>Attention Required! | Cloudflare</title> Sorry, you have been blocked',
      },
    },
    {
      name: 'the warning page of ngrok',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://a1b2.ngrok-free.app/mcp',
        http: {
          status: 200,
          headers: { 'content-type': 'text/html', 'ngrok-error-code': 'ERR_NGROK_6024' },
          body: '<!DOCTYPE html>',
        },
      },
    },
    {
      name: 'an authorization policy of Istio',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 403): RBAC: access denied',
      },
    },
    {
      name: "the server's own 403",
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 403,
          headers: { server: 'uvicorn', 'content-type': 'application/json' },
          body: '{"detail":"Forbidden"}',
        },
      },
    },
    {
      name: 'a host name that the SDK does not allow, behind Cloudflare',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'cloudflare',
        http: {
          status: 403,
          headers: { server: 'cloudflare' },
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: mcp.acme.dev"},"id":null}',
        },
      },
    },
    {
      name: 'a token that is missing',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'cloudflare',
        http: {
          status: 401,
          headers: { server: 'cloudflare', 'www-authenticate': 'Bearer error="invalid_token"' },
          body: 'Unauthorized',
        },
      },
    },
  ],
});
