import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { checkTold, HEALTH_PATH, IN_ENTRY, INSPECTED, MCP_PATH, NO_PROGRAM } from './deployments.js';
import { isDeployed, listeners, platformOf, reasonIn } from './platforms.js';
import { find, findAll, type Line, WORDS, words } from './words.js';

type What = 'status' | 'port' | 'program' | 'path' | 'never';

/** Who speaks is a health check: of a container engine, an orchestrator, a load balancer or a platform. */
const CHECK =
  /\bhealth[-_ ]?checks?\b|\b(?:liveness|readiness|start-?up)[-_ ]?probes?\b|\bhealth probe\b|ELB-HealthChecker|kube-probe|\bGoogleHC\b|RailwayHealthCheck|\bunhealthy\b|\bnever became healthy\b|^Attempt #\d+ failed with|\bHEALTHCHECK\b|\bFailingStreak\b|\bHTTP probe failed\b/i;
/** The status with which the probe was refused. A 5xx is the server's own word on its health. */
const STATUS =
  /\b(?:status ?codes?|status|codes?|HTTP(?:\/[\d.]+)?|returned(?: error)?|error|got|with|response)\W{1,4}(?:these codes: )?\[?(?<status>30[1278]|40[013456]|415|421|426)\b|(?:->|→|=>|-|:|HTTP\/[\d.]+"|=) ?(?<plain>40[456])\b/i;

/** A check that succeeds. */
const WELL = /\b(?:work(?:s|ing)|ok|pass(?:ed|es|ing)?|succe\w+|healthy|200|fine|green)\b/i;

/** A request to a health path that the server does not know, in its access log. */
const LOGGED =
  /\b(?:GET|HEAD) (?:https?:\/\/[^\s/"]+)?(?<path>\/\S{0,60})(?: HTTP\/[\d.]+)?"?(?:\s*(?:-+>|=>|→|:|-|status[=:]?|returned|\|)\s*|\s+)\(?(?<status>40[0456]|421)\b|"(?:path|url|uri)"\s*:\s*"(?<json>\/[^"]{0,60})"[^}]{0,80}"status(?:_?code)?"\s*:\s*(?<code>40[0456]|421)\b/i;

const REFUSED =
  /\b(?:Failed to connect to|can't connect to remote host|connect(?:ion)?|dial tcp)\b.{0,80}?(?::| port )(?<port>\d{2,5})\b/i;

/** The platform only says that it gave up. */
const NEVER =
  /\bnever became healthy\b|\bHealth ?check(?:s)? (?:failed|failure|timed out)\b|\bfailed (?:to respond to )?(?:the |its |ELB |load balancer )?health ?checks?\b|\b(?:waiting for|passing) (?:the |internal )?health ?check\b|^Attempt #\d+ failed with service unavailable|\bHealth check .{0,60}\bhas failed\b|\bDeployContainerHealthChecksFailed\b|\bruntime health check failed\b|\bunhealthy\b/i;

const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname : '');

type Found = {
  platform: string | null;
  what: What;
  path: string | null;
  status: number | null;
  port: number | null;
  listens: number | null;
  program: string | null;
};

export default defineCause({
  id: 'deploy-healthcheck-misconfigured',
  title: 'The health check of the deployment asks something that the server does not answer with success',
  culprit: 'platform',
  severity: 'broken',
  seenAs: [
    '1/1 replicas never became healthy!',
    'Readiness probe failed: HTTP probe failed with statuscode: 406',
    'Task failed ELB health checks in (target-group ...)',
    'container is unhealthy',
    '"GET /health HTTP/1.1" 404 Not Found',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'network', 'endpoint'],
  explains: [
    'container-unhealthy',
    'edge-bad-gateway',
    'http-endpoint-wrong',
    'deploy-crashed',
    'http-accept-incomplete',
    'transport-get-stream-mishandled',
    'lifetime-idle-cut',
    // The missing program is that of the check.
    'launch-entry-point-missing',
    'launch-command-not-installed',
    'runtime-dependency-missing',
  ],

  match(given): Match<Found> | null {
    // A server over stdio has no health check either, unless its entry writes one down.
    if (!isDeployed(given) && !IN_ENTRY.test(given.reported?.entry ?? '')) return null;
    const platform = platformOf(given)?.name ?? null;
    const none: Omit<Found, 'what'> = { platform, path: null, status: null, port: null, listens: null, program: null };
    const lines = words(given);
    const checks = findAll(lines, CHECK)
      .map(({ line }) => line)
      .filter(({ text }) => !WELL.test(text) || /fail|never|unhealthy|not /i.test(text));
    const { entry = '', url = '' } = given.reported ?? {};
    const shown = findAll(lines, INSPECTED)[0];
    const inEntry = IN_ENTRY.exec(entry) ?? shown?.match ?? null;
    const writtenAt = shown && !IN_ENTRY.test(entry) ? shown.line.at : at('reported', 'entry');
    const prose = checkTold(lines.filter(({ from, joined }) => from === 'client' && !joined));
    const spoken = checks.length > 0 || inEntry !== null || prose !== null;

    // What was reported of a request is the probe when it is a GET to a health path, or beside talk of a check.
    for (const [i, exchange] of (given.http?.exchanges ?? []).entries()) {
      const { status = 0, method, purpose } = exchange;
      if (purpose !== 'reported' || status < 400 || status >= 500 || status === 429 || status === 403) continue;
      const path = pathOf(exchange.url);
      const health = HEALTH_PATH.test(path);
      if (!health && !(spoken && (method === 'GET' || method === 'HEAD'))) continue;
      return {
        certainty: 'likely',
        cites: [at('http', 'exchanges', i), ...(inEntry ? [writtenAt] : [])],
        facts: { ...none, what: 'status', path: path || null, status },
      };
    }

    const refusedBy = (line: Line) => STATUS.exec(line.text)?.groups;
    const told = checks.find((line) => refusedBy(line) !== undefined);
    const curl =
      spoken || (platform !== null && given.reported?.clientError.length === 0)
        ? find(
            lines,
            /\bcurl: \(22\).{0,60}\b(?<status>40\d)\b|\bwget: server returned error: HTTP\/[\d.]+ (?<wget>40\d)\b|\bHTTPError: HTTP Error (?<py>40[456])\b/,
          )
        : null;
    if (told || curl) {
      const groups: Partial<Record<string, string>> = told ? (refusedBy(told) ?? {}) : (curl?.groups ?? {});
      const status = Number(Object.values(groups).find((value) => value !== undefined)) || null;
      const line = told ?? curl?.line;
      const path = line
        ? (/(?:\b(?:GET|HEAD) |\bpath "?|https?:\/\/[^\s/"]+)(?<path>\/[\w./-]{0,60})/.exec(line.text)?.groups?.path ??
          null)
        : null;
      return {
        certainty: 'likely',
        cites: line ? [line.at] : [],
        facts: { ...none, what: 'status', status, path },
      };
    }
    if (prose)
      return {
        certainty: prose.status === 421 ? 'possible' : 'likely',
        cites: [prose.line.at],
        facts: { ...none, what: prose.status === null ? 'path' : 'status', status: prose.status, path: prose.path },
      };
    const logged = findAll(
      lines.filter(({ from }) => from !== 'client'),
      LOGGED,
    ).find(
      ({ groups }) =>
        HEALTH_PATH.test(groups.path ?? groups.json ?? '') || (spoken && /^\/$|\/mcp|\/sse/.test(groups.path ?? '')),
    );
    // From inside the container nobody else asks the MCP endpoint without its headers.
    const inside =
      platform === null
        ? undefined
        : findAll(lines, LOGGED).find(
            ({ line, groups }) =>
              MCP_PATH.test(groups.path ?? '') && /\b127\.0\.0\.1:\d|\bWget\/|\bcurl\//.test(line.text),
          );
    const served = lines.some(({ text }) => /\bPOST \/\S*.{0,20}\b(?:20[02]|40\d)\b/.test(text));
    // Asked again and again from inside, and by nobody else: a client would have sent its POST.
    const beats = served || inside === undefined ? 0 : findAll(lines, LOGGED).length;
    const asks = logged ?? (served ? undefined : inside);
    if (asks)
      return {
        // Others ask for such paths, too: a client, a robot, a person.
        certainty: (logged && (spoken || (platform !== null && !served))) || beats > 1 ? 'likely' : 'possible',
        cites: [asks.line.at],
        facts: {
          ...none,
          what: 'status',
          path: asks.groups.path ?? asks.groups.json ?? null,
          status: Number(asks.groups.status ?? asks.groups.code),
        },
      };
    // The check imports what the image does not hold, and the server does not.
    const module = inEntry ? find(lines, /\bNo module named '(?<module>\w{1,60})/) : null;
    if (module && (entry + (inEntry?.[0] ?? '')).includes(`import ${module.groups.module}`))
      return {
        certainty: 'likely',
        cites: [module.line.at, writtenAt],
        facts: { ...none, what: 'program', program: `the module ${module.groups.module}` },
      };
    // curl and wget are in an image's log for nothing else.
    const absent =
      spoken || (platform !== null && platform !== 'Heroku')
        ? find(spoken ? lines : lines.filter(({ text }) => /\b(?:curl|wget|nc)\b/.test(text)), NO_PROGRAM)
        : null;
    if (absent)
      return {
        certainty: 'likely',
        cites: [absent.line.at],
        facts: { ...none, what: 'program', program: absent.groups.program ?? absent.groups.exec ?? null },
      };

    const probe = find(spoken || platform !== null ? lines : [], REFUSED);
    const asked = Number(probe?.groups.port ?? 0) || null;
    const heard = listeners(lines.filter(({ from }) => from !== 'client'));
    if (probe && asked !== null && heard.length > 0 && !heard.some(({ port }) => port === asked))
      return {
        certainty: spoken ? 'likely' : 'possible',
        cites: [probe.line.at, ...heard.slice(-1).map(({ line }) => line.at)],
        facts: { ...none, what: 'port', port: asked, listens: heard.at(-1)?.port ?? null },
      };
    // The probe's own client says that nobody listens where it asks, and the container runs.
    const closed = spoken ? find(lines, /\b(?:curl: \(7\)|wget: can't connect)/) : null;
    if (closed && heard.length === 0 && !reasonIn(lines))
      return {
        certainty: 'likely',
        cites: [closed.line.at],
        facts: { ...none, what: 'never', port: asked },
      };
    const never = find(lines, NEVER);
    const reason = reasonIn(lines);
    if (inEntry && !never) {
      const path =
        /(?<path>\/[\w./-]{1,80})/.exec(inEntry[0].replace(/https?:\/\/[^/\s"]+/g, ''))?.groups?.path ?? null;
      const about =
        path === null
          ? /https?:\/\//.test(inEntry[0])
          : MCP_PATH.test(path) || path === '/' || pathOf(url) === path || HEALTH_PATH.test(pathOf(url));
      return {
        certainty: (about || given.reported?.transport === 'stdio') && !reason ? 'likely' : 'possible',
        cites: [writtenAt],
        facts: { ...none, what: 'path', path },
      };
    }
    if (never)
      return {
        certainty:
          reason ||
          platform === null ||
          (inEntry === null && heard.length === 0 && /\bunhealthy\b/i.test(never.match[0]))
            ? 'possible'
            : 'likely',
        cites: [never.line.at],
        facts: {
          ...none,
          what: 'never',
          path:
            /\b(?:path|GET|HTTP|check:)[: ]{1,3}["'`]?(?<path>\/[\w./-]{0,60})/i.exec(
              lines.map(({ text }) => text).join('\n'),
            )?.groups?.path ?? null,
        },
      };
    // A health address reported as the URL, and nothing more.
    if (platform !== null && HEALTH_PATH.test(pathOf(url)) && !reason && lines.length === 0 && !given.http)
      return {
        certainty: 'possible',
        cites: [at('reported', 'url')],
        facts: { ...none, what: 'path', path: pathOf(url) },
      };
    return null;
  },
  say: ({ platform, what, path, status, port, listens, program }) => {
    const check = `The health check${platform ? ` of ${platform}` : ''}`;
    const place = path ?? 'a path';
    const mcp = path !== null && MCP_PATH.test(path);
    if (what === 'program')
      return `${check} cannot run: it calls ${program ?? 'a program'}, which the image does not hold.`;
    if (what === 'port')
      return `${check} asks port ${port}, but the server listens on ${listens}: the check fails although the server works.`;
    if (what === 'status' || (what === 'path' && mcp))
      return `${check} asks ${place}${status === null ? '' : ` and gets ${status}`}: ${mcp || status === 405 || status === 406 ? 'the MCP endpoint answers no plain GET with success' : 'the server has no such page'}, so the platform takes a working server for a dead one.`;
    if (what === 'path') return `${check} asks ${place}, which an MCP server does not have unless it was added.`;
    return `${check} never got a success, so the platform sends the server no requests: the check asks the wrong path or port, or the server did not come up.`;
  },
  fix: ({ platform, what, path, listens, program }) => {
    const route = path !== null && !MCP_PATH.test(path) && path !== '/' ? path : '/health';
    const set: Record<string, [string, string]> = {
      Railway: ['railway.json', `{ "deploy": { "healthcheckPath": "${route}", "healthcheckTimeout": 120 } }`],
      Render: ['render.yaml', `healthCheckPath: ${route}`],
      'Fly.io': ['fly.toml', `[[http_service.checks]]\n  method = "GET"\n  path = "${route}"`],
      Kubernetes: [
        'the Deployment',
        `readinessProbe:\n  httpGet: { path: ${route}, port: ${listens ?? '<port of the server>'} }`,
      ],
      AWS: [
        'the target group',
        `aws elbv2 modify-target-group --target-group-arn <arn> --health-check-path ${route} --matcher HttpCode=200`,
      ],
      DigitalOcean: ['the app spec', `health_check:\n  http_path: ${route}`],
    };
    const [file, to] = set[platform ?? ''] ?? [
      'the Dockerfile or the compose file',
      `HEALTHCHECK CMD python -c "import os,urllib.request as u; u.urlopen('http://127.0.0.1:%s${route}' % os.environ.get('PORT', '${listens ?? 8000}'))"`,
    ];
    if (what === 'program')
      return [
        {
          say: `Write the check with a program that the image has, the server's own runtime for example, in place of ${program ?? 'the missing one'}:`,
          edit: {
            file: 'the Dockerfile or the compose file',
            to: `HEALTHCHECK CMD node -e "fetch('http://127.0.0.1:<port>/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"`,
          },
        },
      ];
    return [
      ...(what === 'port'
        ? []
        : [
            {
              say: `Give the server a page that answers GET ${route} with 200 (FastMCP; Express):`,
              edit: {
                file: 'the code of the server',
                to: `@mcp.custom_route("${route}", methods=["GET"])\nasync def health(request): return PlainTextResponse("ok")\n\napp.get('${route}', (_req, res) => res.send('ok'))`,
              },
            },
          ]),
      { say: 'Let the check ask that page, at the port on which the server really listens:', edit: { file, to } },
    ];
  },
  why: 'A platform takes a deployment into service only when its health check succeeds: a GET without the headers of MCP that is answered with 2xx. The MCP endpoint answers such a GET with 400, 405 or 406, and FastMCP or a bare SDK server has no /health, so a server that works is held back or restarted for ever.',
  refs: [
    'https://docs.railway.com/guides/healthchecks',
    'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/',
    'https://gofastmcp.com/deployment/http#health-check-endpoint',
    'https://github.com/prakhar1605/Opencollab-mcp/issues/12',
  ],
  examples: [
    {
      name: 'Kubernetes probes the MCP endpoint',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'kubernetes',
        serverLog: 'Warning  Unhealthy  12s  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 406',
      },
    },
    {
      name: 'an engine probes a page that is not there',
      finds: true,
      symptoms: {
        platform: 'docker',
        transport: 'streamable-http',
        url: 'http://127.0.0.1:8000/health',
        http: { method: 'GET', status: 404 },
      },
    },
    {
      name: 'Railway, by its settings',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        entry: { healthcheckPath: '/mcp/' },
        http: { method: 'GET', status: 406 },
      },
    },
    {
      name: 'Railway gives up',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog:
          'Path: /health\nRetry window: 5m0s\nAttempt #1 failed with service unavailable. Continuing to retry for 4m59s\n1/1 replicas never became healthy!\nHealthcheck failed!',
      },
    },
    {
      name: 'a load balancer of AWS',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'aws',
        serverLog:
          '(service notes) (port 8000) is unhealthy in (target-group arn:aws:elasticloadbalancing:x) due to (reason Health checks failed with these codes: [404])',
      },
    },
    {
      name: 'the image has no curl',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        serverLog: 'notes-mcp  Up 3 minutes (unhealthy)\nexit=1 out=/bin/sh: 1: curl: not found',
      },
    },
    {
      name: 'in words',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'kubernetes',
        clientError: 'only `/mcp` is exposed, `/healthz` always 404s, so the pod never became Ready',
      },
    },
    {
      name: 'the server itself says that it is not ready',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'kubernetes',
        http: { method: 'GET', status: 503, body: '{"status":"starting"}' },
        url: 'https://acme.dev/health',
      },
    },
    {
      name: 'a health check that succeeds',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: '"GET /health HTTP/1.1" 200 OK\n"POST /mcp HTTP/1.1" 404 Not Found',
      },
    },
    {
      name: 'a stdio server',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'health check failed with status 404', exitCode: 1 },
    },
  ],
});
