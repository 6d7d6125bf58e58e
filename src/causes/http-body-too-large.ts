import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { edgeAnswer, edgeBefore } from './edges.js';
import { httpWords, statusSaid } from './refusals.js';
import { wasTold } from './told.js';
import { targetOf } from './way.js';
import { find, WORDS } from './words.js';

/** body-parser, Starlette, nginx, Spring, Kestrel, Go, Werkzeug, Vercel, API Gateway, and the status in a client's words. */
const SAID = [
  /\bPayloadTooLargeError\b|\brequest entity too large\b|\b(?:payload|content|request body|entity|request) too large\b|\bentity\.too\.large\b|\bFUNCTION_PAYLOAD_TOO_LARGE\b|\bclient intended to send too large body\b|\bMaxUploadSizeExceeded\w*|\bRequest body too large\b|\bhttp: request body too large\b|\bRequestEntityTooLarge\b|\bBody exceeded \S+ limit\b|\bexceeds the max\w* (?:request |allowed )?(?:body|payload|message) size\b|\bRequestSizeLimit\w*/i,
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|returned error|\berror|\bgot|\breturn\w*)\W[^\d]{0,30}413\b|\b(?:POST|GET) \S+(?: HTTP\/[\d.]+)?"?[ :|-]{1,3}413\b|\|\s*413\s*\|/i,
];

/** Words of an application server, not of a proxy. */
const OWN =
  /PayloadTooLargeError|entity\.too\.large|MaxUploadSize|http: request body too large|Request body too large\. The max|"error"\s*:|"message"\s*:/i;

type Found = { url: string | null; by: string | null; request: string | null; server: string };

/** Which setting governs it, by the marks of the program that refused. */
const LIMITERS: [string, RegExp][] = [
  ['express', /PayloadTooLarge|raw-body|body-parser|entity\.too\.large|x-powered-by: express/i],
  ['nginx', /nginx|openresty|client intended to send/i],
  ['vercel', /FUNCTION_PAYLOAD|vercel/i],
  ['spring', /MaxUploadSize|tomcat|spring/i],
  ['kestrel', /BadHttpRequest|kestrel|Request body too large\. The max/i],
];

export default defineCause({
  id: 'http-body-too-large',
  title: 'The request is larger than the server, or a proxy before it, accepts (HTTP 413)',
  culprit: 'server',
  severity: 'degraded',
  seenAs: [
    'Error POSTing to endpoint (HTTP 413): <html><head><title>413 Request Entity Too Large</title></head>',
    'PayloadTooLargeError: request entity too large',
    'client intended to send too large body',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: ['handshake-refused', 'handshake-nonconforming', 'catalog-list-fails', 'http-server-error'],

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const exchanges = given.http?.exchanges ?? [];
    // What the experiment with a large body meets is no failure: it was made to be too large.
    const index = exchanges.findIndex(({ status, purpose }) => status === 413 && purpose !== 'body-large');
    const refused = exchanges[index];
    const serverOf = (text: string) => LIMITERS.find(([, mark]) => mark.test(text))?.[0] ?? 'unknown';
    if (refused) {
      const { headers = {}, body = '', purpose } = refused;
      const live = !wasTold(refused);
      const flat = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const server = serverOf(`${flat.join('\n')}\n${body}`);
      // A page of a proxy's own is the limit of the proxy, which is a matter of the edge.
      const edge = edgeAnswer(refused)?.signed ?? false;
      return {
        certainty: live
          ? edge
            ? 'likely'
            : 'certain'
          : ['express', 'spring', 'kestrel'].includes(server)
            ? 'likely'
            : 'possible',
        cites: [at('http', 'exchanges', index)],
        severity: live ? 'broken' : 'degraded',
        facts: {
          url: refused.url || url,
          by: edgeBefore({ url: refused.url, headers }),
          request: live ? purpose : null,
          server,
        },
      };
    }
    if (exchanges.some(({ status = 0 }) => status >= 400)) return null;
    const lines = httpWords(given);
    const said = find(lines, ...SAID);
    const line = said?.line ?? statusSaid(lines, 413)?.line;
    if (!line) return null;
    const text = lines
      .map((one) => one.text)
      .join('\n')
      .slice(0, 20_000);
    return {
      certainty: said && (OWN.test(text) || line.from !== 'client') ? 'likely' : 'possible',
      cites: [line.at],
      facts: { url, by: null, request: null, server: serverOf(text) },
    };
  },
  say: ({ url, by, request }) =>
    `${url ?? 'The server'} refuses ${request ? `${request}, a small request,` : 'a request'} with 413 (Content Too Large): its body is larger than ${by ? `${by} or the server behind it` : 'the server or a proxy before it'} accepts.`,
  fix: ({ server, url }) => {
    const steps: Record<string, { say: string; edit: { file: string; to: string } }> = {
      express: {
        say: 'Raise the limit of the body parser, which is 100 KB unless told otherwise:',
        edit: { file: 'the server', to: "app.use(express.json({ limit: '4mb' }));" },
      },
      nginx: {
        say: 'Raise the limit of nginx, which is 1 MB unless told otherwise (ingress-nginx: the annotation nginx.ingress.kubernetes.io/proxy-body-size):',
        edit: { file: 'nginx.conf', to: 'client_max_body_size 8m;' },
      },
      spring: {
        say: 'Raise the limits of the web server:',
        edit: {
          file: 'application.properties',
          to: 'spring.servlet.multipart.max-request-size=8MB\nserver.tomcat.max-swallow-size=8MB',
        },
      },
      kestrel: {
        say: 'Raise the limit of Kestrel:',
        edit: {
          file: 'Program.cs',
          to: 'builder.WebHost.ConfigureKestrel(o => o.Limits.MaxRequestBodySize = 8_000_000);',
        },
      },
    };
    const known = steps[server];
    return [
      ...(known ? [known] : []),
      ...(server === 'vercel'
        ? [
            {
              say: 'A function of Vercel takes 4.5 MB at most, which cannot be raised: pass a URL in place of the data.',
            },
          ]
        : []),
      ...(known || server === 'vercel'
        ? []
        : [
            {
              say: 'Find out who refuses: send the request past the proxy. In Express the limit is express.json({ limit }), 100 KB by default; in nginx client_max_body_size, 1 MB; the SDKs themselves take 4 MB.',
            },
          ]),
      {
        say: 'Send less: hand over a path, a URL or a resource in place of the file itself, and page long arguments.',
      },
      {
        say: 'See what the endpoint takes:',
        run: `mcp-verdict verify --full ${url ?? '<url>'}`,
      },
    ];
  },
  why: 'Web servers refuse bodies beyond a limit before the application sees them. Arguments of tools (files in base64, long texts) pass such limits easily, while initialize and the lists stay far below them: the connection is sound until the first large call.',
  refs: [
    'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14',
    'https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size',
  ],
  examples: [
    {
      name: 'live, even initialize is too large',
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
              status: 413,
              headers: { server: 'nginx/1.25.3' },
              body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
            },
          ],
        },
      },
    },
    {
      name: 'Express',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'PayloadTooLargeError: request entity too large\n    at readStream (/app/node_modules/raw-body/index.js:163:17)',
      },
    },
    {
      name: 'SDK v1 and Express',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 413): {"error":"PayloadTooLargeError: request entity too large"}',
      },
    },
    {
      name: 'the experiment with a large body',
      finds: false,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'body-large',
              method: 'POST',
              url: 'http://127.0.0.1:3000/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 413,
            },
          ],
        },
      },
    },
    {
      name: 'a message over stdio',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'request entity too large' },
    },
    {
      name: 'a port that is 4130',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'fetch failed to http://localhost:4130/mcp' },
    },
  ],
});
