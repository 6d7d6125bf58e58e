import { at } from '../case/pointer.js';
import { ANSWERS, answers, isRpc } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeAnswer } from './edges.js';
import { platformOf, platformOfHost } from './platforms.js';
import { hostOf, targetOf, wayWords } from './way.js';
import { find, words } from './words.js';

type State = 'unknown' | 'stopped';

/** Edges of which "absent" speaks of the whole host; with others (API gateways) it is a route. */
const HOSTS = new Set(['Railway', 'Render', 'Heroku', 'Azure App Service', 'Netlify']);

/**
 * What else a platform answers when nothing is deployed, or nothing runs, under the name that was asked for. The statuses
 * keep a page of the application itself, which may use the same words, apart.
 */
const GONE: { platform: string; state: State; statuses: number[]; header: RegExp; body: RegExp }[] = [
  // Before Vercel, whose word it uses.
  {
    platform: 'Deno Deploy',
    state: 'unknown',
    statuses: [404],
    header: /^(?!)/,
    body: /\bThe requested deployment (?:does not exist|was not found)|\bdeno\.com\/deploy\b/i,
  },
  {
    platform: 'Vercel',
    state: 'unknown',
    statuses: [404, 410],
    header: /^x-vercel-error: (?:DEPLOYMENT_NOT_FOUND|DEPLOYMENT_DELETED)/im,
    body: /\bDEPLOYMENT_(?:NOT_FOUND|DELETED)\b|deployment could not be found on Vercel/i,
  },
  {
    platform: 'Vercel',
    state: 'stopped',
    statuses: [402, 403, 451, 503],
    header: /^x-vercel-error: DEPLOYMENT_(?:DISABLED|PAUSED|BLOCKED)/im,
    body: /\bDEPLOYMENT_(?:DISABLED|PAUSED|BLOCKED)\b|deployment is (?:temporarily )?paused/i,
  },
  {
    platform: 'Render',
    state: 'stopped',
    statuses: [503],
    header: /^x-render-routing: (?:suspend|hibernate-wake-error)/im,
    body: /\bService Suspended\b|This service has been suspended/i,
  },
  {
    platform: 'Azure App Service',
    state: 'stopped',
    statuses: [403],
    header: /^(?!)/,
    body: /Error 403 - This web app is stopped|The web app you have attempted to reach is currently stopped/i,
  },
  {
    platform: 'Azure Container Apps',
    state: 'stopped',
    statuses: [404],
    header: /^(?!)/,
    body: /This Container App is stopped or does not exist/i,
  },
  {
    platform: 'Supabase',
    state: 'unknown',
    statuses: [404],
    header: /^(?!)/,
    body: /"message"\s*:\s*"Requested function was not found"/i,
  },
  {
    platform: 'AWS',
    state: 'unknown',
    statuses: [404],
    header: /^(?!)/,
    body: /No endpoint or agent found with qualifier/i,
  },
  {
    platform: 'Modal',
    state: 'stopped',
    statuses: [404],
    header: /^(?!)/,
    body: /modal-http: (?:invalid function call|app for invoked web endpoint is stopped)/i,
  },
  {
    platform: 'Hugging Face',
    state: 'stopped',
    statuses: [404, 503],
    header: /^(?!)/,
    body: /\bThis Space (?:is|has been) (?:paused|sleeping|stopped)/i,
  },
  { platform: 'Koyeb', state: 'unknown', statuses: [404], header: /^(?!)/, body: /\bNo active service\b/i },
  {
    platform: 'Cloudflare',
    state: 'unknown',
    statuses: [404],
    header: /^(?!)/,
    body: /<(?:title|h1)[^>]*>\s*(?:There is nothing here yet|Nothing is here yet)/i,
  },
  {
    platform: 'Replit',
    state: 'stopped',
    statuses: [404, 502, 503],
    header: /^(?!)/,
    body: /Run this app to see the results here/i,
  },
];
/** Google's own page for a path nobody has: at a name of Cloud Run it stands for a service nobody has. */
const GOOGLE = /<title>Error 404 \(Not Found\)!!1|was not found on this server\. That(?:’|')s all we know/i;

/** The same in the words of a client or a log, where no status tells the platform's page apart. */
const SAID: [RegExp, string | null, State][] = [
  [/\bApplication not found\b|\btrain has not arrived\b/i, 'Railway', 'unknown'],
  [/\bDEPLOYMENT_(?:NOT_FOUND|DELETED)\b|deployment could not be found on Vercel/i, 'Vercel', 'unknown'],
  [/\bDEPLOYMENT_(?:DISABLED|PAUSED)\b/, 'Vercel', 'stopped'],
  [/\bThis service has been suspended\b|\bService Suspended\b/i, 'Render', 'stopped'],
  [/\bno-such-app\b|\bNo such app\b(?!lication)|There's nothing here, yet/i, 'Heroku', 'unknown'],
  [/\b404 Web ?Site not found/i, 'Azure App Service', 'unknown'],
  [/\bThis web app is stopped\b/i, 'Azure App Service', 'stopped'],
  [/\bContainer App is stopped or does not exist/i, 'Azure Container Apps', 'stopped'],
  [/\bRequested function was not found\b/i, 'Supabase', 'unknown'],
  [/\bNo endpoint or agent found with qualifier/i, 'AWS', 'unknown'],
  [/\bRun this app to see the results here\b/i, 'Replit', 'stopped'],
  [/\bThis Space (?:is|has been) (?:paused|sleeping|stopped)/i, 'Hugging Face', 'stopped'],
  [/\bapp for invoked web endpoint is stopped\b/i, 'Modal', 'stopped'],
  [
    /\b(?:no such|unknown) deployment\b|\bdeployment (?:was |is )?(?:not found|does not exist|no longer exists)/i,
    null,
    'unknown',
  ],
  [
    /\b(?:the |this |your )(?:deployment|service|app(?:lication)?|space|project) (?:has been|is|was) (?:currently )?(?:deleted|removed|paused|suspended)\b/i,
    null,
    'stopped',
  ],
];

/** The resolver answered that there is no such name, as opposed to not answering. */
const NO_NAME =
  /ENOTFOUND|NXDOMAIN|ERR_NAME_NOT_RESOLVED|no such host|not known|11001|could not resolve|UnknownHost|nodename nor servname|failed to lookup address/i;

export default defineCause({
  id: 'deploy-not-found',
  title: 'The platform knows no live deployment under this host name',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 404): {"status":"error","code":404,"message":"Application not found"}',
    'HTTP 404: Invalid OAuth error response',
    'The deployment could not be found on Vercel. DEPLOYMENT_NOT_FOUND',
    'No such app',
    'getaddrinfo ENOTFOUND <app>.fly.dev',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'network'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-endpoint-wrong',
    'http-not-mcp',
    'http-server-error',
    'edge-bad-gateway',
    'network-dns-failed',
  ],

  match(
    given,
  ): Match<{ url: string | null; platform: string | null; state: State | 'no-name'; host: string | null }> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const host = given.network?.host ?? hostOf(url ?? undefined) ?? null;
    const facts = { url, host };
    for (const { exchange, at, live } of answers(given)) {
      const { status = 0, headers = {}, body = '' } = exchange;
      if (status < 400 || isRpc(body)) continue;
      const flat = Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n');
      const gone = GONE.find(
        ({ statuses, header, body: words }) => statuses.includes(status) && (header.test(flat) || words.test(body)),
      );
      const edge = edgeAnswer(exchange);
      const absent =
        edge !== null &&
        HOSTS.has(edge.edge) &&
        (edge.kind === 'absent' || (status === 404 && /^x-railway-fallback: true/im.test(flat)));
      if (absent)
        return {
          certainty: live ? 'certain' : 'likely',
          cites: [at],
          facts: { ...facts, platform: edge.edge, state: 'unknown' },
        };
      if (gone)
        return {
          certainty: live ? 'certain' : 'likely',
          cites: [at],
          facts: { ...facts, platform: gone.platform, state: gone.state },
        };
      // Ingress that is closed to the internet is answered with the same page.
      if (status === 404 && GOOGLE.test(body) && /\.run\.app$/.test(host ?? ''))
        return { certainty: 'likely', cites: [at], facts: { ...facts, platform: 'Cloud Run', state: 'unknown' } };
    }
    const { dnsError } = given.network ?? {};
    const platform = platformOfHost(host ?? undefined);
    if (dnsError && platform?.forgets && NO_NAME.test(`${dnsError.code} ${dnsError.message}`))
      return {
        // A resolver that filters names answers alike.
        certainty: 'likely',
        cites: [at('network', 'dnsError', 'message')],
        facts: { ...facts, platform: platform.name, state: 'no-name' },
      };
    if (answers(given).some(({ live }) => live)) return null;
    const lines = given.reported?.transport === 'stdio' && url === null ? [] : wayWords(given);
    const told = platformOf(given)?.name ?? null;
    // A registry that hosts servers knows them by name.
    const unlisted =
      told === 'Smithery' ? find(lines, /\b(?:connection|server|deployment|namespace) (?:was )?not found\b/i) : null;
    if (unlisted)
      return {
        certainty: 'possible',
        cites: [unlisted.line.at],
        facts: { ...facts, platform: told, state: 'unknown' },
      };
    for (const [form, name, state] of SAID) {
      const hit = find(lines, form);
      // A tool may not find an application of its own.
      if (!hit || (/\btools?\b/i.test(hit.line.text) && name === null)) continue;
      return {
        certainty: name === null && told === null ? 'possible' : 'likely',
        cites: [hit.line.at],
        facts: { ...facts, platform: name ?? told, state },
      };
    }
    const unresolved = words(given).find(
      ({ text }) =>
        NO_NAME.test(text) &&
        platformOfHost(/(?<![\w.-])(?:[\w-]+\.){2,5}[a-z]{2,6}(?![\w-]*\.[a-z])/i.exec(text)?.[0] ?? host ?? undefined)
          ?.forgets,
    );
    if (!unresolved) return null;
    return {
      certainty: 'likely',
      cites: [unresolved.at],
      facts: { ...facts, platform: platform?.name ?? told, state: 'no-name' },
    };
  },
  say: ({ url, platform, state, host }) => {
    const where = platform ?? 'The platform';
    const what = host ?? url ?? 'the host of the URL';
    if (state === 'no-name')
      return `The DNS knows no ${what}: ${where} takes the name away together with the deployment, so nothing is deployed under it (any more).`;
    return state === 'stopped'
      ? `${where} answers for ${what} itself: the deployment is suspended, paused or stopped, and no request reaches the server.`
      : `${where} answers for ${what} itself: no live deployment stands under this name, so no request reaches an MCP server.`;
  },
  fix: ({ url, platform, state }) => {
    const list: Record<string, string> = {
      Railway: 'railway status && railway domain',
      Vercel: 'vercel ls',
      'Fly.io': 'fly apps list',
      Heroku: 'heroku apps',
      Render: 'render services',
      'Cloud Run': 'gcloud run services list',
      'Azure App Service': 'az webapp list --query "[].{host:defaultHostName,state:state}" -o table',
      'Azure Container Apps': 'az containerapp list --query "[].properties.configuration.ingress.fqdn"',
      Supabase: 'supabase functions list',
      Modal: 'modal app list',
      Koyeb: 'koyeb services list',
      Netlify: 'netlify sites:list',
      Cloudflare: 'wrangler deployments list',
      AWS: 'aws apprunner list-services',
      'Deno Deploy': 'deployctl deployments list',
    };
    const see = platform === null ? undefined : list[platform];
    return [
      state === 'stopped'
        ? {
            say: `Start the deployment again${platform ? ` on ${platform}` : ''} (resume it, pay what is due, or lift the limit that stopped it).`,
          }
        : {
            say: `If the server is yours, deploy it again${platform ? ` on ${platform}` : ''} and take the name it has now:`,
            ...(see && { run: see }),
          },
      {
        say: "Otherwise take the server's present address from its documentation and write it into the client's entry:",
        edit: { file: 'the client config', at: 'url', to: '"url": "https://<present host>/<path>"' },
      },
      { say: 'Check it:', run: `mcp-verdict verify ${url ?? '<url>'}` },
    ];
  },
  why: 'On a platform the host name of a URL is only an entry in the table of its router. When the deployment was deleted, renamed, suspended or never finished, the router answers by itself, usually with 404, and clients report whatever they make of that: a wrong endpoint, or an OAuth error, because they look for sign-in metadata on the same dead host.',
  refs: [
    'https://docs.railway.com/reference/errors/application-failed-to-respond',
    'https://vercel.com/docs/errors/DEPLOYMENT_NOT_FOUND',
    'https://devcenter.heroku.com/articles/error-pages',
  ],
  examples: [
    {
      name: 'live, Railway',
      finds: true,
      evidence: {
        endpoint: { asked: { url: 'https://acme.up.railway.app/mcp', answer: 'not-found' }, others: [] },
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.up.railway.app/mcp',
              atMs: 0,
              ms: 30,
              credentials: 'none',
              status: 404,
              headers: { server: 'railway-hikari', 'x-railway-fallback': 'true' },
              contentType: 'application/json',
              body: '{"status":"error","code":404,"message":"Application not found","request_id":"Xy1"}',
            },
          ],
        },
      },
    },
    {
      name: 'live, a name that left the DNS',
      finds: true,
      evidence: {
        network: {
          host: 'acme-mcp.fly.dev',
          port: 443,
          tls: true,
          addresses: [],
          attempts: [],
          dnsError: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND acme-mcp.fly.dev' },
        },
      },
    },
    {
      name: 'Vercel, in the words of a client',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme-mcp.vercel.app/mcp',
        clientError:
          'Error POSTing to endpoint (HTTP 404): The deployment could not be found on Vercel.\n\nDEPLOYMENT_NOT_FOUND\n\nfra1::x2kq7',
      },
    },
    {
      name: 'the OAuth error behind which a client hides it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError:
          'HTTP 404: Invalid OAuth error response: SyntaxError: JSON Parse error. Raw body: {"status":"error","code":404,"message":"Application not found","request_id":"a"}',
      },
    },
    {
      name: 'a suspended service of Render',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'https://acme.onrender.com/sse',
        http: { status: 503, body: '<title>Service Suspended</title> This service has been suspended by its owner.' },
      },
    },
    {
      name: 'a route that the application does not have',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.up.railway.app/mcp',
        http: { status: 404, headers: { server: 'railway-hikari' }, body: '{"detail":"Not Found"}' },
      },
    },
    {
      name: 'the application is there and does not answer',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 502,
          headers: { 'x-railway-fallback': 'true' },
          body: '{"status":"error","code":502,"message":"Application failed to respond"}',
        },
      },
    },
    {
      name: 'a resolver that gives no answer',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.fly.dev/mcp',
        clientError: 'fetch failed: getaddrinfo EAI_AGAIN acme.fly.dev',
      },
    },
  ],
});
