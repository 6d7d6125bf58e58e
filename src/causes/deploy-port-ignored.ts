import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { portTold } from './deployments.js';
import { isDeployed, isLoopback, listeners, platformOf, reasonIn, wantedPort } from './platforms.js';
import { find, words } from './words.js';

/** Platforms that name both sides: where they look, and that nobody, or somebody else, is there. */
const PLAIN = [
  /\bTarget ?Port (?<wanted>\d{2,5}) does not match the listening port (?<got>\d{2,5})/i,
  /\bapp is not listening on the expected address\b/i,
  /\bDetected open ports on localhost\b|\bdid you mean to bind one of these to 0\.0\.0\.0/i,
];

/** Platforms that waited for a port, without a word on what the program did instead. */
const WAITED = [
  /\b(?:R10|H20)\b.{0,20}[Bb]oot timeout|\bfailed to bind to \$?PORT\b/i,
  /\b[Nn]o open (?:HTTP )?ports? (?:were |was )?detected\b|\bPort scan timeout reached\b/,
  /\bfailed to start and (?:then )?listen on the port\b|\bSTARTUP TCP probe failed\b/i,
  /\bdidn't respond to HTTP pings on port:? ?\d+|\bdid not start within expected time limit\b/i,
  /\binstance refused connection\b|\bis your app listening on\b/i,
  /\b[Hh]ealth check failed on protocol [`'"]?TCP\b|\bCheck your configured port number\b/i,
  /\b(?:not|never|isn't|wasn't) (?:started )?listen(?:ing)? on (?:the )?(?:assigned |expected |configured |correct )?(?:port|\$?PORT)\b|\bdid(?: not|n't) (?:start listening|open) (?:on )?(?:a |any |the )?port\b/i,
  /\bTCP (?:health ?check|probe) failed\b|\b(?:Readiness|Startup) probe failed: dial tcp\b/i,
];

/** What edges answer when nobody takes their connection: as likely a crash. */
const REFUSED =
  /Application failed to respond|connection dial timeout|\bupstream_reset_before_response_started\{connection_failure/i;

/** The platform's settings of its own, beside the program's log. */
const SPEAKS_OF_PORT = /\bPORT\b|\btarget ?port\b|\blisten|\bbind|\bbound\b/;

export default defineCause({
  id: 'deploy-port-ignored',
  title: 'The server does not listen where the platform looks for it',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Application failed to respond',
    '502 Bad Gateway',
    '503 Service Unavailable',
    'The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable',
  ],
  needs: [],
  uses: [...ANSWERS, 'launch', 'network', 'endpoint'],
  explains: [
    ...FAILED_START,
    'deploy-healthcheck-misconfigured',
    'deploy-crashed',
    'edge-bad-gateway',
    'network-refused',
    'container-unhealthy',
    'http-server-error',
  ],

  match(
    given,
  ): Match<{ platform: string | null; port: number | null; wanted: number | null; host: string | null }> | null {
    if (given.network && !given.reported) {
      // From outside the edge's answer is all there is; edge-bad-gateway has it, and this is the next place to look.
      const answer = answers(given).find(({ exchange: { body = '' } }) => REFUSED.test(body));
      return answer
        ? {
            certainty: 'possible',
            cites: [answer.at],
            facts: { platform: platformOf(given)?.name ?? null, port: null, wanted: null, host: null },
          }
        : null;
    }
    if (!isDeployed(given)) return null;
    const platform = platformOf(given)?.name ?? null;
    const lines = words(given);
    const listens = listeners(lines.filter(({ from }) => from !== 'client'));
    const last = listens.at(-1);
    const plain = find(lines, ...PLAIN);
    const waited = find(lines, ...WAITED);
    const asked = wantedPort(lines, given.reported?.entry);
    const wanted = Number(plain?.groups.wanted ?? asked?.port ?? 0) || null;
    const got = Number(plain?.groups.got ?? last?.port ?? 0) || null;
    const host = last?.host ?? null;
    const facts = { platform, port: got, wanted, host };
    if (plain)
      return {
        certainty: plain.groups.got ? 'certain' : 'likely',
        cites: [plain.line.at, ...(last ? [last.line.at] : [])],
        facts,
      };
    const elsewhere = last !== undefined && wanted !== null && !listens.some(({ port }) => port === wanted);
    const within = last !== undefined && listens.every((listener) => isLoopback(listener.host));
    if (waited) {
      // What the program itself said of its end comes first.
      const other = reasonIn(lines.filter(({ text }) => !SPEAKS_OF_PORT.test(text)));
      return {
        certainty: other ? 'possible' : 'likely',
        cites: [waited.line.at, ...(last && (elsewhere || within) ? [last.line.at] : [])],
        facts,
      };
    }
    const hosted = platform !== null && !/^(?:Docker|Kubernetes|Coolify|Cloudflare|Vercel)$/.test(platform);
    const declared = asked !== null && asked.at === null;
    const told = portTold(lines.filter(({ from, joined }) => from === 'client' && !joined));
    if (told)
      return {
        certainty: hosted ? 'likely' : 'possible',
        cites: [told.line.at],
        facts: { platform, port: told.got ?? got, wanted: told.wanted ?? wanted, host },
      };
    const refused =
      find(lines, REFUSED)?.line.at ?? answers(given).find(({ exchange: { body = '' } }) => REFUSED.test(body))?.at;
    const down =
      refused ??
      answers(given).find(({ exchange: { status } }) => status === 502 || status === 503 || status === 521)?.at;
    // It runs, and the platform cannot reach it: what is left is where it listens.
    if (last && refused && hosted && wanted === null && !reasonIn(lines))
      return { certainty: 'likely', cites: [last.line.at, refused], facts };
    if (last && (elsewhere || (within && hosted)) && (hosted || down || asked))
      return {
        certainty: (hosted || declared) && down ? 'likely' : 'possible',
        cites: [last.line.at, ...(down ? [down] : [])],
        facts,
      };
    return refused ? { certainty: 'possible', cites: [refused], facts } : null;
  },
  say: ({ platform, port, wanted, host }) => {
    const where = platform ?? 'The platform';
    const looks = `${where} sends requests to ${wanted === null ? 'the port it assigns (the variable PORT)' : `port ${wanted}`}`;
    if (port !== null && wanted !== null && port !== wanted)
      return `${looks}, but the server listens on ${port}: nobody takes the connection.`;
    if (isLoopback(host))
      return `${looks} from outside the machine, but the server listens on ${host} only${port === null ? '' : ` (port ${port})`}, where nobody else can connect.`;
    return `${looks}, and nothing answers there: the server listens on another port or address, or on none.`;
  },
  fix: ({ platform, port, wanted }) => {
    const set: Record<string, string> = {
      'Azure Container Apps': `az containerapp ingress update -n <app> -g <group> --target-port ${port ?? '<port>'}`,
      'Azure App Service': `az webapp config appsettings set -n <app> -g <group> --settings WEBSITES_PORT=${port ?? '<port>'}`,
      'Cloud Run': `gcloud run services update <service> --port ${port ?? '<port>'}`,
      Railway: `railway variables --set PORT=${port ?? '<port>'}`,
      Heroku: 'heroku logs --tail',
    };
    const run = set[platform ?? ''];
    return [
      {
        say: 'Let the server take the port from the variable PORT and listen on all addresses (Express; FastMCP; uvicorn):',
        edit: {
          file: 'the code or the start command of the server',
          to: `app.listen(Number(process.env.PORT ?? ${wanted ?? 8080}), '0.0.0.0')\nmcp.run(transport="http", host="0.0.0.0", port=int(os.environ.get("PORT", "${wanted ?? 8080}")))\nuvicorn server:app --host 0.0.0.0 --port $PORT`,
        },
      },
      ...(run && platform !== 'Heroku'
        ? [{ say: `Or tell ${platform} the port on which the server listens:`, run }]
        : platform === 'Fly.io'
          ? [
              {
                say: 'Or tell Fly.io the port on which the server listens:',
                edit: { file: 'fly.toml', at: 'http_service', to: `internal_port = ${port ?? '<port>'}` },
              },
            ]
          : []),
    ];
  },
  why: 'A platform runs the server in a container and connects to one port of it, mostly the one it hands over in PORT. A server with a fixed port, or bound to 127.0.0.1 as is the default of FastMCP and uvicorn, runs without an error and is never reached; the edge answers 502 or 503 in its place.',
  refs: [
    'https://docs.railway.com/reference/errors/application-failed-to-respond',
    'https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start',
    'https://fly.io/docs/getting-started/troubleshooting/#host-checking',
    'https://devcenter.heroku.com/articles/error-codes#r10-boot-timeout',
  ],
  examples: [
    {
      name: 'Cloud Run, and the server says another port',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'gcp',
        serverLog:
          'INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)\nERROR: (gcloud.run.deploy) Revision is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout.',
      },
    },
    {
      name: 'Fly.io',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'WARNING The app is not listening on the expected address and will not be reachable by fly-proxy.\nYou can fix this by configuring your app to listen on the following addresses:\n  - 0.0.0.0:8080',
      },
    },
    {
      name: 'Azure Container Apps',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'The TargetPort 80 does not match the listening port 8000.',
      },
    },
    {
      name: 'Heroku',
      finds: true,
      symptoms: {
        transport: 'sse',
        serverLog:
          'heroku[web.1]: Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch',
      },
    },
    {
      name: 'Railway, loopback only',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        http: { status: 502, body: '{"status":"error","code":502,"message":"Application failed to respond"}' },
        serverLog: 'INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)',
      },
    },
    {
      name: 'in words: the port is hard-coded',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        clientError: 'Railway injects PORT=8080 but the server always binds to 8000, the gateway returns 502',
      },
    },
    {
      name: 'in words: another port than the one expected',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'agentcore',
        clientError: 'AgentCore expects the MCP server at 0.0.0.0:8000/mcp, mine runs on 8080',
      },
    },
    {
      name: 'the port of a sign-in',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'The OAuth callback port is hard-coded to 3334 and cannot be changed',
      },
    },
    {
      name: 'a server on this machine',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:8000/mcp',
        serverLog: 'INFO:     Uvicorn running on http://127.0.0.1:8000',
        clientError: 'HTTP 404',
      },
    },
    {
      name: 'it listens where it should',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog: 'PORT=8080\nServer listening on 0.0.0.0:8080',
        clientError: 'HTTP 404',
      },
    },
    {
      name: 'a stdio server',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'dashboard listening on http://127.0.0.1:5173', exitCode: 1 },
    },
  ],
});
