import { callIn, openedIn } from './calls.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

/** The server answers, with an error of its own. */
const INTERNAL = [
  /-32603\b/,
  // The SDK for .NET.
  /\bRequest failed \(remote\)|\bAn error occurred invoking '[^']{0,80}'/,
  /\bError (?:executing|calling|invoking|running) (?:MCP )?tool\b.{0,200}|\btool (?:call|execution) failed\b|\bTool ['"`]?[\w.-]{1,80}['"`]? (?:failed|error)/i,
  /\bInvalid (?:tools\/call|CallTool) result\b|\bInvalid result for tools\/call\b|\bOutput validation error\b|\bhas an output schema but\b|\b[Ss]tructured ?[Cc]ontent (?:does(?: not|n't)|did(?: not|n't)) match\b|\b(?:does(?: not|n't)|did(?: not|n't)) match (?:the |its |tool'?s? )*output ?schema|\bInvalid (?:structured content|arguments for tool)|\bInput validation error\b|\bvalidation errors? for call\[|\bInternal (?:server )?error\b/i,
];
/** Only said of the arguments or the result of a call. */
const OF_A_CALL =
  /\bInvalid (?:tools\/call|CallTool) result\b|\bInvalid result for tools\/call\b|\b(?:Output|Input) validation error\b|\bhas an output schema but\b|\bstructured ?content (?:does(?: not|n't)|did(?: not|n't)) match\b|\bmatch (?:the |its |tool'?s? )*output ?schema|\bInvalid (?:structured content|arguments for (?:the )?tool)\b/i;
/** Another cause: the start, a timeout, a lost connection, a method that is not there. */
const ANOTHER =
  /-3200[01]\b|-32601\b|\btimed? ?out\b|connection closed|transport closed|\binitiali[sz]|\bserver creation\b|failed to (?:re)?connect|failed to start|\bunknown tool\b|\btool .{0,60}not found|\bUnrecognized field\b|\bcapabilities\b|\bclientInfo\b|No result received|\b(?:tools|resources|prompts)\/list\b|\b(?:list(?:ing)?|fetch(?:ing)?|discover(?:ing|y)?|load(?:ing)?) (?:the )?(?:tools|resources|prompts)\b|\blist_?tools\b/i;

export default defineCause({
  id: 'call-internal-error',
  title: 'The server answers a request with an internal error, while the connection stays open',
  culprit: 'server',
  severity: 'degraded',
  seenAs: [
    'MCP error -32603: Internal error',
    'Error executing tool search: 1 validation error for searchArguments',
    'Output validation error',
  ],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: [],

  match(given) {
    const { handshake, process, http } = given;
    if (
      handshake ||
      process?.spawnError ||
      process?.exit ||
      http?.exchanges.some(({ status }) => (status ?? 200) >= 400)
    )
      return null;
    const lines = words(given).filter(({ from }) => from !== 'stdout');
    if (lines.some(({ text }) => ANOTHER.test(text))) return null;
    const hit = find(lines, ...INTERNAL);
    if (!hit) return null;
    const call = callIn(lines) ?? openedIn(lines) ?? find([hit.line], OF_A_CALL);
    const code = /-32603/.test(hit.line.text);
    if (!call && !code) return null;
    return {
      certainty: call ? 'likely' : 'possible',
      cites: [...new Set([hit.line.at, ...(call ? [call.line.at] : [])])],
      facts: {
        words: hit.line.text.trim().slice(0, 200),
        arguments: /validation error|Invalid arguments|invalid_type|Expected \w+, received/i.test(
          lines.map(({ text }) => text).join('\n'),
        ),
        output: /[Oo]utput (?:validation|schema)|structured content/.test(hit.line.text),
      },
    };
  },
  say: ({ words: text, arguments: args, output }) =>
    `The server is connected and answers, but ${output ? 'the result of the tool does not fit its own output schema' : args ? 'it rejects the arguments of the call' : 'the call fails inside the server'}: "${text}".`,
  fix: ({ arguments: args, output }) => [
    output
      ? { say: 'In the server, let the tool return what its outputSchema promises, or take the schema away.' }
      : args
        ? {
            say: 'Send the arguments as an object that fits the inputSchema of the tool. If the model or the client sends them as text, update that client, or let the server accept both.',
          }
        : {
            say: 'The reason stands in the log of the server at the time of the call (stderr). In the server, catch it in the handler and return a result with isError: true and a sentence that the model can act on.',
          },
    { say: 'Call the tool by hand with the same arguments:', run: 'npx @modelcontextprotocol/inspector <command>' },
  ],
  why: 'The code -32603 is JSON-RPC for an error inside the server. The connection is in order: other tools go on working, and neither a restart of the client nor another configuration helps.',
  refs: [
    'https://www.jsonrpc.org/specification#error_object',
    'https://modelcontextprotocol.io/specification/2025-11-25/server/tools#error-handling',
  ],
  examples: [
    {
      name: 'a result that does not fit its schema',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          "MCP error -32602: Structured content does not match the tool's output schema: data/unit must be string",
      },
    },
    {
      name: 'arguments that came as text',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          'Error calling tool connect: McpError: MCP error -32603: [ { "code": "invalid_type", "expected": "object", "received": "string" } ]',
      },
    },
    {
      name: 'the bare code',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32603: Internal error' },
    },
    {
      name: 'FastMCP refuses arguments',
      finds: true,
      symptoms: {
        clientError:
          'Error executing tool search: 1 validation error for searchArguments\nquery\n  Field required [type=missing]',
      },
    },
    {
      name: 'a result that breaks the schema of the tool',
      finds: true,
      symptoms: { clientError: "tool call: Output validation error: None is not of type 'string'" },
    },
    {
      name: 'a refused handshake',
      finds: false,
      symptoms: { clientError: 'Failed to initialize: MCP error -32603: boom' },
    },
    {
      name: 'a tool that takes long',
      finds: false,
      symptoms: { clientError: 'MCP error -32603: Error calling tool x: MCP error -32001: Request timed out' },
    },
    {
      name: 'the SDK for .NET',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: "ModelContextProtocol.McpException: Request failed (remote): An error occurred invoking 'export'.",
      },
    },
    {
      name: 'arguments that do not fit, with the code for parameters',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          'MCP error -32602: Invalid arguments for tool search: [{"code":"invalid_type","expected":"array","received":"string","path":["tags"]}]',
      },
    },
  ],
});
