import { ANSWERS, answers, isStreamGet } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { type EdgeKind, edgeAnswer, limitsOf } from './edges.js';
import { httpWords, statusSaid } from './refusals.js';
import { isGatewayLog, isRemote, targetOf, wayWords } from './way.js';
import { find, findAll, words } from './words.js';

/** The origin took the connection and was slow: a question of patience as much as of reachability. */
const SLOW = new Set([504, 524]);

const SAID = [
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error)\W[^\d]{0,30}(?<status>50[234]|52\d|530)\b/i,
  /\b(?<status>50[234])[ ,:]*(?:bad gateway|service (?:temporarily )?unavailable|gateway time-?out)/i,
  // Bodies that only an edge writes, where the client leaves the status out.
  /\bPOSTing to endpoint\b.{0,200}?(?:no healthy upstream|upstream connect error|no available server|Application failed to respond|ERR_NGROK_\d+|error code: 5\d\d|\bBad Gateway\b)/i,
  // The words of the platforms alone: Cloudflare, Railway, Heroku, AWS, Fly, ngrok, Google, Azure, Render.
  /\b(?:cloudflare|error(?: code)?):? ?(?<status>52[0-7]|530)\b|\berror(?: code)?:? ?(?:1016|1033)\b|argo tunnel error|web server is (?:down|returning an unknown error)|origin is unreachable/i,
  /application failed to respond|\bcode=H1[0-4]\b|no web processes running|endpoint request timed out|instance refused connection|\bERR_NGROK_(?:3\d{3}|80\d\d)\b|endpoint \S+ is offline|no available instance|connection to the instance had an error|encountered a temporary error and could not complete your request|no healthy upstream|upstream (?:connect error|request timeout)|no available server|our services aren't available right now|this service (?:is currently unavailable|has been suspended)|service suspended/i,
  /\borigin\b.{0,30}\btimed out\b|\borigin\b.{0,20}\b(?:is |was )?(?:not reachable|unreachable|unavailable|down|offline|refused)\b/i,
  /\bbad gateway\b|\bgateway time-?out\b|\bservice (?:temporarily )?unavailable\b/i,
];

/** Answers of a proxy in a log, besides the ones that sign. */
const LOGGED =
  /"?status"?[:=] ?502\b|\b(?:POST|GET) \S+(?: HTTP\/[\d.]+)?"? 50[234]\b|\bfailed to (?:forward|proxy|relay) (?:the )?(?:\w+ )?(?:request|message)|\bproxy error\b/i;

/** What an edge means when it speaks for an origin that should be there. */
const DOWN: ReadonlySet<EdgeKind> = new Set(['unreachable', 'slow', 'starting']);

export default defineCause({
  id: 'edge-bad-gateway',
  title: 'A proxy or platform answers in place of a server that it cannot reach',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 502)',
    '502 Bad Gateway',
    '503 Service Unavailable',
    '504 Gateway Timeout',
    'SSE error: Non-200 status code (502)',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-server-error',
    'http-endpoint-wrong',
    'http-not-mcp',
  ],

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    for (const { exchange, at, live } of answers(given)) {
      const answer = edgeAnswer(exchange);
      if (!answer || !DOWN.has(answer.kind)) continue;
      const { edge, kind, says, signed } = answer;
      const { status = 0, headers = {} } = exchange;
      const told = SLOW.has(status) || isStreamGet(exchange, given) ? 'possible' : 'likely';
      const retryAfter = headers['retry-after'] ?? null;
      return {
        certainty: !live ? told : signed ? 'certain' : 'likely',
        cites: [at],
        facts: { url, status, edge, retryAfter, starting: kind === 'starting', says },
      };
    }
    if (answers(given).some(({ exchange }) => exchange.status !== undefined)) return null;
    const said = find(wayWords(given), ...SAID);
    // A client shows the proxy's log as well when that is all there is to show.
    const logged = findAll(words(given), /^/).find(
      ({ line: { text, from } }) =>
        isGatewayLog(text) || (LOGGED.test(text) && (isRemote(given) || (from !== 'client' && !given.launch))),
    );
    const number = said || logged ? null : statusSaid(httpWords(given), 502, 503, 504);
    if (number)
      return {
        certainty: 'possible',
        cites: [number.line.at],
        facts: { url, status: number.status, edge: 'a gateway', retryAfter: null, starting: false, says: '' },
      };
    const hit = said ?? logged;
    if (!hit || (!said && given.reported?.transport === 'stdio')) return null;
    const { text } = hit.line;
    const slow = /time-?out|timed out|code=H12/i.test(hit.match[0] || text);
    const status = Number(
      said?.groups.status ?? (slow ? 504 : /unavailable|no healthy|code=H1[04]/i.test(text) ? 503 : 502),
    );
    const ofEdge = edgeAnswer({ status, body: text });
    // A tool, or an API behind it, can be unavailable while the way to the server is sound.
    const aside = /\btools?\b|\b(?:rate|quota)\b|overloaded|\bAPI (?:error|request)\b/i.test(text);
    return {
      certainty: SLOW.has(status) || aside ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: {
        url,
        status,
        edge: ofEdge?.edge ?? 'a gateway',
        retryAfter: null,
        starting: ofEdge?.kind === 'starting',
        says: ofEdge?.says ?? '',
      },
    };
  },
  say: ({ url, status, edge, retryAfter, starting, says }) => {
    const origin = starting
      ? 'the server behind it is still starting'
      : SLOW.has(status) || status === 522
        ? 'the server behind it did not answer in time'
        : status === 503
          ? 'no server behind it is ready'
          : 'it could not get an answer from the server behind it';
    return `The answer ${status}${url ? ` of ${url}` : ''} comes from ${edge === 'a gateway' ? 'a proxy or platform' : edge}, not from the MCP server: ${origin}${says ? ` (${says})` : ''}${retryAfter ? ` (it says to try again after ${retryAfter})` : ''}.`;
  },
  fix: ({ edge, status, url }) => {
    const where: Record<string, string> = {
      Railway: 'railway logs',
      'Fly.io': 'fly logs',
      Heroku: 'heroku logs --tail',
      ngrok: 'curl -i http://127.0.0.1:<port>/mcp',
      Vercel: 'vercel logs <deployment>',
      Render: 'render logs --resources <service id> --tail',
      'Cloud Run': 'gcloud run services logs read <service> --limit 200',
      'Azure App Service': 'az webapp log tail -n <app> -g <group>',
      'AWS load balancer': 'aws elbv2 describe-target-health --target-group-arn <arn>',
      'AWS API Gateway': 'aws logs tail <log group of the integration> --since 1h',
      Envoy: 'kubectl get pods,endpoints && kubectl logs <pod> --tail 100',
      Traefik: 'docker ps -a && docker logs --tail 100 <container>',
      nginx: 'tail -n 50 /var/log/nginx/error.log',
    };
    const limits = limitsOf(edge);
    const waits = limits?.requestS
      ? `; ${edge} waits ${limits.requestS} s${limits.change ? `, which can be changed: ${limits.change}` : ', which cannot be changed, so let the server answer sooner or stream its progress'}`
      : ', and raise the read timeout of the proxy only when the work really takes so long';
    return [
      SLOW.has(status)
        ? {
            say: `Find out on the server why it answers so late (its log at that time)${waits}.`,
            run: where[edge],
          }
        : { say: 'See whether the server behind the proxy runs and why it ended; start it again.', run: where[edge] },
      {
        say: 'Make the proxy and the server agree: the server must listen on 0.0.0.0 and on the port that the proxy or platform uses (often the variable PORT).',
      },
      { say: 'Then check again:', run: `mcp-verdict verify ${url ?? '<url>'}` },
    ].map(({ say, run }) => (run === undefined ? { say } : { say, run }));
  },
  why: 'A proxy that gets no answer from its origin writes an answer of its own, and the client cannot tell the two apart. The server is down, still starting, listening on another port or address, or ended in the middle of the request; its own log says which.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3',
    'https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/',
  ],
  examples: [
    {
      name: 'live, nginx without its upstream',
      finds: true,
      evidence: {
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
              status: 502,
              headers: { server: 'nginx/1.25.3' },
              contentType: 'text/html',
              body: '<html><head><title>502 Bad Gateway</title></head><body><hr><center>nginx/1.25.3</center></body></html>',
            },
          ],
        },
      },
    },
    {
      name: 'live, Cloudflare cannot connect',
      finds: true,
      evidence: {
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
              status: 521,
              headers: { server: 'cloudflare', 'cf-ray': '8f-AMS' },
              body: 'error code: 521',
            },
          ],
        },
      },
    },
    {
      name: 'an offline ngrok tunnel answers 404',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 404,
          headers: { 'ngrok-error-code': 'ERR_NGROK_3200' },
          body: 'The endpoint x.ngrok-free.app is offline. ERR_NGROK_3200',
        },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Error POSTing to endpoint (HTTP 502): {"status":"error","code":502,"message":"Application failed to respond"}',
      },
    },
    {
      name: 'the log of the proxy',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '[error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream, request: "POST /mcp HTTP/1.1"',
      },
    },
    {
      name: 'the router of Heroku',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'heroku[router]: at=error code=H13 desc="Connection closed without response" method=POST path="/mcp" host=acme-mcp.herokuapp.com status=503',
      },
    },
    {
      name: 'a tunnel without its program',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Failed to connect: HTTP error: error code: 1033',
      },
    },
    {
      name: 'Go, which says the status in words',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'calling "initialize": sending "initialize": Bad Gateway',
      },
    },
    {
      name: 'a gateway of containers',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'ERROR gateway: Failed to forward request to backend: unexpected EOF',
      },
    },
    {
      name: 'a quota of ngrok, whose tunnel is up',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 403, headers: { 'ngrok-error-code': 'ERR_NGROK_727' }, body: 'exceeded its bandwidth limit' },
      },
    },
    {
      name: "the origin's own 503",
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 503, headers: { server: 'uvicorn' }, body: '{"detail":"not ready"}' },
      },
    },
  ],
});
