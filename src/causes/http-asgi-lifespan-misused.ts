import { answers, isStreamGet } from './answers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { entryLine, httpWords } from './refusals.js';
import { targetOf } from './way.js';
import { find, type Line, WORDS } from './words.js';

/** The sentences with which the session manager of the Python SDK says that nobody runs it, or that it was run before. */
const NOT_RUN = /\btask group\b.{0,12}\bnot (?:been )?(?:yet )?initiali[sz]ed\b/i;
const RUN_TWICE = /\.?\brun\(\) (?:can|may|must) (?:only )?(?:be )?(?:only )?(?:be )?called (?:only )?once\b/i;
/** Less of them: a cut traceback, a person's words. */
const HINTS = [
  /\bself\._task_group i\b|\bassert self\._task_group\b|\bself\._task_group is None\b|\btask group\b.{0,12}\bnot\W{0,4}(?:i(?:n(?:i(?:t(?:i(?:a\w{0,6})?)?)?)?)?)?\W{0,4}$|\btask group\b.{0,20}\b(?:never|not) (?:entered|started|created|set up|running)\b|'NoneType' object has no attribute 'start_soon'|\bsession_manager\.run\b.{0,40}\b(?:not|never|missing|twice|once)\b|\bsession manager run\(\) (?:once|twice|again)\b|streamable_http_man\w*\W.{0,40}\bhandle_request\b.{0,80}\bRuntimeErr/i,
  /\bsession[_ ]manager\b.{0,60}\b(?:not (?:been )?(?:started|running|run|initiali[sz]ed|entered)|never (?:started|run|entered)|already (?:running|started))\b/i,
  /\blifespans?\b.{0,60}\b(?:not (?:run|executed|called|passed|recogni[sz]ed|invoked|propagated|set|started|triggered|supported)|never (?:run|runs|executed|called|entered|started)|missing|twice|unsupported|ignored)\b|\b(?:missing|without|no|pass(?:ing)?|forgot\w*|needs?|requires?) (?:to (?:set|pass) )?(?:the |its |a )?lifespan\b|\blifespan\b.{0,20}\b(?:must|should|needs?|has) (?:to )?be\b|\b(?:500|fails?|error)\b.{0,30}\b(?:when|once|after|if) (?:it is |the app is |being )?mount(?:ed|ing)\b|\bmount(?:ed|ing)\b.{0,60}\b(?:500|internal server error)\b|\blifespan=\w+\.lifespan\b|\bcombine_lifespans\b/i,
];
/** Code that mounts the application of the MCP server, and names no lifespan. */
const MOUNTS = /\b(?:streamable_http_app|http_app|sse_app)\(/;
/** What only stands in the logs of Python's web servers and frameworks. */
const ASGI =
  /\buvicorn\b|\bstarlette\b|\bfastapi\b|\bfastmcp\b|\bhypercorn\b|\bmangum\b|\bASGI\b|\bgunicorn\b|streamable_http_manager/i;
const INTERNAL = /^\s*internal server error\s*$/i;

type Found = { url: string | null; twice: boolean; serverless: boolean };

export default defineCause({
  id: 'http-asgi-lifespan-misused',
  title:
    'The session manager of the Python server does not run, because its lifespan is not entered or is entered twice',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 500): Internal Server Error',
    'RuntimeError: Task group is not initialized. Make sure to use run().',
    'StreamableHTTPSessionManager .run() can only be called once per instance',
    "500 Internal Server Error for url 'http://localhost:8000/mcp'",
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-server-error',
    'http-redirect-loses-request',
    'edge-bad-gateway',
  ],

  match(given) {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const lines = httpWords(given);
    const text = [...lines.map((line) => line.text), given.reported?.platform ?? ''].join('\n');
    const serverless = /\bmangum\b|\blambda\b|\bvercel\b|cloud functions/i.test(text);
    const facts = (twice: boolean): Found => ({ url, twice, serverless });
    const broken = answers(given).filter(({ exchange: { status = 500 } }) => status >= 500);
    for (const { exchange, at } of broken) {
      const twice = RUN_TWICE.test(exchange.body ?? '');
      if (twice || NOT_RUN.test(exchange.body ?? ''))
        return { certainty: 'certain', cites: [`${at}/body`], facts: facts(twice) };
    }
    // A rich traceback breaks its message in the middle, with a wall of blanks behind each line.
    const unbroken = lines.map((line, i) => ({ ...line, text: joinedWithNext(lines, i) }));
    const hit = find(lines, NOT_RUN, RUN_TWICE) ?? find(unbroken, NOT_RUN, RUN_TWICE);
    if (hit) {
      const twice = RUN_TWICE.test(hit.match[0]);
      // The same words may name any object that runs once only.
      const manager = !twice || /session ?manager/i.test(text);
      return { certainty: manager ? 'certain' : 'likely', cites: [hit.line.at], facts: facts(twice) };
    }
    const code = [...lines, ...entryLine(given)].find(({ text: said }) => MOUNTS.test(said));
    const mounted = code && /\b[Mm]ount\(/.test(`${text}${given.reported?.entry ?? ''}`);
    const entered = /\blifespan\b|session_manager\.run/.test(`${text}${given.reported?.entry ?? ''}`);
    if (code && mounted && !entered && (broken.length > 0 || /\b500\b|Internal Server Error/i.test(text)))
      return { certainty: 'likely', cites: [code.at], facts: facts(false) };
    const hint = find(lines, ...HINTS);
    if (hint) return { certainty: 'likely', cites: [hint.line.at], facts: facts(/twice|already/i.test(hint.match[0])) };
    // A bare 500 of such a server has this reason most often; the traceback stays in its log.
    const bare = broken.find(
      ({ exchange }) => exchange.status === 500 && INTERNAL.test(exchange.body ?? '') && !isStreamGet(exchange, given),
    );
    const python = bare && /uvicorn|hypercorn|gunicorn/i.test(bare.exchange.headers?.server ?? '');
    if (bare && (python || (!bare.live && ASGI.test(text))))
      return { certainty: 'possible', cites: [bare.at], facts: facts(false) };
    const logged = find(lines, /\bPOST \S+ HTTP\/[\d.]+"? 500\b/);
    const explained = lines.some(({ text: said }) => /\b\w+(?:Error|Exception): /.test(said));
    return logged && !explained && ASGI.test(text)
      ? { certainty: 'possible', cites: [logged.line.at], facts: facts(false) }
      : null;
  },
  say: ({ url, twice, serverless }) =>
    twice
      ? `The session manager of the Python server was started a second time${serverless ? ' (the platform enters the lifespan anew for each invocation)' : ''}, which it refuses, so ${url ?? 'the endpoint'} cannot serve.`
      : `The session manager of the Python server behind ${url ?? 'the endpoint'} was never started: the MCP application is mounted inside another one, whose lifespan does not run it, so every request ends in a 500.`,
  fix: ({ url, twice, serverless }) => [
    twice
      ? serverless
        ? {
            say: 'Create the MCP server anew for each invocation, since its session manager runs once only:',
            edit: {
              file: 'the handler',
              to: 'def handler(event, context):\n    return Mangum(create_mcp().streamable_http_app())(event, context)',
            },
          }
        : {
            say: 'Enter session_manager.run() in one place only: in the lifespan of the outermost application, and not per request, per mount or in a test fixture that is used twice. Where the application is started again, build the FastMCP object again.',
          }
      : {
          say: 'Hand the lifespan of the MCP application to the outermost one. With FastMCP 2 and 3:',
          edit: {
            file: 'the module of the web application',
            to: 'mcp_app = mcp.http_app(path="/mcp")\napp = FastAPI(lifespan=mcp_app.lifespan)\napp.mount("/", mcp_app)',
          },
        },
    {
      say: 'With the official SDK (mcp.server.fastmcp), or several servers in one application, run each session manager in a lifespan of your own:',
      edit: {
        file: 'the module of the web application',
        to: '@contextlib.asynccontextmanager\nasync def lifespan(app):\n    async with contextlib.AsyncExitStack() as stack:\n        await stack.enter_async_context(mcp.session_manager.run())\n        yield\n\napp = Starlette(routes=[Mount("/", app=mcp.streamable_http_app())], lifespan=lifespan)',
      },
    },
    {
      say: 'A wrapper (authentication, CORS, a test client, a serverless adapter) has to pass the lifespan events on; with Mangum that is lifespan="auto".',
    },
    { say: 'Check it:', run: `mcp-verdict verify ${url ?? 'http://127.0.0.1:8000/mcp'}` },
  ],
  why: 'The Streamable HTTP server of the Python SDK handles requests in a task group that its lifespan opens. Starlette and FastAPI run the lifespan of the outermost application only, so that of a mounted one is silently left out. The task group opens once per object and cannot be opened again.',
  refs: [
    'https://gofastmcp.com/deployment/http#mounting-in-starlette',
    'https://github.com/modelcontextprotocol/python-sdk/issues/1467',
    'https://github.com/modelcontextprotocol/python-sdk/issues/713',
  ],
  examples: [
    {
      name: 'the log of uvicorn',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          'INFO:     127.0.0.1:57202 - "POST /mcp HTTP/1.1" 500 Internal Server Error\nERROR:    Exception in ASGI application\nRuntimeError: Task group is not initialized. Make sure to use run().',
      },
    },
    {
      name: 'FastMCP 2, which explains it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        stderr:
          "RuntimeError: FastMCP's StreamableHTTPSessionManager task group was not initialized. This commonly occurs when the FastMCP application's lifespan is not passed to the parent ASGI application (e.g., FastAPI or Starlette).",
      },
    },
    {
      name: 'a warm function',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'lambda',
        serverLog:
          'RuntimeError: StreamableHTTPSessionManager .run() can only be called once per instance. Create a new instance if you need to run again.',
      },
    },
    {
      name: 'a traceback that a narrow window wrapped',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '                             RuntimeError: Task group is not                    \n                             initialized. Make sur',
      },
    },
    {
      name: 'live, a server in debug mode',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'http://127.0.0.1:8000/mcp',
              atMs: 0,
              ms: 7,
              credentials: 'none',
              status: 500,
              headers: { server: 'uvicorn' },
              contentType: 'text/plain; charset=utf-8',
              body: 'Traceback (most recent call last):\n  File "streamable_http_manager.py", line 137, in handle_request\nRuntimeError: Task group is not initialized. Make sure to use run().',
            },
          ],
        },
      },
    },
    {
      name: 'a maintainer who tells the reason',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'nested lifespans are not run by Starlette, session_manager never started',
      },
    },
    {
      name: 'a task group that failed for another reason',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\nKeyError: "name"',
      },
    },
    {
      name: 'a session that was not initialized',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 400, body: 'Bad Request: Server not initialized' },
      },
    },
    {
      name: 'a stdio server with a lifespan of its own',
      finds: false,
      symptoms: { transport: 'stdio', stderr: 'lifespan never started: database is locked' },
    },
  ],
});

/** A line with the next one of the same voice, blanks and boxes between them gone. */
function joinedWithNext(lines: Line[], i: number): string {
  const line = lines[i];
  const next = lines[i + 1];
  const bare = (text: string) => text.replace(/[│|]/g, ' ').trim();
  return line && next?.from === line.from ? `${bare(line.text)} ${bare(next.text)}` : (line?.text ?? '');
}
