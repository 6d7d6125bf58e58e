import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isDeployed, platformOf, reasonIn } from './platforms.js';
import { isRemote } from './way.js';
import { find, words } from './words.js';

/** Platforms that say of an application that it ended, or could not be started. */
const ENDED = [
  // Heroku, Fly.io, Render, Koyeb
  /\bState changed from \w+ to crashed\b|\bcode=H10\b|\bdesc="App crashed"|\bProcess exited with status (?<heroku>[1-9]\d*)/,
  /\breached its max restart count\b|\bthe app appears to be crashing\b|\bsmoke checks .{0,60}failed\b|\bMain child exited (?:normally )?with (?:code:? |signal )(?<fly>[1-9]\d*)?/i,
  /\bExited with status (?<render>[1-9]\d*)(?: while running your code)?|\b[Ii]nstance failed:|\bApplication (?:loading failed|exited with code (?<koyeb>[1-9]\d*))/,
  // Cloud Run, Lambda, ECS and App Runner, AgentCore
  /\bContainer called exit\((?<run>[1-9]\d*)\)|\bUncaught signal: \d+, pid=|\bterminated: Application failed to start\b/,
  /\bRuntime exited with error: (?:exit status (?<lambda>\d+)|signal)|\bRuntime\.ExitError\b|\bEssential ?Container ?(?:in task )?exited\b|\bEssential container in task exited\b|\byour application (?:stopped or )?failed to start\b|\bAn error occurred when starting the runtime\b|\bfailed to start and cannot serve traffic\b|\bContainer exit code: (?<apprunner>[1-9]\d*)/i,
  // Vercel, Azure, DigitalOcean, Hugging Face, Cloudflare
  /\bRuntime\.(?:ImportModuleError|UserCodeSyntaxError|HandlerNotFound|MalformedHandlerName|Unknown)\b|\bFunction host is not running\b|\bPhase: init\b.{0,20}\bStatus: error\b/i,
  /\bFUNCTION_INVOCATION_FAILED\b|\b(?:Serverless|Edge|Your) Function (?:has )?crashed\b|\bNode\.js process exited with exit status: (?<vercel>\d+)/i,
  /\bwas terminated with exit code '(?<aca>[1-9]\d*)'|\breason 'ProcessExited'|\bContainerCrashing\b|\bHTTP Error 50[02]\.3\d\b|\bASP\.NET Core app failed to start\b|\bhas exited, failing site start\b|\bterminated during site startup\b|\bcontainer .{1,80} has exited\b.{0,40}\bsite\b/i,
  /\bCrashLoopBackOff\b|\bDeployContainerExitNonZero\b|\bContainer Terminated\b|\bRun Command Failed\b|\b(?:Reason|State|STATUS):? +Error\b.{0,40}\bExit Code: (?<k8s>[1-9]\d*)|\bterminated with non-zero exit code(?:: (?<do>\d+))?|\bnon-zero exit code\b|\b(?:Your )?[Ss]pace is in error\b|\bRuntime error\s+Exit code: (?<hf>\d+)/,
  // Railway, and the words that many use
  /\b(?:deploy(?:ment)?|service|replica|revision|app(?:lication)?|function)\b.{0,60}\b(?:has )?(?:crashed|CRASHED)\b(?! by)|\bcrashed after (?:start|deploy)|\bcrash(?:ing|es)? (?:on|at|during) (?:start-?up|boot|deploy\w*)\b/i,
  /"?\bstatus"?\s?[:=]\s?"?CRASHED\b|\bdeploy(?:ment)?\b.{0,40}\bstatus\b.{0,12}\bFAILED\b/,
];
const EXITED = /\b[Ee]xit(?:ed|ing|s)? (?:with )?(?:status|code|exit code):? (?<exit>[1-9]\d*)\b/;
const FAILED =
  /\b[Dd]eploy(?:ment)? (?:has )?failed\b|\bfailed to deploy\b|\brollout failed\b|\bServer failed to start\b/;

/** Errors that a program meets while it is loaded, and not over a request. */
const AT_START =
  /\b(?:ModuleNotFound|Import|Syntax|Name)Error\b|\bCannot find (?:module|package)\b|\bunexpected keyword argument\b|\bno longer accepts\b|\bKeyError: '[A-Z][A-Z_]+'|\benv(?:ironment)? var\w*\b|\bERR_(?:MODULE_NOT_FOUND|REQUIRE_ESM|UNKNOWN_FILE_EXTENSION)\b/;
/** Whose page it is. */
const PAGES: [RegExp, string][] = [
  [/FUNCTION_INVOCATION/, 'Vercel'],
  [/x-nf-request-id|"Netlify"/, 'Netlify'],
  [/Runtime\.\w+/, 'AWS'],
  [/Function host is not running/, 'Azure Functions'],
  [/HTTP Error 50[02]\.3\d|ASP\.NET Core/, 'IIS'],
  [/Your space is in error/i, 'Hugging Face'],
];
/** The last words of a program. */
const FATAL =
  /\bpanicked at\b|^panic: |\bTraceback \(most recent|\bCannot find (?:module|package)\b|\bNo module named\b|^(?:\w{0,40}\s?\| )?(?:Uncaught )?\w*(?:Error|Exception)\b(?: \[\w+\])?: \S|\bUnhandled(?: \w+)? [Ee]xception\b|\bApplication run failed\b|\bSegmentation fault\b/;
/** It did come up. */
const SERVES = /\b(?:listening|running|started|serving|ready|complete)\b|\b(?:GET|POST) \//i;

/** Pages with which a platform says so to a client. */
const PAGE =
  /\bFUNCTION_INVOCATION_FAILED\b|\b(?:Serverless|Edge) Function has crashed|HTTP Error 50[02]\.3\d\b|ASP\.NET Core app failed to start|\bYour space is in error\b|\bRuntime\.(?:ImportModuleError|ExitError|UserCodeSyntaxError|HandlerNotFound)\b|\bFunction host is not running\b|\bfailed to start and cannot serve traffic\b/i;

export default defineCause({
  id: 'deploy-crashed',
  title: 'The deployment is down because the application crashes at start',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    '502 Bad Gateway',
    '503 Service Unavailable',
    'FUNCTION_INVOCATION_FAILED',
    'Application error',
    'HTTP Error 500.30 - ASP.NET Core app failed to start',
  ],
  needs: [],
  uses: [...ANSWERS, 'launch', 'network', 'endpoint'],
  explains: [
    ...FAILED_START,
    'edge-bad-gateway',
    'http-server-error',
    'container-exited',
    'container-restarting',
    'container-unhealthy',
  ],

  match(given): Match<{ platform: string | null; code: number | null; reason: boolean }> | null {
    const platform = platformOf(given)?.name ?? null;
    const page = answers(given).find(
      ({ exchange: { status = 0, headers = {}, body = '' } }) =>
        status >= 500 && (PAGE.test(body) || /FUNCTION_INVOCATION_FAILED/.test(headers['x-vercel-error'] ?? '')),
    );
    if (page)
      return {
        // A function may also end, or a host stop, after it was up.
        certainty: page.live && !/ExitError|Function host is not/.test(page.exchange.body ?? '') ? 'certain' : 'likely',
        cites: [page.at],
        facts: {
          platform: platform ?? PAGES.find(([form]) => form.test(JSON.stringify(page.exchange)))?.[1] ?? null,
          code: null,
          reason: false,
        },
      };
    if (answers(given).some(({ live }) => live) || !isDeployed(given)) return null;
    const lines = words(given).filter(({ joined }) => !joined);
    // The reason stands in the log: then that is the root, and the end only follows from it.
    const reason = reasonIn(lines);
    const hosted = platform !== null && !/^(?:Docker|Kubernetes|Coolify)$/.test(platform);
    const ended = find(lines, ...(hosted ? [...ENDED, EXITED] : ENDED));
    // It names its own end and never said that it listens, and whoever stands before it finds nobody.
    const dead =
      answers(given).some(({ exchange: { status = 0 } }) => status === 502 || status === 503) ||
      find(lines, /\b50[23] (?:Bad Gateway|Service Unavailable)|\bconnect ECONNREFUSED\b|\bconnection refused\b/i) !==
        null;
    const fatal =
      dead && !lines.some(({ from, text }) => from !== 'client' && SERVES.test(text))
        ? find(
            lines.filter(({ from }) => from !== 'client'),
            FATAL,
          )
        : null;
    const bare = platform !== null ? find(lines, FAILED) : null;
    // Nobody but the program speaks: at a platform, an error with which its log ends is the likeliest end.
    const own = lines.filter(({ from }) => from !== 'client');
    const alone =
      platform !== null &&
      own.length === lines.length &&
      !answers(given).some(({ exchange }) => exchange.status) &&
      (hosted || isRemote(given) || given.reported?.transport !== undefined) &&
      ((hosted ? reasonIn(own.slice(-3)) : find(own, AT_START) !== null) ||
        find(own, /\b[Ff]ailed to (?:run|start)\b/) !== null) &&
      !own.some(({ text }) => SERVES.test(text));
    const hit =
      ended ??
      fatal ??
      bare ??
      (alone ? find(own, /\b[A-Z]\w*(?:Error|Exception)\b: \S|\b[Ff]ailed to (?:run|start)\b/) : null);
    if (!hit) return null;
    const code = Object.values(hit.groups).find((value) => value !== undefined);
    return {
      certainty: fatal || (ended && !reason) ? 'likely' : 'possible',
      cites: [hit.line.at],
      facts: { platform, code: code === undefined ? null : Number(code) || null, reason },
    };
  },
  say: ({ platform, code, reason }) =>
    `The application ends as soon as ${platform ?? 'the platform'} starts it${code === null ? '' : ` (exit code ${code})`}, so ${platform ?? 'the platform'} answers in its place${reason ? '; its log names the reason' : '; why it ends stands in its own log, which is not here'}.`,
  fix: ({ platform }) => {
    const logs: Record<string, string> = {
      Railway: 'railway logs --deployment | mcp-verdict explain -',
      Vercel: 'vercel logs <deployment> | mcp-verdict explain -',
      'Fly.io': 'fly logs --no-tail | mcp-verdict explain -',
      Heroku: 'heroku logs -n 200 | mcp-verdict explain -',
      'Cloud Run': 'gcloud run services logs read <service> --limit 200 | mcp-verdict explain -',
      'Azure App Service': 'az webapp log download -n <app> -g <group>',
      'Azure Container Apps': 'az containerapp logs show -n <app> -g <group> | mcp-verdict explain -',
      Kubernetes: 'kubectl logs --previous <pod> | mcp-verdict explain -',
      Docker: 'docker logs --tail 200 <container> 2>&1 | mcp-verdict explain -',
      Netlify: 'netlify logs:function <function>',
      'Azure Functions': 'func azure functionapp logstream <app>',
      Render: 'render logs --resources <service id> | mcp-verdict explain -',
      DigitalOcean: 'doctl apps logs <app id> --type run | mcp-verdict explain -',
      AWS: 'aws logs tail <log group> --since 1h | mcp-verdict explain -',
    };
    const run = logs[platform ?? ''];
    return [
      {
        say: `Read what the application wrote before it ended${platform ? ` (the log on ${platform})` : ''}, and let it be judged:`,
        ...(run && { run }),
      },
      {
        say: 'Start the same image or commit on your machine with the variables of the deployment: a missing variable, a missing package or a wrong start command shows there at once.',
        run: 'docker run --rm --env-file .env -e PORT=8080 -p 8080:8080 <image>',
      },
    ];
  },
  why: 'A platform that cannot keep an application running answers requests by itself with 500, 502 or 503, and a client shows that status as if the server had spoken. The reason is a line earlier, in the log of the application, not in what the client sees.',
  refs: [
    'https://docs.railway.com/reference/deployments#deployment-states',
    'https://vercel.com/docs/errors/FUNCTION_INVOCATION_FAILED',
    'https://devcenter.heroku.com/articles/error-codes#h10-app-crashed',
    'https://learn.microsoft.com/aspnet/core/test/troubleshoot-azure-iis',
  ],
  examples: [
    {
      name: 'live, a function of Vercel',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.vercel.app/mcp',
              atMs: 0,
              ms: 80,
              credentials: 'none',
              status: 500,
              headers: { server: 'Vercel', 'x-vercel-error': 'FUNCTION_INVOCATION_FAILED' },
              body: 'A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n\nfra1::abc',
            },
          ],
        },
      },
    },
    {
      name: 'Heroku',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'heroku[web.1]: Process exited with status 1\nheroku[web.1]: State changed from starting to crashed',
      },
    },
    {
      name: 'Fly.io gives up',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'fly',
        serverLog: 'machine has reached its max restart count of 10',
      },
    },
    {
      name: 'Railway, by its status',
      finds: true,
      symptoms: { transport: 'streamable-http', platform: 'railway', serverLog: 'Deployment status: CRASHED' },
    },
    {
      name: 'Azure',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'azure',
        http: { status: 500, body: '<title>IIS</title> HTTP Error 500.30 - ASP.NET Core app failed to start' },
      },
    },
    {
      name: 'Netlify, a function that cannot be loaded',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'netlify',
        http: {
          status: 502,
          body: '{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module \'mcp\'"}',
        },
      },
    },
    {
      name: 'the last words of a program beside a 502',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        http: { status: 502 },
        serverLog: "thread 'main' panicked at src/main.rs:42:10: called `Result::unwrap()` on an `Err` value",
      },
    },
    {
      name: 'an error of one request, of a server that runs',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        http: { status: 502 },
        serverLog: "INFO: Uvicorn running on http://0.0.0.0:8000\nKeyError: 'title'",
      },
    },
    {
      name: 'the edge alone does not say that it crashed',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 502, body: '{"status":"error","code":502,"message":"Application failed to respond"}' },
      },
    },
    {
      name: 'a client that crashed',
      finds: false,
      symptoms: { transport: 'stdio', clientError: 'Deployment status: CRASHED', exitCode: 1 },
    },
    {
      name: 'a deployment that stands',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'railway',
        serverLog: 'Deployment status: SUCCESS',
        clientError: 'HTTP 404',
      },
    },
  ],
});
