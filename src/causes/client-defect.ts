import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Defect } from '../clients/client.js';
import { requestsIn } from './answers.js';
import { defineCause } from './cause.js';
import {
  AS_WELL,
  BUNDLES,
  ELSEWHERE,
  FOREIGN_CODE,
  NOT_OWN,
  NOT_THE_SAME,
  OWN_ERROR,
  reportedDefect,
  SAID,
  WAY,
} from './defects.js';
import { knownDefect as playedDefect } from './played.js';
import { PLAYED } from './played-example.js';
import { isLocalReport } from './told.js';
import { find, type Line, WORDS, words } from './words.js';

/** The client ended a bridge or server that had only just heard initialize. */
function endedTooSoon(lines: Line[]): Line | null {
  const own = lines.filter(({ from, joined }) => !joined && (from === 'stderr' || from === 'server-log'));
  const last = own.at(-1);
  const before = own.at(-2);
  if (!last || !before || own.some(({ text }) => /\b(?:error|fail\w*|timed? ?out|exception)\b/i.test(text)))
    return null;
  const quits = /\b(?:shutting down|shut down|closing|received SIG(?:TERM|INT)|stdin (?:closed|end\w*))\b/i.test(
    last.text,
  );
  return quits && /\[Local→Remote\] initialize\b|"method"\s*:\s*"initialize"|\binitialize$/.test(before.text)
    ? last
    : null;
}

const CLOSED = /\bClient closed\b|Failed to re(?:load|connect)\b|No server info found|Connection closed|-32000\b/;

/** Stdin that closes at once, or a client that has lost the server and can name no reason: other clients may well work. */
function lostWithoutReason({ reported, launch, stderr }: Partial<Evidence>, lines: Line[]): Line | null {
  if (!reported?.client) return null;
  const own = lines.filter(({ from }) => from !== 'client');
  const stdin = find(own, /\bstdin (?:end|close)/i);
  const shell = /(?:^|[\\/])(?:docker|podman|(?:ba|z|da)?sh|cmd|nohup)(?:\.exe)?$/.test(launch?.command ?? '');
  if (stdin) return shell ? null : stdin.line;
  const heard = lines.filter(({ from }) => from === 'client');
  const reload = find(heard, /\bClient closed\b|Failed to re(?:load|connect)\b/);
  const only = heard.every(({ text }) => CLOSED.test(text) || !/\berror\b/i.test(text));
  return reload && only && !stderr?.lines.length && own.length === 0 && reported.os !== 'windows' ? reload.line : null;
}

/** The entry has a header with a value, and the server got it empty or not at all. */
function notSent({ reported }: Partial<Evidence>, lines: Line[]): Line | null {
  if (!/"headers"\s*:\s*\{"[^"]+":"(?:<set>|[^"]*<redacted)/.test(reported?.entry ?? '')) return null;
  const empty =
    /\b(?:passed in|received|got|value|header|key|token)\b\W{0,3}(?:is |was )?(?:empty|none|null|undefined|''|"")?\W{0,3}$|\b(?:no|missing|empty) (?:\S+ )?(?:auth\w*|api[- ]?key|x-[\w-]+)(?: \w+)? ?(?:header|key|token)?\b.{0,30}\b(?:received|found|passed|present|sent|in (?:the )?request)\b/i;
  return lines.find(({ from, text }) => from !== 'client' && empty.test(text.trim())) ?? null;
}

function bundleOf(given: Partial<Evidence>, lines: Line[]): { line: Line; name: string } | null {
  for (const line of lines) {
    if (line.from === 'stdout' || (line.from === 'stderr' && given.reported?.clientError.length)) continue;
    const name = BUNDLES.find(([, pattern]) => pattern.test(line.text))?.[0];
    if (name) return { line, name };
  }
  return null;
}

export default defineCause({
  id: 'client-defect',
  title: 'The client itself fails, while configuration and server are in order',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    "TypeError: Cannot read properties of undefined (reading 'cmd')",
    'MCP error -32000: Connection closed',
    'Skipping automatic createClient for non-retryable error server',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'client'],
  explains: [],

  live: playedDefect,
  match(given) {
    const { handshake, process, reported } = given;
    if (handshake || process?.spawnError || (process?.exit && process.exit.code !== 0)) return null;
    const lines = words(given);
    // The output of a server elsewhere is not seen: what was pasted as such is the client's or the person's.
    const remote = !isLocalReport(given);
    const facts = (client: string | null, text: string, version: string | null, defect: Defect | null) => ({
      client: client ?? reported?.client ?? null,
      words: text.trim().slice(0, 160),
      version,
      effect: defect?.effect ?? null,
      fixedIn: defect?.fixedIn ?? null,
      ref: defect?.url ?? null,
    });
    const bundle = bundleOf(given, lines);
    const own = find(
      lines.filter(({ text, from }) => from !== 'stdout' && !NOT_OWN.test(text)),
      OWN_ERROR,
    );
    if (bundle && own) {
      return {
        certainty: 'likely',
        cites: [...new Set([own.line.at, bundle.line.at])],
        facts: facts(bundle.name, own.line.text, null, null),
      };
    }
    const known = reportedDefect(
      lines.filter(({ from }) => from === 'client'),
      reported ?? {},
    );
    if (known)
      return {
        certainty: 'likely',
        cites: [known.line.at, at('reported', 'client')],
        facts: facts(null, known.line.text, known.version, known.defect),
      };
    for (const [pattern, certainty] of SAID) {
      const said = find(
        lines.filter(({ from }) => remote || from !== 'stdout'),
        pattern,
      );
      if (said) return { certainty, cites: [said.line.at], facts: facts(null, said.line.text, null, null) };
    }
    const beside = find(
      lines.filter(({ from }) => remote || from !== 'stdout'),
      ...ELSEWHERE,
    );
    if (beside)
      return {
        // Without the name of the client that fails, or with another way to the server, the difference may lie elsewhere.
        certainty: reported?.client && !NOT_THE_SAME.test(beside.line.text) ? 'likely' : 'possible',
        cites: [beside.line.at],
        facts: facts(null, beside.line.text, null, null),
      };
    // A client of HTTP+SSE that has the stream open posts to the address that the stream names, not to that of the stream.
    const asked = requestsIn(given).filter(({ path }) => /\/sse\/?$/.test(path));
    const opened = asked.find(({ method, status }) => method === 'GET' && status === 200);
    const posted = asked.find(({ method, status }) => method === 'POST' && (status === 404 || status === 405));
    if (reported?.transport === 'sse' && opened && posted)
      return {
        certainty: 'possible',
        cites: [posted.line.at, opened.line.at],
        facts: facts(null, posted.line.text, null, null),
      };
    // An exception that stands alone: nobody but the client said anything.
    const alone =
      (reported?.client || (reported?.transport && remote)) &&
      lines.every(({ from }) => from === 'client') &&
      !given.http?.exchanges.length;
    const broke = own ?? (lines.some(({ text }) => WAY.test(text)) ? null : find(lines, FOREIGN_CODE));
    if (alone && broke?.line.from === 'client')
      return { certainty: 'possible', cites: [broke.line.at], facts: facts(null, broke.line.text, null, null) };
    // The client read the tools and shows none of them.
    const read = find(lines, /\bFound [1-9]\d* tools\b|\b[1-9]\d* tools (?:found|discovered|loaded)\b/i);
    const none =
      read && find(lines, /^\W{0,3}No tools(?:, prompts,? or resources| available| found)\b|\bNo tools available\b/i);
    if (read && none)
      return {
        certainty: 'likely',
        cites: [none.line.at, read.line.at],
        facts: facts(null, none.line.text, null, null),
      };
    const unsent = notSent(given, lines);
    if (unsent)
      return {
        certainty: 'possible',
        cites: [unsent.at, at('reported', 'entry')],
        facts: facts(null, unsent.text, null, null),
      };
    const lost = lostWithoutReason(given, lines);
    if (lost)
      return {
        certainty: 'possible',
        cites: [lost.at, at('reported', 'client')],
        facts: facts(null, lost.text, null, null),
      };
    const ended = endedTooSoon(lines);
    const shared = ended ? null : find(lines, AS_WELL);
    if (shared && reported)
      return { certainty: 'possible', cites: [shared.line.at], facts: facts(null, shared.line.text, null, null) };
    return ended ? { certainty: 'possible', cites: [ended.at], facts: facts(null, ended.text, null, null) } : null;
  },
  say: ({ client, words: text, version, effect }) =>
    version
      ? `${client ?? 'The client'} ${version} has a known fault that makes servers fail which are in order: ${effect}.`
      : `The fault lies in ${client ?? 'the client'}, not in the server or its entry: "${text}".`,
  fix: ({ client, version, ref, fixedIn }) => [
    {
      say: `Update ${client ?? 'the client'}${fixedIn ? ` to ${fixedIn} or newer` : ''}${version ? ` (${version} is at fault${ref ? `, see ${ref}` : ''})` : ''}; if the fault came with the last update, go back to the version before.`,
    },
    { say: 'Quit the client completely and start it again; switch the server off and on in its settings.' },
    {
      say: 'Show that the server is in order, and add it to the report to the maker of the client:',
      run: 'mcp-verdict verify -- <command>',
    },
  ],
  why: 'Clients change their MCP code with nearly every release. An exception whose stack trace lies in the program of the client, or a failure of every server at once after an update, cannot be cured in the configuration.',
  refs: [
    'https://github.com/anthropics/claude-code/issues/11688',
    'https://github.com/anthropics/claude-code/blob/main/CHANGELOG.md',
    'https://github.com/microsoft/vscode/issues/255310',
  ],
  examples: [
    ...PLAYED.defect,
    {
      name: 'an exception inside Claude Desktop',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        os: 'windows',
        clientError:
          "TypeError: Cannot read properties of undefined (reading 'cmd')\n    at C:\\Users\\user\\AppData\\Local\\AnthropicClaude\\app-1.0.734\\resources\\app.asar\\.vite\\build\\index.js:211:8256",
      },
    },
    {
      name: 'an exception in the extension host',
      finds: true,
      symptoms: {
        client: 'vscode',
        clientError:
          'TypeError: e.servers is not iterable\n    at Ay.start (/usr/share/code/resources/app/out/vs/workbench/api/node/extensionHostProcess.js:112:4410)',
      },
    },
    {
      name: 'every server at once after an update',
      finds: true,
      symptoms: {
        client: 'cursor',
        transport: 'stdio',
        clientError: 'Since the update all MCP servers fail with Connection closed',
      },
    },
    {
      name: 'the other clients are content',
      finds: true,
      symptoms: {
        client: 'codex',
        transport: 'stdio',
        clientError: 'handshake failed. The same server works fine in Claude Code and the Inspector.',
      },
    },
    {
      name: 'a version with a known fault',
      finds: true,
      symptoms: {
        client: 'claude-code',
        transport: 'stdio',
        clientError: 'Claude Code v2.1.220: MCP error -32000: Connection closed',
      },
    },
    {
      name: 'a line on stdout, parsed inside Claude Desktop',
      finds: false,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          'SyntaxError: Unexpected token \'W\', "Weather MC"... is not valid JSON\n    at JSON.parse (<anonymous>)\n    at Vwe (/Applications/Claude.app/Contents/Resources/app.asar/.vite/build/index.js:214:207)',
      },
    },
    {
      name: 'an exception of the server',
      finds: false,
      symptoms: {
        clientError: 'Connection closed',
        stderr: "TypeError: Cannot read properties of undefined (reading 'x')\n    at file:///srv/notes/index.js:9:3",
        exitCode: 1,
      },
    },
    {
      name: 'a client that asks before it is connected',
      finds: true,
      symptoms: {
        client: 'gemini-cli',
        clientError:
          "Error during discovery for MCP server 'notes': Client is not connected, must connect before interacting with the server. Current state is disconnected",
      },
    },
    {
      name: 'a tool that the protocol allows and the client cannot take',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          "Failed to convert tool 'search': 2 validation errors for MCPToolDefinition\ninputSchema.properties.city.type\n  Input should be a valid string [type=string_type, input_value=['string', 'null'], input_type=list]",
      },
    },
    {
      name: 'tools that were read and are not shown',
      finds: true,
      symptoms: {
        client: 'cursor',
        transport: 'stdio',
        clientError: '[info] listOfferings: Found 3 tools\nNo tools, prompts, or resources',
      },
    },
    {
      name: 'headers of the entry that are not sent',
      finds: true,
      symptoms: {
        client: 'claude-code',
        transport: 'streamable-http',
        clientError: 'Headers in .mcp.json are ignored; always attempts OAuth',
      },
    },
    {
      name: 'a client that never connects',
      finds: true,
      symptoms: {
        client: 'claude-code',
        transport: 'streamable-http',
        clientError: 'no connection to the MCP URL is ever attempted; v2.1.140 confirmed working',
      },
    },
    {
      name: 'a header that a proxy drops',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: '401: the header is not sent on by the proxy',
      },
    },
    {
      name: 'calls that never arrive',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError: 'tools are discovered, but tools/call never reaches the server',
      },
    },
    {
      name: 'a client that does not follow the address event',
      finds: true,
      symptoms: { client: 'acme-agent', transport: 'sse', clientError: 'the agent ignores the endpoint event' },
    },
    {
      name: 'an exception in Rust, alone',
      finds: true,
      symptoms: {
        client: 'goose',
        transport: 'streamable-http',
        clientError: 'panicked at src/client.rs:212: called `Option::unwrap()` on a `None` value',
      },
    },
    {
      name: 'in the words of a person',
      finds: true,
      symptoms: {
        client: 'cline',
        transport: 'streamable-http',
        clientError: 'the client drops query parameters from the URL',
      },
    },
    {
      name: 'the terminal of a person who compared two clients',
      finds: true,
      symptoms: {
        client: 'goose',
        transport: 'streamable-http',
        stdout: 'it works in Cursor and fails here with no message',
      },
    },
    {
      name: 'the words of Windows for a refused connection',
      finds: false,
      symptoms: {
        transport: 'sse',
        serverLog: 'No connection could be made because the target machine actively refused it. (localhost:5000)',
      },
    },
  ],
});
