import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { find, type Line, WORDS, words } from './words.js';

/** Places in the program of a client, from stack traces. */
const BUNDLES: [string, RegExp][] = [
  ['Claude Desktop', /AnthropicClaude|Claude(?:\.app|_\w+)[\\/]|claude-desktop/i],
  ['Cursor', /[Cc]ursor(?:\.app|[\\/]resources)[\\/]|cursor-(?:agent|always-local|mcp)|anysphere\./],
  ['Windsurf', /Windsurf(?:\.app)?[\\/]|codeium/i],
  [
    'VS Code',
    /(?:Visual Studio Code|Microsoft VS Code|VSCode|Code - Insiders)(?:\.app)?[\\/]|extensionHostProcess|extHost\w*\.|workbench\.desktop|vscode-file:/i,
  ],
  ['Cline', /saoudrizwan\.claude-dev/],
  ['Roo Code', /rooveterinaryinc/i],
  ['Claude Code', /@anthropic-ai[\\/]claude-code|claude-code[\\/]cli\.js|\$bunfs[\\/]root[\\/]claude/],
  ['Gemini CLI', /@google[\\/]gemini-cli/],
  ['Codex', /codex-rs[\\/]|@openai[\\/]codex/],
  ['opencode', /opencode(?:-ai)?[\\/](?:bin|dist|src)|\$bunfs[\\/]root[\\/]src[\\/]index\.js/],
  ['LM Studio', /LM Studio(?:\.app)?[\\/]|lmstudio/i],
  ['Zed', /crates[\\/]context_server/],
  ['the client', /app\.asar|node:electron|electron[\\/]js2c/],
];
/** Errors of the client's own code; what a parser, a spawn or the protocol reports belongs elsewhere. */
const OWN_ERROR =
  /\b(?:TypeError|ReferenceError|RangeError|AssertionError|NullReferenceException|NullPointerException)\b|Cannot (?:read propert|set propert|destructure)|is not a function|is not (?:defined|iterable)|undefined is not an object|Maximum call stack/;
const NOT_OWN = /fetch failed|terminated|Invalid URL|ERR_INVALID_ARG|ENOENT|EACCES|ECONN|not valid JSON/;

/** What a client says when it has lost its own way. */
const SAID: [RegExp, 'likely' | 'possible'][] = [
  [/\bReceived a (?:response|progress notification) for an unknown (?:message ID|token)/i, 'likely'],
  [
    /(?<!(?:not|n't|never|no) )\b(?:works?|worked|working|connects?|succeeds?|complet\w+|initiali[sz]es?)\b.{0,40}\b(?:in|with|from|under|on) (?:both |all )?(?:the )?(?:official )?(?:MCP )?(?:Inspector|SDK\b|Claude (?:Code|Desktop)|Cursor|VS ?Code|Windsurf|Cline|Zed|Codex|other (?:\w+ )?clients?|every other|all other|previous version|older version|an earlier version|version \d)/i,
    'likely',
  ],
  [
    /\b(?:downgrad\w+|rolling back|reverting|going back|after (?:the |an? )?(?:client |app |automatic )?(?:update|upgrade)|since ~?(?:the )?(?:updat\w*|upgrad\w*|version|v\d)|work(?:s|ed) (?:fine )?(?:through|until|up to|before|in) v?\d+\.\d|regression)\b/i,
    'likely',
  ],
  // The client ends servers itself, or counts their orderly end as a failure.
  [
    /\bsends? SIG(?:TERM|KILL|INT)\b.{0,60}\b(?:servers?|process(?:es)?)\b|\bservers?\b.{0,40}\b(?:fail\w*)\b.{0,30}\bon (?:\/?exit|quit|shutdown)\b/i,
    'likely',
  ],
  // A tool that the protocol allows, and a program of the client's that cannot take it.
  [
    /\b(?:fail\w*|unable|cannot|could not|error) (?:to )?(?:convert|transform|translat|adapt|wrap|map)\w* (?:the )?(?:MCP )?tools?\b|\b\w*(?:Server|Client)(?:Config|Parameters|Settings)\.__init__\(\) got an unexpected keyword/i,
    'likely',
  ],
  [
    /\bExtension (?:host |[\w.-]{1,60} )?(?:not found|terminated unexpectedly)|\bnot approved, disabling\b|\b(?:all|every|most|none of the) (?:\w+ ){0,3}servers? .{0,40}?(?:fail|stopp|die|drop|disconnect|killed|at once|simultaneous)\w*/i,
    'likely',
  ],
  [
    /\b(?:Claude(?: Desktop| Code)?|Cursor|Windsurf|VS ?Code|Codex|Cline|Zed|Gemini CLI|the (?:client|app|host|IDE))\b.{0,40}\b(?:is not|isn't|never|does(?:n't| not)|did(?:n't| not)|no longer|stopped) (?:send|pass|call|start|spawn|launch|read|load|respect|honou?r|writ|forward|deliver)\w*/i,
    'likely',
  ],
  [
    /\b(?:tools\/call|tool calls?|initialize|messages?)\b.{0,30}\b(?:never|not|no longer)\b.{0,12}\b(?:reach\w*|arriv\w*|sent|dispatched|delivered|forwarded)\b(?!.{0,30}\b(?:proxy|gateway|ingress|cloudflare)\b)|\bSIG(?:KILL|TERM|INT)\b.{0,30}\b(?:on|at|during) (?:\/exit|quitting|startup)\b/i,
    'likely',
  ],
  [
    /\bClosing all \(0 servers\)|\[CCD\].{0,80}\blocal: 0\b|\bservers? (?:shows?|listed as|appears?) .{0,40}\b(?:running|connected)\b.{0,60}\b(?:but|no tools|never)\b/i,
    'likely',
  ],
  // Over HTTP: the entry is right, and what it says is not sent, or nothing is.
  [
    /\b(?:custom |static |configured |auth\w* )?headers?\b.{0,60}\b(?:(?:are|is|were|get) (?:silently )?(?:ignored|dropped)|not (?:sent|passed|transmitted|applied|used|included)|never (?:sent|passed|transmitted|used))\b(?!.{0,40}\b(?:proxy|nginx|gateway|cloudflare|ingress)\b)/i,
    'likely',
  ],
  [
    /\bno (?:connection|request|network call|HTTP)\b.{0,40}\b(?:ever |was |is )*(?:attempted|sent|made|issued)\b|\bv?\d+\.\d+\.\d+ (?:is |was |still )?(?:confirmed )?(?:working|works|fine|unaffected)\b|\b(?:works|worked) (?:fine )?(?:in|on|with) (?:version )?v?\d+\.\d+/i,
    'likely',
  ],
  [
    /\b(?:clients?|requests?)\b.{0,60}\b(?:does(?: not|n't)|never|fails to|forgets to) (?:send|include|return|echo|forward|keep|store|pass|contain|carry|set) (?:the |its |a )?(?:mcp-session-id|session (?:id|header)|MCP-Protocol-Version|accept header|cookies?)/i,
    'likely',
  ],
  [
    /\bSkipping connection \(cached needs-auth\)|\b(?:curl|postman|httpie|wget|the browser|inspector)\b.{0,60}\b(?:works|succeeds|is fine|returns 200)\b/i,
    'possible',
  ],
  [
    /\bSkipping automatic createClient\b|\bClient is not connected, must connect before interacting\b|\bNo server info found\b.{0,200}\bconnected\b|\bClient already (?:connected|exists)|\bshared[- ]process\b/i,
    'possible',
  ],
];
/** What servers do wrong, and clients as well: the second thing to look at. */
const AS_WELL =
  /\borphan(?:ed|s)?\b|\bzombies?\b|\bnever (?:be(?:en)? )?(?:reaped|killed|terminated|cleaned)\b|\bprocess(?:es)? (?:accumulat\w+|pil(?:e|ing) up)\b|\bInvalid result for (?:tools|resources|prompts)\/list\b|\binput_?[sS]chema\b/;
/** Versions with a known fault: client, version as people write it, where it is told. */
const KNOWN: [string, RegExp, string][] = [
  [
    'claude-code',
    /(?<![\d.@-])2\.1\.(?:63|10[5-9]|14[7-9]|15[0-3]|212|220|234|247|280)\b/,
    'https://github.com/anthropics/claude-code/blob/main/CHANGELOG.md',
  ],
  ['claude-desktop', /(?<![\d.@-])1\.0\.734\b/, 'https://github.com/anthropics/claude-code/issues/11688'],
  [
    'cursor',
    /(?<![\d.@-])(?:0\.47\.5|0\.48\.[6-9]|0\.49\.6|3\.7\.27)\b/,
    'https://github.com/benborla/mcp-server-mysql/issues/28',
  ],
  ['codex', /(?<![\d.@-])0\.139\.0\b/, 'https://github.com/openai/codex/issues/31145'],
  ['opencode', /(?<![\d.@-])(?:1\.4\.3|1\.18\.8)\b/, 'https://github.com/anomalyco/opencode/issues/22310'],
  ['kiro', /(?<![\d.@-])1\.0\.242\b/, 'https://github.com/kirodotdev/Kiro/issues/10542'],
  ['vscode', /(?<![\d.@-])1\.102\.0\b/, 'https://github.com/microsoft/vscode/issues/255310'],
];

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
  uses: [...WORDS, 'launch'],
  explains: [],

  match(given) {
    const { handshake, process, reported } = given;
    if (handshake || process?.spawnError || (process?.exit && process.exit.code !== 0)) return null;
    const lines = words(given);
    const facts = (client: string | null, text: string, version: string | null, ref: string | null) => ({
      client: client ?? reported?.client ?? null,
      words: text.trim().slice(0, 160),
      version,
      ref,
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
    if (own?.line.from === 'client' && reported?.client && lines.every(({ from }) => from === 'client'))
      return { certainty: 'possible', cites: [own.line.at], facts: facts(null, own.line.text, null, null) };
    const client = reported?.client ?? '';
    for (const [id, versions, ref] of KNOWN) {
      if (!client.startsWith(id)) continue;
      const named = find(
        lines.filter(({ from }) => from === 'client'),
        versions,
      );
      // A number of that form in a path or a package belongs to something else.
      if (named && !/[@/\\]\d/.test(named.line.text))
        return {
          certainty: 'likely',
          cites: [named.line.at, at('reported', 'client')],
          facts: facts(null, named.line.text, named.match[0], ref),
        };
    }
    for (const [pattern, certainty] of SAID) {
      const said = find(
        lines.filter(({ from }) => from !== 'stdout'),
        pattern,
      );
      if (said) return { certainty, cites: [said.line.at], facts: facts(null, said.line.text, null, null) };
    }
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
  say: ({ client, words: text, version }) =>
    version
      ? `${client ?? 'The client'} ${version} has a known fault that makes servers fail which are in order.`
      : `The fault lies in ${client ?? 'the client'}, not in the server or its entry: "${text}".`,
  fix: ({ client, version, ref }) => [
    {
      say: `Update ${client ?? 'the client'}${version ? ` (${version} is at fault${ref ? `, see ${ref}` : ''})` : ''}; if the fault came with the last update, go back to the version before.`,
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
  ],
});
