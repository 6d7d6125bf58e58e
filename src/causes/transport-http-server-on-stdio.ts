import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { failed, find, type Line, unlogged, WORDS, words } from './words.js';

const URL = String.raw`(?<url>(?:https?|tcp)://[^\s'"\])]+)`;
const PLACE = String.raw`(?:(?:port|address|localhost|0\.0\.0\.0|127\.0\.0\.1|\[::\d?\]|\*)?[ :=#]{0,3})(?<port>\d{2,5})\b`;
/** How web servers say that they are up. */
const LISTENING = [
  new RegExp(
    String.raw`\b(?:listening|running|serving|served|started|starting|available|ready|bound|accessible|up)\b.{0,40}?\b(?:at|on|to|via|is)?\W{0,3}${URL}`,
    'i',
  ),
  new RegExp(String.raw`\blisten(?:ing|s)? (?:and serving HTTP )?(?:at|on|to)?:? ?(?:http |tcp )?${PLACE}`, 'i'),
  new RegExp(
    String.raw`\b(?:server|service|app(?:lication)?|MCP|HTTP|SSE|API)\b.{0,40}\b(?:running|started|starting|up|ready|live|bound)\b.{0,20}?\b(?:at|on|to) ?${PLACE}`,
    'i',
  ),
  /\b(?:starting|launching|booting|serving)\b.{0,80}?\b(?:on|at) (?:port|localhost|0\.0\.0\.0|127\.0\.0\.1|\[::\d?\]|\*)?[ :=#]{0,3}(?<port>\d{2,5})\b/i,
  new RegExp(
    String.raw`\b(?:endpoint|server url|url|visit|open|browse to)s?\b(?: (?:is|will be|are))?(?: (?:at|on))?[ :=]{1,12}${URL}`,
    'i',
  ),
  /\bPuma starting in\b|\bBooting (?:Puma|WEBrick|Thin)\b|Watching for file changes with StatReloader|\bStarting (?:gunicorn|uvicorn|hypercorn)\b/,
  /\b(?:Tomcat|Jetty|Netty|Undertow)\b.{0,40}\bport\D{0,8}(?<port>\d{2,5})|Tomcat initialized with port/i,
  /Started server process \[\d+\]|\bServing Flask app\b|Development Server \(?http|starting service: "actix-web/i,
  /(?:监听|运行在|运行于|启动于|启动|服务|起動|待機|リッスン|실행|시작).{0,20}?(?:端口|ポート|포트|:|：)\D{0,6}(?<port>\d{2,5})|(?:监听|运行在|运行于|启动于|起動|リッスン).{0,20}?(?<also>\d{2,5})/,
  /(?:escuchando|ejecut\S+|iniciad\w|écoute|démarrée?|lancée?|läuft|lauscht|gestartet|in ascolto|avviat\w|esecuzione|rodando|ouvindo|запущен|слушает).{0,40}?(?:puerto|porta|port|порту?)\D{0,6}(?<port>\d{2,5})/i,
  /^\W{0,4}(?:Local|Network):\s+https?:\/\/\S+?:(?<port>\d{2,5})|\bStreamable ?HTTP session manager started|\bWaiting for application startup|\bApplication startup complete\b/i,
  // FastMCP and others name the transport; a route of an MCP endpoint is as good.
  /\btransport(?: type| mode)?\b ?[:=]?\s{0,12}['"`(]?(?<transport>sse|streamable[-_ ]?http|http)\b/i,
  /\b(?<transport>SSE|HTTP|streamable[- ]HTTP)[ -](?:MCP )?(?:server|transport|mode|endpoint)\b.{0,20}\b(?:started|starting|running|listening|ready|up|enabled)\b/i,
  // A line of the server's code, pasted along.
  /\brun(?:_async)?\([^)]{0,60}\btransport\s*=\s*["'](?<transport>sse|streamable[-_]http|http)["']/,
  /\bMapped \{\/(?:sse|mcp|messages)\b|\bNest application successfully started\b/,
];
/** Loggers such as rich wrap a long line, with the place in the source at its end. */
const unwrapped = (lines: Line[]): Line[] =>
  lines.map((line, i) => {
    const rest = lines.slice(i + 1, i + 4);
    const end = rest.findIndex(({ text, from }) => from !== line.from || !/^\s{8}/.test(text));
    return {
      ...line,
      text: [line, ...(/^\s{8}/.test(line.text) ? [] : end < 0 ? rest : rest.slice(0, end))]
        .map(({ text }) =>
          text
            .trimEnd()
            .replace(/\s[\w.]{1,80}\.py:\d{1,6}$/, '')
            .trim(),
        )
        .join(' '),
    };
  });
/** Ports that stdio servers open beside the conversation, links to another server, and complaints that one is missing. */
const BESIDE =
  /callback|oauth|redirect|auth(?:orization)? (?:server|url)|debugger|inspector|dashboard|metrics|prometheus|health|\bUI\b|websocket|\bws:|proxy|strategy|remote|connect(?:ing|ed) to|already in use|stdio|\bnot\b|n't\b|make sure|ensure|\?|error|fail|refused|unable/i;
const SAYS_STDIO =
  /\b(?:on|over|via|using|through|transport)\b\W{1,3}(?:the )?(?:transport\W{1,3})?stdio\b|\bstdio (?:transport|mode|server)\b/i;
/** A port that is published or chosen: a stdio server needs none. */
const HINT = /(?:^|\s)(?:-p|--publish|--port|--host|--bind)[ =]\S*\d/;
const WAITS =
  /\btimed? ?out\b|\btimeout\b|-32001\b|Waiting for (?:MCP )?server to respond|\bno response\b|did(?: not|n't) respond/i;
const TROUBLE = /\b(?:error|exception|traceback|fatal|panic|failed|cannot|refused|denied)\b/i;
const PROXIES = /\b(?:mcp-remote|supergateway|mcp-proxy|mcp-bridge|mcpo)\b|https?:\/\//;

export default defineCause({
  id: 'transport-http-server-on-stdio',
  title: 'The entry starts an HTTP server, while the client waits on stdio',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'MCP error -32001: Request timed out',
    'Server transport closed unexpectedly',
    'Waiting for server to respond to `initialize` request...',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: ['stdio-polluted-by-server', 'process-returns-early', 'handshake-nonconforming', ...SILENCE],

  match(given) {
    const { process, stdout, handshake, launch, reported } = given;
    const transport = reported?.transport ?? (given.http || reported?.url || reported?.platform ? 'http' : 'stdio');
    if (transport !== 'stdio' || !failed(given) || process?.spawnError || (stdout?.messages ?? 0) > 0) return null;
    if (handshake && !['unanswered', 'closed'].includes(handshake.initialize.status)) return null;
    const command = launch ? [launch.command, ...launch.args].join(' ') : '';
    const said = words(given).filter(({ from }) => from !== 'client');
    // Bridges speak stdio to the client and HTTP to the other side, and so do servers that say so.
    if (PROXIES.test(command) || said.some(({ text }) => SAYS_STDIO.test(text))) return null;

    const died = process?.exit?.by === 'itself' && process.exit.code !== 0;
    const hit = find(
      [...said, ...unwrapped(said)].filter(({ text }) => !BESIDE.test(unlogged(text))),
      ...LISTENING,
    );
    const entry =
      /(?:--?transport|--?mode|-t)[ =](?:sse|http|streamable)|(?:^|[\s\\/])(?:uvicorn|gunicorn|hypercorn)\b|\b(?:artisan serve|flask run|rails s(?:erver)?|next (?:dev|start)|http\.server|wrangler dev)\b|(?:^|\s)(?:--(?:sse|http|streamable-?http)(?:=true)?|sse|streamableHttp|streamable-http)(?=\s|$)/i.exec(
        command,
      );
    const hint = HINT.exec(command);
    const open = died ? undefined : process?.listening?.[0];
    if (!hit && !entry && !open) {
      // A port in the entry is a hint, as long as nothing else went wrong.
      const troubled =
        said.some(({ text }) => TROUBLE.test(unlogged(text))) || process?.exit !== undefined || handshake !== undefined;
      const waits = given.reported?.clientError.some((text) => WAITS.test(text));
      if (!hint || troubled || !waits || !launch) return null;
    }
    // Without a banner and without a port, an entry that merely mentions HTTP is a hint.
    const asked = entry || !(hit || open) ? at('launch', launch?.args.length ? 'args' : 'command') : null;
    const certainty = died || !(hit || entry || open) ? 'possible' : open && (hit || entry) ? 'certain' : 'likely';
    return {
      certainty,
      cites: [
        ...(hit ? [hit.line.at] : []),
        ...(open ? [at('process', 'listening', 0)] : []),
        ...(asked ? [asked] : []),
      ],
      facts: {
        port:
          open?.port ??
          (Number(hit?.groups.port ?? hit?.groups.also ?? /:(\d{2,5})\b/.exec(hit?.groups.url ?? '')?.[1] ?? 0) ||
            null),
        transport: hit?.groups.transport?.toLowerCase() ?? null,
        flag: (entry ?? (hit || open ? null : hint))?.[0].trim() ?? null,
        words: hit?.line.text.trim().slice(0, 120) ?? null,
        path:
          /\/(?:sse|mcp)\b/.exec(hit?.groups.url ?? '')?.[0] ??
          (/sse/i.test(hit?.groups.transport ?? entry?.[0] ?? '') ? '/sse' : '/mcp'),
      },
    };
  },
  say: ({ port, words: text, flag }) => {
    const sign = text ? ` ("${text}")` : flag ? ` (${flag})` : '';
    return `The program started as an HTTP server${port ? ` on port ${port}` : ''}${sign} and does not speak on stdio, where the client waits for an answer.`;
  },
  fix: ({ port, path, flag }) => [
    {
      say: `Start the server in stdio mode${flag ? `: take "${flag}" out of the entry` : ''}. Where it has a switch, for example:`,
      edit: { file: 'the client config', at: 'args', to: '"--transport", "stdio"' },
    },
    {
      say: 'Or run it yourself as a service and give the client its URL in place of the command (see its documentation for the path):',
      edit: {
        file: 'the client config',
        at: 'the entry',
        to: `{ "url": "http://127.0.0.1:${port ?? '<port>'}${path}" }`,
      },
    },
    {
      say: 'Look which transport answers there:',
      run: `mcp-verdict verify http://127.0.0.1:${port ?? '<port>'}${path}`,
    },
  ],
  why: 'An entry with a command means stdio: the client writes requests to the stdin of the program and reads its stdout. A program that listens on a port never looks there, so the client waits until its timeout.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/transports'],
  examples: [
    {
      name: 'uvicorn',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'MCP error -32001: Request timed out',
        stderr: 'INFO: Uvicorn running on http://0.0.0.0:8000',
      },
    },
    {
      name: 'a container of a web server',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'INFO:     Started server process [7]' },
    },
    {
      name: 'a banner on stdout',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stdout: 'Server listening on port 3000',
        clientError: 'Unexpected token \'S\', "Server lis"... is not valid JSON',
      },
    },
    {
      name: 'Spring',
      finds: true,
      symptoms: {
        entry: { command: 'java', args: ['-jar', 'app.jar'] },
        stderr: 'o.s.b.w.e.tomcat.TomcatWebServer : Tomcat started on port 8080 (http)',
      },
    },
    {
      name: 'wrapped by a logger',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "[02/03/26 10:11:12] INFO     Starting MCP server 'notes' with          server.py:812\n                             transport 'sse' on http://127.0.0.1:8123/sse",
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'an endpoint that will be there',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Starting notes on port 8123\nEndpoint will be http://localhost:8123/mcp',
      },
    },
    {
      name: 'in Spanish',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'Servidor MCP ejecutándose en el puerto 3001' },
    },
    {
      name: 'an argument names the transport',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'notes-mcp', 'streamableHttp'] },
        clientError: 'Failed to connect',
      },
    },
    {
      name: 'a port is published, and nobody answers',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', '-p', '8000:8000', 'acme/notes'] },
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'the callback port of a bridge',
      finds: false,
      symptoms: {
        entry: { command: 'npx', args: ['mcp-remote', 'https://x.example/mcp'] },
        stderr: 'OAuth callback server running at http://127.0.0.1:3334',
        clientError: 'Connection closed',
      },
    },
    {
      name: 'a stdio server',
      finds: false,
      symptoms: { stderr: 'Weather MCP Server running on stdio', clientError: 'MCP error -32001: Request timed out' },
    },
    {
      name: 'a server that is meant to serve HTTP',
      finds: false,
      symptoms: { transport: 'streamable-http', serverLog: 'INFO: Uvicorn running on http://0.0.0.0:8000' },
    },
  ],
});
