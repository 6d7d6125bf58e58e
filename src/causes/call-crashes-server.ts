import { at } from '../case/pointer.js';
import { callIn, openedIn } from './calls.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** The connection was lost. */
const LOST =
  /-32000\b|\bconnection (?:was )?(?:closed|lost|reset|dropped)|\b(?:server|client|transport)(?:'s)? (?:transport )?(?:closed|disconnected|died|crashe[sd]|exited|terminated|stopped|went away)|\b(?:process|container|subprocess|server)\b.{0,40}\b(?:exit(?:s|ed)|die[sd]?|killed|crashe[sd]|terminated|disappear\w*|shut ?down)|\bbroken pipe\b|\bEPIPE\b|\ball \d+ tools? (?:\w+ )?(?:disconnected|gone|lost)|\btools? (?:then )?(?:disappear|vanish|disconnect)\w*|\bNo such tool available|\bNot connected\b|\bTransport (?:channel )?closed|\bserver (?:is )?(?:gone|dead)\b|stdio connection (?:closed|dropped)/i;
/** How programs word the end that an error in their code brings. */
const CRASH = [
  /(?:^\s*|[\]>:] )(?:panic: |fatal error: |thread '.{1,60}' panicked|Segmentation fault|\[signal SIG|SIGSEGV|SIGABRT|Unhandled exception|Uncaught\b|FATAL ERROR|Exception in thread|terminate called|malloc\(\)|double free)/i,
  /\b(?:uncaughtException|unhandledRejection|UnhandledPromiseRejection|triggerUncaughtException)\b/i,
  /(?:^|[\]>:] )Traceback \(most recent call last\)|^\s*(?:\w+\.)*\w*(?:Error|Exception)\b(?: \[\w+\])?: \S/,
];

export default defineCause({
  id: 'call-crashes-server',
  title: 'A tool call takes the server down',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'No such tool available', 'Transport closed'],
  needs: [],
  uses: [...WORDS],
  explains: ['process-crashed', 'process-returns-early'],

  match(given) {
    const { handshake, process, reported } = given;
    if (handshake || process?.spawnError) return null;
    // An error that came over the wire is one of the other side, which is alive.
    const lines = words(given).filter(
      ({ from, text }) =>
        from !== 'stdout' && !/\bMcp(?:Protocol)?(?:Error|Exception): Request failed \(remote\)/.test(text),
    );
    const call = callIn(lines);
    const opened = openedIn(lines);
    // The handshake itself came to no end.
    if ((!call && !opened) || find(lines, /\bconnection closed: initiali[sz]e response\b/)) return null;
    const from = lines.findIndex(({ at: place }) => place === (opened ?? call)?.line.at);
    // What was said before the connection was open belongs to the start. Texts of different sources have no order.
    const after = lines.filter(({ from: source }, i) => i >= from || source !== lines[from]?.from);
    const lost = find(after, LOST);
    const crash = find(
      after.filter(
        ({ from: source }) =>
          source !== 'client' || reported?.clientError.length === lines.filter(({ joined }) => !joined).length,
      ),
      ...CRASH,
    );
    const exit = process?.exit;
    const remote = reported?.url !== undefined || (reported?.transport ?? 'stdio') !== 'stdio';
    // An exception that is reported as the result of the call leaves the server alive.
    if (!lost && !exit && !(crash && find(after, CRASH[0] as RegExp, CRASH[1] as RegExp))) return null;
    if (remote && !crash) return null;
    const explicit = find(lines, /"method"\s*:\s*"tools\/call"|Processing request of type CallToolRequest/);
    return {
      certainty:
        explicit && exit && crash?.line.from === explicit.line.from ? 'certain' : call || crash ? 'likely' : 'possible',
      cites: [
        ...new Set([
          ...(crash ? [crash.line.at] : []),
          ...((call ?? opened) ? [(call ?? opened)?.line.at ?? ''] : []),
          ...(lost ? [lost.line.at] : []),
          ...(exit ? [at('process', 'exit')] : []),
        ]),
      ].filter(Boolean),
      facts: {
        crash: crash?.line.text.trim().slice(0, 160) ?? null,
        call: call?.line.text.trim().slice(0, 120) ?? null,
      },
    };
  },
  say: ({ crash, call }) =>
    `The connection was open, and a tool call took the server down${crash ? `: "${crash}"` : ''}.${call && !crash ? ` The report says: "${call}".` : ''}`,
  fix: ({ crash }) => [
    {
      say: crash
        ? 'In the server, catch the error in the handler of the tool and return it as a result with isError: true; the trace names the place.'
        : 'In the server, catch every error in the handlers of the tools and return it as a result with isError: true, also those of callbacks, goroutines and child processes.',
    },
    {
      say: 'Call the tool by hand with the same arguments, outside the client, to see the whole error:',
      run: 'npx @modelcontextprotocol/inspector <command>',
    },
    {
      say: 'If the server is not yours: update it, and report the call together with the trace. Restart the server in the client until then.',
    },
  ],
  why: 'An error that no handler catches ends the whole process, and with it the stdio connection and every other tool. The client reports only the lost connection, and some clients drop the tools of the server for the rest of the session.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling',
    'https://nodejs.org/api/process.html#event-uncaughtexception',
  ],
  examples: [
    {
      name: 'a panic after the tools were listed',
      finds: true,
      symptoms: {
        client: 'vscode',
        serverLog:
          '2026-01-02 10:00:00.000 [info] Discovered 6 tools\n2026-01-02 10:00:30.000 [warning] [server stderr] panic: runtime error: invalid memory address or nil pointer dereference',
      },
    },
    {
      name: 'a call that answers with a closed connection',
      finds: true,
      symptoms: { clientError: 'Error calling tool export: MCP error -32000: Connection closed' },
    },
    {
      name: 'the tools are gone after one call',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: 'One call of the `scan` tool: Connection closed. Then: No such tool available: mcp__notes__scan',
      },
    },
    {
      name: 'the log of Claude Desktop',
      finds: true,
      symptoms: {
        stderr:
          'Processing request of type CallToolRequest\nTraceback (most recent call last):\n  File "server.py", line 9, in run\nRuntimeError: boom',
        exitCode: 1,
      },
    },
    {
      name: 'an exception at the start',
      finds: false,
      symptoms: {
        stderr: 'Traceback (most recent call last):\n  File "server.py", line 9\nRuntimeError: boom',
        exitCode: 1,
      },
    },
    {
      name: 'an error that is returned as a result',
      finds: false,
      symptoms: { clientError: 'Error executing tool export: MCP error -32603: boom' },
    },
    { name: 'a closed connection', finds: false, symptoms: { clientError: 'MCP error -32000: Connection closed' } },
  ],
});
