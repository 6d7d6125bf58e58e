import { ANSWERS, answers, refusedRequests } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { httpWords, statusSaid } from './refusals.js';
import { targetOf, transcript, wayWords } from './way.js';
import { failed, find } from './words.js';

/** What a request loses on the way, or gains in trouble, when it follows a redirect. */
function lossesOf(from: string | null, to: string, status: number): string[] {
  const losses = [301, 302, 303].includes(status) ? ['the POST becomes a GET without a body'] : [];
  const back = from !== null && URL.canParse(from) ? new URL(from) : undefined;
  const on = URL.canParse(to, from ?? undefined) ? new URL(to, from ?? undefined) : undefined;
  // A pasted Location is often masked ("http://…/mcp"): its scheme still tells.
  if ((back?.protocol ?? '').startsWith('https') && /^http:/i.test(to)) losses.push('it leaves https for plain http');
  if (back?.protocol === 'http:' && /^https:/i.test(to)) losses.push('it moves from http to https');
  if (!back || !on) return losses;
  if (back.hostname !== on.hostname)
    losses.push(`it goes to another host (${on.hostname}), where clients do not send Authorization`);
  else if (back.port !== on.port && on.port !== '')
    losses.push(`it names port ${on.port}, which may be open inside only`);
  if (back.pathname !== on.pathname && back.pathname.replace(/\/$/, '') === on.pathname.replace(/\/$/, ''))
    losses.push(on.pathname.endsWith('/') ? 'it only adds a slash' : 'it only takes the slash away');
  return losses;
}

/** Not a mislaid slash but a wall: the address of a sign-in page. */
const SIGN_IN =
  /\/(?:login|log-in|signin|sign-in|sso|oauth2?|authorize|cdn-cgi\/access)\b|accounts\.google|login\.microsoftonline|cloudflareaccess/i;

/** What a person says was lost. */
const LOST =
  /\b(?:fail\w*|breaks?|broken|los(?:es|t)|drops?|stops?)\b.{0,30}\b(?:on|at|by|because of|due to|after) (?:the |a )?(?:\S+ )?(?:URL )?redirect(?:s|ion)?\b(?! ?ur[il])|\b(?:authorization|auth|headers?|body|POST|method|session[- ]?id|credentials)\b.{0,40}\b(?:lost|dropped|stripped|removed|missing|gone|downgraded)\b.{0,40}\bredirect\w*|\bredirect\w*.{0,40}\b(?:los(?:es|t|ing)|drops?|dropped|strips?|stripped|downgrad\w+|changes|turns)\b/i;

/** The last character of the path makes the difference. */
const SLASH =
  /\btrailing slash|\b(?:with|without|add(?:ing|s|ed)?|append(?:ing|s|ed)?|missing|needs?|requires?) (?:a |the |an )?(?:ending |final |trailing )?["'`]?(?:slash\b|\/["'`]? at the end)|\b\/(?:mcp|sse)\/ (?:works?|ok|fine|200)\b|\bworks? (?:only )?(?:with|at|on|as) \S*\/(?:mcp|sse)\/(?=[\s"'`.,]|$)/i;

const CIRCLE =
  /\btoo ?many ?redirects\b|TOO_MANY_REDIRECTS|stopped after \d+ redirects|\bredirect (?:loop|count exceeded)|\bexceeded\b.{0,30}\bredirect/i;

const SAID = [
  // SDK v1: "Redirect to http://x:8080/mcp/ not followed (redirectPolicy: 'same-origin')"
  /\bRedirect to (?<to>\S+) not followed/,
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint)\W[^\d]{0,30}(?<status>30[12378])\b/i,
  /\bHTTP\/[\d.]+"? (?<status>30[12378])\b|\b(?:got|received|returns?|answer\w*|with|a|an|->|=>|→) (?:HTTP |status |an? )?(?<plain>30[12378])\b|\bPOST (?:becomes|turns into|is (?:turned|changed|converted) (?:in)?to|->|→|into) (?:a )?GET\b/i,
  /\b(?<status>30[12378])[ ,:]*(?:Moved Permanently|Found|See Other|Temporary Redirect|Permanent Redirect)/i,
  /\bunexpected redirect\b|\bredirect(?:ed)? (?:was |is )?(?:not (?:followed|allowed)|blocked|refused)|\btoo ?many ?redirects\b|ERR_TOO_MANY_REDIRECTS|stopped after \d+ redirects|(?:exceeded|maximum).{0,30}\bredirect(?:s|ion)?\b|redirect count exceeded|error following redirect|redirect mode is set to|\bMixed Content\b.{0,200}|\bPOSTing to endpoint\b.{0,60}\bRedirecting\b|<title>30[12378] |<a href=[^>]{1,200}>(?:Temporary Redirect|Moved Permanently|Found|See Other|Permanent Redirect|here)<\/a>|\b(?:refus|reject|not follow)\w* .{0,20}\bredirect/i,
];

/** The address ends there: another path below it is another address. */
const TWIN = /^(?:[\s"'`),.;]|$)/;

export default defineCause({
  id: 'http-redirect-loses-request',
  title: 'The URL answers with a redirect, and the request is lost on the way',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 307)',
    "Redirect response '307 Temporary Redirect' for url",
    'SSE error: Non-200 status code (307)',
    'unexpected redirect',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-not-mcp'],

  match(given) {
    if (given.handshake && !failed(given)) return null;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const hop = answers(given).find(({ exchange: { status = 0 } }) => [301, 302, 303, 307, 308].includes(status));
    if (hop) {
      const { status = 0, headers = {} } = hop.exchange;
      const to = headers.location ?? given.endpoint?.asked.redirectTo ?? '';
      const from = hop.exchange.url || url;
      const final =
        /^(?:https?:|\/)/i.test(to) && from !== null && URL.canParse(to, from) ? new URL(to, from).href : to;
      const losses = lossesOf(from, to, status);
      const signIn = SIGN_IN.test(to);
      const circle = given.endpoint?.hopsEnd === 'loop' || given.endpoint?.hopsEnd === 'too-many';
      return {
        certainty: hop.live && to !== '' && !signIn ? 'certain' : 'likely',
        cites: [hop.live ? hop.at : headers.location === undefined ? `${hop.at}/status` : `${hop.at}/headers/location`],
        // Where a 307 or 308 keeps method, host and scheme, clients that follow redirects get through.
        severity:
          !circle && (losses.length === 0 || (losses.length === 1 && losses[0]?.includes('slash')))
            ? 'degraded'
            : 'broken',
        facts: { url: from, status, to: final, losses, signIn, circle },
      };
    }
    // A body alone: the page that web servers and Go send along with a redirect.
    const bodied = answers(given).find(
      ({ exchange: { status, body = '' } }) => status === undefined && SAID.some((form) => form.test(body)),
    );
    if (bodied) {
      const to = /<a href="?([^"> ]{1,200})/i.exec(bodied.exchange.body ?? '')?.[1] ?? '';
      const facts = { url, status: 0, to, losses: lossesOf(url, to, 0), signIn: SIGN_IN.test(to), circle: false };
      return { certainty: 'likely', cites: [`${bodied.at}/body`], facts };
    }
    if (answers(given).length > 0) return null;
    const said = find([...wayWords(given), ...transcript(given)], ...SAID);
    const lost = find(httpWords(given), LOST);
    // A 404 without the slash is a path that is not there.
    const slash = httpWords(given).some(({ text }) => /\b404\b|not found/i.test(text))
      ? null
      : find(httpWords(given), SLASH);
    // Somebody tried the same address with a slash at its end, and that one is said to work, or to be what one should ask.
    const twin = given.reported?.url?.replace(/\/$/, '');
    const beside =
      twin !== undefined && /^https?:\/\/[^/]+\/\S/.test(twin) && !given.reported?.url?.endsWith('/')
        ? httpWords(given).find(
            ({ text }) =>
              text.includes(`${twin}/`) &&
              TWIN.test(text.slice(text.indexOf(`${twin}/`) + twin.length + 1)) &&
              !/\b404\b/.test(text),
          )
        : undefined;
    const logged = refusedRequests(given).find((request) => [301, 302, 303, 307, 308].includes(request.status));
    const number = statusSaid([...wayWords(given), ...transcript(given)], 301, 302, 303, 307, 308);
    const served = httpWords(given).some(({ text }) => /\bPOST \S+.{0,20}\b20[02]\b/.test(text));
    const line =
      said?.line ?? logged?.line ?? lost?.line ?? (served ? undefined : number?.line) ?? slash?.line ?? beside;
    if (!line) return null;
    const status = Number(
      said ? (said.groups.status ?? said.groups.plain ?? number?.status ?? 0) : (logged?.status ?? number?.status ?? 0),
    );
    const to = said?.groups.to ?? '';
    const sure = to !== '' && !SIGN_IN.test(to);
    const facts = {
      url,
      status,
      to,
      losses: lossesOf(url, to, status),
      signIn: SIGN_IN.test(to),
      circle: CIRCLE.test(line.text),
    };
    return {
      certainty: sure ? 'certain' : said || logged || lost || (slash && !number) ? 'likely' : 'possible',
      cites: [line.at],
      facts,
    };
  },
  say: ({ url, status, to, losses, signIn, circle }) => {
    const where = to ? ` to ${to}` : '';
    if (signIn)
      return `${url ?? 'The URL'} sends every request${where}${status ? ` (${status})` : ''}: a sign-in for browsers stands before the server, and an MCP client cannot pass it.`;
    if (circle)
      return `${url ?? 'The URL'} redirects${where}${status ? ` (${status})` : ''}, and the redirects lead in a circle: no client ever arrives.`;
    return `${url ?? 'The URL'} answers the request with a redirect${where}${status ? ` (${status})` : ''}${losses.length ? `: ${losses.join('; ')}` : ''}. MCP clients do not follow it, or arrive with something else.`;
  },
  fix: ({ url, to, signIn, losses, circle }) => {
    const slash = url !== null && URL.canParse(url) ? (url.endsWith('/') ? url.slice(0, -1) : `${url}/`) : null;
    // The scheme and port of a redirect made behind a proxy are those of the inside: keep ours and take its path.
    const inside =
      losses.some((loss) => /plain http|port/.test(loss)) && url !== null && URL.canParse(to, url) && URL.canParse(url);
    const final = inside
      ? Object.assign(new URL(url), { pathname: new URL(to, url).pathname }).href
      : URL.canParse(to)
        ? to
        : slash;
    const server = {
      say: 'On the server: serve both forms of the path (FastAPI and Starlette: redirect_slashes=False), trust the proxy\'s X-Forwarded-Proto (uvicorn --proxy-headers --forwarded-allow-ips="*"), and in nginx set "absolute_redirect off".',
    };
    if (circle)
      return [
        {
          say: 'Let only one of the two parties rewrite the address. Where one adds a slash and the other takes it away, serve both forms; where http and https alternate, let the edge speak https to the origin (Cloudflare: SSL mode "Full" in place of "Flexible") or the application trust X-Forwarded-Proto.',
        },
        { say: 'Follow the circle:', run: `curl -sIL --max-redirs 5 ${url ?? '<url>'} | grep -iE '^(HTTP|location)'` },
        server,
      ];
    if (signIn)
      return [
        {
          say: 'Exempt the path of the MCP endpoint from the browser sign-in, or let it accept a service token in a header; then send that header:',
          run: `mcp-verdict verify --header 'Authorization: Bearer <token>' ${url ?? '<url>'}`,
        },
        server,
      ];
    return [
      {
        say: "Write the final URL into the client's entry, so that no redirect is needed:",
        edit: { file: 'the client config', at: 'url', to: `"url": "${final ?? '<the URL that the redirect names>'}"` },
      },
      ...(final ? [{ say: 'Check it:', run: `mcp-verdict verify ${final}` }] : []),
      server,
    ];
  },
  why: 'A redirect is made for browsers. After 301, 302 and 303 a POST is repeated as a GET, another host loses the Authorization header, and an application behind a proxy names its inner scheme and port. Many MCP clients do not follow redirects of a POST at all.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9110#section-15.4', 'https://www.starlette.io/routing/'],
  examples: [
    {
      name: 'live, a slash and the scheme of the inside',
      finds: true,
      evidence: {
        endpoint: {
          asked: { url: 'https://acme.dev/mcp', answer: 'redirect', redirectTo: 'http://acme.dev/mcp/' },
          others: [{ url: 'https://acme.dev/mcp/', answer: 'streamable-http' }],
        },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 307,
              headers: { location: 'http://acme.dev/mcp/' },
            },
          ],
        },
      },
    },
    {
      name: 'a reported 301 to an inner port',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/registry/server',
        http: { status: 301, headers: { location: 'http://acme.dev:8080/registry/server/' } },
      },
    },
    {
      name: 'httpx',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "httpx.HTTPStatusError: Redirect response '307 Temporary Redirect' for url 'http://localhost:8000/mcp'",
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "Streamable HTTP error: Error POSTing to endpoint: Redirect to http://acme.dev:8080/mcp/ not followed (redirectPolicy: 'same-origin')",
      },
    },
    {
      name: 'an access log in which nothing follows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://acme.dev/mcp',
        serverLog: 'INFO: 10.0.0.7:40112 - "POST /mcp HTTP/1.1" 307 Temporary Redirect',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "https://acme.dev/login": stopped after 10 redirects',
      },
    },
    {
      name: 'the access log',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'INFO: 127.0.0.1 - "POST /mcp HTTP/1.1" 307 Temporary Redirect\nINFO: 127.0.0.1 - "POST /mcp/ HTTP/1.1" 200 OK',
      },
    },
    {
      name: 'the homepage redirects to its pages, MCP is elsewhere',
      finds: false,
      symptoms: { transport: 'streamable-http', http: { status: 404 } },
    },
  ],
});
