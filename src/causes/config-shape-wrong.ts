import { isJoined } from '../case/launchers.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { addressIn, formOf, shapeOf, UNKNOWN_CLIENT } from './entry-form.js';
import { faultIn, WRONG_TYPE } from './shapes.js';
import { saysNothing } from './system.js';
import { failed, find, findAll, type Line, WORDS, words } from './words.js';

/** The client says that the file, or one entry in it, does not fit its schema. */
const PATH_TO_FAULT =
  /["']?path["']?: ?\[\s?["'](?:mcpServers?|servers|mcp|context_servers|mcp_servers)["'](?:,\s?["'](?<entry>[^"']+)["'](?:,\s?["']?(?<key>[\w.-]+)["']?)?)?/;
const SCHEMA = [
  /[Dd]oes not adhere to (?:the )?MCP server configuration schema/,
  /not valid MCP server configurations?|[Ss]kipped invalid MCP server|^\W*[Ii]nvalid config(?:uration)?: (?:missing|invalid|expected)|[Ii]nvalid MCP (?:server )?(?:settings schema|config(?:uration)? (?:schema|entr|shape)|server config)|Some MCP servers could not be loaded/,
  PATH_TO_FAULT,
  ...WRONG_TYPE,
  /invalid transport\b(?:.{0,40}[`'"]?mcp_servers\.(?<entry>[\w.-]+))?/,
  /Unrecognized key(?:s|\(s\))?(?: in object)?:? ['"](?<key>[\w -]+)['"]|Unknown (?:key|field|property|option):? ['"`](?<unknown>[\w-]+)['"`]|unknown field [`'"](?<field>\w+)[`'"]/,
  /missing field [`'"](?<key>command|args|url|type|source|name|transport|cmd|uri|settings|enabled)[`'"]|[Mm]issing key (?:mcp\.)?(?<path>[\w.-]+)|[Mm]issing (?:required )?(?:field|property|key):? ['"`]?(?<prop>command|url|type|transport|httpUrl|serverUrl|args)\b/,
  /missing (?:httpUrl|url|command)\b.*(?:httpUrl|url|command)\b|(?:must|should|needs to) (?:have|specify|provide|contain|include)(?: either)?(?: a| one of)?[^.]{0,20}\b(?:command|url|serverUrl)\b[^.]{0,60}\b(?:url|command|serverUrl)\b|[Nn]either (?:a )?['"`]?(?:command|url)['"`]? nor\b|[Ee]ither ['"`]?(?:command|url)['"`]? or ['"`]?(?:url|command)['"`]? (?:must|is)|no (?:command or url|url or command)/,
  /Configuration is invalid at|Config file at \S+ is invalid|[Ii]nvalid (?:input|configuration|value)(?::|\b)[^.]{0,60}\bmcp(?:Servers|_servers)?\.(?<entry>[\w@/-]+)|Error in: mcpServers\.(?<gemini>[\w-]+)|MCPServers\[(?<go>[^\]]+)\]/,
  /Ignoring MCP config entry|[Ii]gnoring (?:invalid|unknown|unsupported) (?:MCP )?(?:server|entry|config)|(?:Property|property) ['"]?(?<key>mcpServers|servers|\w+)['"]? is not (?:allowed|expected)|Missing property ["'](?<prop>\w+)["']|Incorrect type\. Expected/,
  /(?:[Uu]nsupported|[Uu]nknown|[Ii]nvalid) (?:server |transport |MCP )?(?:transport|server) ?(?:type|config(?:uration)?)?:? ['"`]?(?<key>stdio|https?|sse|streamable[-_]?[Hh]ttp|remote|local|websocket|ws)\b|[Ss]erver type must be|[Uu]nsupported transport:|Missing 'transport' key|transport must be one of/,
  /(?:validation errors?|ValidationError)[^.]{0,40}\b(?:MCPConfig|StdioServerParameters|McpServer\w*|MCPServer\w*|mcpServers|StdioConfig|ServerConfig)\b/,
  /mcpServers (?:must be|is not|should be|is required|key (?:is )?missing)|(?:no|missing|without) ['"`]?mcpServers?['"`]?(?: key| object| section| property)|(?:root|top-level) key\b|Expected (?:object|record|array|string),? (?:got|received)[^.]{0,40}mcp/i,
  /\bexpected (?:array|string|object|record|boolean), received (?:array|string|object|undefined|null|number)\b(?:.{0,20}\bmcp\b.{0,60})?/,
];
/** A validator's words for a value of the wrong kind. */
const OF_TYPE =
  /\b[Ee]xpected (?:an? )?(?:array|list|sequence|string|object|record|map|boolean),? (?:but )?(?:got|received|found)\b|\b(?:must|should) be (?:an? )?(?:array|list|string|object|record)\b|\binvalid type: (?:string|sequence|map|integer|boolean)\b.{0,40}\bexpected\b/;
/** The client reads a file and finds no server in it. */
const NO_SERVERS =
  /\bno (?:mcp )?servers? (?:(?:are |were )?(?:configured|added|found|defined|available|loaded|registered|in config)|in (?:the |your )?config)|no (?:mcp )?servers\b$|(?:0|zero) (?:mcp )?servers\b|Closing all \(0 servers\)|mcp server not found in config|does(?: not|n't) (?:appear|show(?: up)?)|not (?:listed|showing|visible|recogni[sz]ed)\b/i;

const TRIED_TO_START =
  /No such file or directory \(os error 2\)|program not found|\bspawn (?:undefined|null)? ?(?:ENOENT|EINVAL)|"file" argument must be of type string|failed to (?:spawn|start) (?:process|command|child)/i;

/** Words that say that the way to a server failed: its entry was read. */
const BEYOND =
  /\b(?:401|403|404|405|406|500|502|503)\b|ECONN|ENOTFOUND|unauthori[sz]ed|oauth|fetch failed|timed? ?out|certificate|not valid JSON|spawn \S+ E|SSE|\bPOST\b|connect(?:ing)? to \S*https?:/i;

const parsed = (text: string | undefined): Record<string, unknown> | undefined => {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The text was cut at its limit.
    return undefined;
  }
};

/** A complaint about the form of the configuration: of a client, or of a library that reads the file for one. */
function complaint(lines: Line[]): { at: string; entry?: string; key?: string } | null {
  const said = lines.filter(({ text, from }) => from === 'client' || /mcp|config/i.test(text));
  const all = lines.map(({ text }) => text).join('\n');
  const hit = SCHEMA.map((pattern) => find(said, pattern)).find(Boolean);
  // Validators print the path to the fault over several lines.
  const spread = PATH_TO_FAULT.exec(lines.map(({ text }) => text.trim()).join(' '))?.groups;
  const line = hit?.line ?? (spread && find(lines, /["']?path["']?:/)?.line);
  if (!line) return null;
  if (
    line.from !== 'client' &&
    !/mcpServers?\b|mcp_servers|\bmcp\.|MCP (?:server )?config|MCP settings|adhere|opencode|StdioServerParameters|MCPConfig|MCPServers|server configuration/.test(
      all,
    )
  )
    return null;
  // A tool that refuses its arguments says the same, without a word of a configuration.
  const bare = /^(?:Unknown|[Ee]xpected|[Mm]issing)/.test(hit?.match[0] ?? '');
  // Arguments of a call have types, too.
  const typed = WRONG_TYPE.some((pattern) => pattern.test(line.text));
  // And documents of a sign-in.
  if (/\b(?:access_type|response_type|code_challenge|redirect_uri|client_id)\b/.test(line.text)) return null;
  if (/\bOAuth (?:error|token|metadata|client|response)|\bauthori[sz]ation_endpoint\b|\btoken_endpoint\b/.test(all))
    return null;
  if (typed && /-326\d\d\b|\btools?\/|\bcalling tool\b|"?params"?/i.test(line.text)) return null;
  if (
    typed &&
    !/mcp[-_ ]?servers?\b|\bmcp\.[\w-]{1,60}\.(?:command|args|env|environment|type|url|headers|enabled)\b|\bconfig|settings|extensions\b|\.(?:toml|ya?ml|jsonc?)\b/i.test(
      all,
    )
  )
    return null;
  if (bare && !/mcp|servers?\b|config|settings|extensions?\b|deserializ/i.test(all)) return null;
  const { entry, gemini, go, key, unknown, field, prop, path } = { ...hit?.groups, ...spread };
  return { at: line.at, entry: entry ?? gemini ?? go, key: key ?? unknown ?? field ?? prop ?? path };
}

export default defineCause({
  id: 'config-shape-wrong',
  title: 'The configuration is valid, but not in the form that this client reads',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'mcpServers.weather: Does not adhere to MCP server configuration schema',
    'Some MCP servers could not be loaded',
    'No MCP servers configured',
    "Unrecognized key(s) in object: 'type'",
    'invalid transport in `mcp_servers.weather`',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [
    ...FAILED_START,
    'launch-command-not-installed',
    'launch-command-not-on-path',
    'process-env-missing',
    'client-hosted-unreachable',
  ],

  match(given) {
    const { reported, launch, process, http, handshake } = given;
    if (!failed(given) || handshake?.initialize.status === 'answered') return null;
    const lines = words(given);
    const entry =
      parsed(reported?.entry) ??
      (launch ? { command: launch.command, args: launch.args, ...(launch.env.length && { env: {} }) } : undefined);
    const shape = shapeOf(reported?.client ?? '', lines.map(({ text }) => text).join('\n'));
    const live = launch?.lookup !== undefined;
    const fault = entry && !live ? faultIn(entry, shape) : null;
    const place = reported?.entry === undefined ? at('launch', 'command') : at('reported', 'entry');
    const facts = (extra: { entry?: string | undefined; key?: string | undefined }) => ({
      client: shape?.name ?? '',
      entry: extra.entry ?? '',
      key: fault?.key ?? extra.key ?? '',
      fault: fault?.fault ?? '',
      instead: fault?.instead ?? '',
      form: formOf(shape, entry),
      file: shape?.file ?? '',
    });

    const told = complaint(lines);
    if (told) {
      const local = !fault && shape?.urls.length === 0 && told.key === 'command';
      return {
        certainty: 'likely',
        cites: [told.at, ...(fault ? [place] : [])],
        facts: {
          ...facts(told),
          ...(local && { fault: 'remote-in-local', form: formOf(shape, { url: '<address>' }) }),
        },
      };
    }
    // The client complains of a type, without a word of where, and the entry has the fault.
    const typed =
      fault?.sure &&
      find(
        lines.filter(({ from }) => from === 'client'),
        OF_TYPE,
      );
    if (typed) return { certainty: 'likely', cites: [typed.line.at, place], facts: facts({}) };
    // The client tried to start a program, and the entry has none: it knows no addresses.
    const tried = find(
      lines.filter(({ from }) => from === 'client'),
      TRIED_TO_START,
    );
    if (tried && entry && !live && !('command' in entry) && addressIn(entry))
      return {
        certainty: 'likely',
        cites: [tried.line.at, place],
        facts: {
          ...facts({}),
          fault: 'remote-in-local',
          form: formOf({ ...(shape ?? UNKNOWN_CLIENT), urls: [] }, entry),
        },
      };
    if (process?.exit || http || (process?.spawnError && fault?.fault !== 'remote-in-local')) return null;
    const none = find(
      lines.filter(({ from }) => from === 'client'),
      NO_SERVERS,
    );
    if (none && !findAll(lines, BEYOND).length)
      return {
        certainty: fault ? 'likely' : 'possible',
        cites: [none.line.at, ...(fault ? [place] : [])],
        facts: { ...facts({}), ...(!fault && { fault: 'no-servers', instead: shape?.roots[0] ?? 'mcpServers' }) },
      };
    // The entry alone. What was said of a failed way to the server speaks against it: the entry was read.
    if (!fault || findAll(lines, BEYOND).length > 0) return null;
    if (launch && !saysNothing(given)) return null;
    if (launch && isJoined(launch.command) && fault.fault !== 'command-is-text') return null;
    const silent = lines.length === 0;
    return {
      certainty: fault.sure && silent ? 'likely' : 'possible',
      cites: [place, ...(lines[0] ? [lines[0].at] : [])],
      facts: facts({}),
    };
  },
  say: ({ client, entry, key, fault, instead }) => {
    const who = client || 'The client';
    const which = entry ? ` "${entry}"` : '';
    const said: Record<string, string> = {
      'wrong-key': `${who} does not know the key "${key}" in an entry${which}${instead ? `: it reads "${instead}"` : ''}. What stands under it is left out, without a word.`,
      'wrong-root': `${who} looks for its servers under "${instead}", not under "${key}", so it sees none.`,
      nested: `"${key}" stands inside another one, so ${client || 'the client'} takes the inner one for a server.`,
      'remote-in-local': `The entry${which} has only an address, and ${client || 'this client'} starts only commands from this file.`,
      'no-type': `The entry${which} has an address but no "type", which ${client || 'this client'} needs: without it the entry is taken for another kind of server.`,
      'no-servers': `${who} finds no server in what it reads: the servers stand in another file, or under another key than "${instead}".`,
      'wrong-type': `${who} does not know the type "${key}"${instead ? `: it is called "${instead}" there` : ''}.`,
      'command-is-text': `${who} wants the program and its arguments as one list under "command", and here they are "command" and "args".`,
      'command-is-list': `${who} wants the program alone, as a text, under "command", and the arguments as a list under "args".`,
      'args-not-list': `"args" must be a list of texts, and it is not.`,
      'env-not-object': `"env" must be an object of names and values, and it is not.`,
      'command-is-object': `"command" must be a text for ${client || 'this client'}, and it is an object.`,
      'nothing-to-start': `The entry${which} has neither a command nor an address.`,
    };
    return (
      said[fault] ??
      `${who} does not accept the form of ${entry ? `the entry${which}` : 'its configuration'}${key ? ` (at "${key}")` : ''}, so the server is not started.`
    );
  },
  fix: ({ client, form, file, fault }) => [
    {
      say:
        fault === 'remote-in-local'
          ? 'Add it as a connector in the settings (for an address on the internet), or let mcp-remote stand in between:'
          : `Write it in the form that ${client || 'your client'} reads:`,
      edit: { file: file || 'the client config', at: 'the entry', to: form },
    },
    { say: 'Quit the client completely and start it again, and see whether the server is listed.' },
  ],
  why: 'There is no common format: each client has its own file, its own key for the list of servers, and its own names for the address, the kind of transport and the variables. An entry that was copied from the manual of another client is refused as a whole, or read without the parts that the client does not know.',
  refs: [
    'https://code.claude.com/docs/en/mcp',
    'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
    'https://opencode.ai/docs/mcp-servers',
    'https://github.com/openai/codex/blob/main/docs/config.md',
  ],
  examples: [
    {
      name: 'arguments in one text, and a validator that does not say where',
      finds: true,
      symptoms: {
        client: 'cursor',
        entry: { command: 'npx', args: '-y @acme/notes-mcp --root /data' },
        clientError: 'Invalid input: expected array, received string',
      },
    },
    {
      name: 'the same words, and an entry that is in order',
      finds: false,
      symptoms: {
        client: 'cursor',
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', '@acme/notes-mcp'] },
        clientError: 'Invalid arguments for tool read: expected array, received string',
      },
    },
    {
      name: 'Claude Code',
      finds: true,
      symptoms: {
        client: 'claude-code',
        clientError: '[Error] mcpServers.exa: Does not adhere to MCP server configuration schema',
        entry: { url: 'https://mcp.example.com/mcp' },
      },
    },
    {
      name: 'Claude Desktop with an address',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          'There was an error reading or parsing claude_desktop_config.json:\n[ { "code": "invalid_type", "expected": "string", "received": "undefined", "path": [ "mcpServers", "acme", "command" ], "message": "Required" } ]',
      },
    },
    {
      name: 'Claude Desktop, newer',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          'Some MCP servers could not be loaded\nThe following entries in claude_desktop_config.json are not valid MCP server configurations and were skipped: acme',
      },
    },
    {
      name: 'Codex',
      finds: true,
      symptoms: { client: 'codex', clientError: 'Error loading config.toml: invalid transport\nin `mcp_servers.acme`' },
    },
    {
      name: 'Gemini CLI',
      finds: true,
      symptoms: {
        client: 'gemini-cli',
        clientError:
          "Invalid configuration in /home/me/.gemini/settings.json:\n\nError in: mcpServers.acme\n    Unrecognized key(s) in object: 'transport'",
      },
    },
    {
      name: 'opencode',
      finds: true,
      symptoms: {
        client: 'opencode',
        entry: { type: 'local', command: 'npx', args: ['-y', 'acme-mcp'] },
        clientError: 'Error: Configuration is invalid at /home/me/opencode.json\n↳ Invalid input mcp.acme',
      },
    },
    {
      name: 'keys of another client, and no error at all',
      finds: true,
      symptoms: { client: 'claude-code', entry: { transport: 'stdio', environment: { ACME_MODE: 'fast' } } },
    },
    {
      name: 'an address without a type',
      finds: true,
      symptoms: { client: 'claude-code', entry: { url: 'https://mcp.example.com/mcp' } },
    },
    {
      name: 'the key of another client',
      finds: true,
      symptoms: { client: 'cursor', entry: { servers: { acme: { command: 'npx', args: ['-y', 'acme-mcp'] } } } },
    },
    {
      name: 'no server in the list',
      finds: true,
      symptoms: { client: 'claude-code', clientError: 'No MCP servers configured. Please run /doctor' },
    },
    {
      name: 'a Rust client: a list where a table is wanted',
      finds: true,
      symptoms: {
        client: 'codex',
        clientError: 'Error loading configuration: invalid type: sequence, expected a map in `mcp_servers`',
      },
    },
    {
      name: 'a Go client',
      finds: true,
      symptoms: {
        clientError:
          'error unmarshalling config: json: cannot unmarshal array into Go struct field Config.mcpServers of type map[string]config.MCPServer',
      },
    },
    {
      name: 'a client that does not check',
      finds: true,
      symptoms: { clientError: 'TypeError: config.mcpServers is not iterable' },
    },
    {
      name: 'the arguments of a call have types, too',
      finds: false,
      symptoms: {
        transport: 'stdio',
        clientError: 'Error calling tool search: invalid type: string "ten", expected u32',
      },
    },
    {
      name: 'the right key for VS Code',
      finds: false,
      symptoms: {
        client: 'vscode',
        entry: { servers: { acme: { type: 'http', url: 'https://mcp.example.com/mcp' } } },
      },
    },
    {
      name: 'a plain entry',
      finds: false,
      symptoms: {
        client: 'claude-code',
        entry: { type: 'stdio', command: 'npx', args: ['-y', 'acme-mcp'], env: { ACME: 'x' } },
        clientError: 'Connection closed',
      },
    },
    {
      name: 'a remote server that refused',
      finds: false,
      symptoms: {
        client: 'claude-code',
        entry: { url: 'https://mcp.example.com/mcp' },
        clientError: 'HTTP 401 Unauthorized',
      },
    },
  ],
});
