/** How each MCP client wants a server written: the key of the list, the names in an entry, the words for the transport. */

export interface ClientShape {
  name: string;
  is: RegExp;
  /** Where the servers stand. */
  file: string;
  root: string;
  /** The key of an address; null when the file takes commands only. */
  url: string | null;
  /** The client takes an entry without `type` for a command. */
  typed: boolean;
  /** The words for `type`, without those that mean nothing wrong. */
  types: RegExp;
  http: string;
  env: string;
  /** Program and arguments are one list. */
  list?: true;
}

/** Clients by the name that reports give them. Sources: the documentation of each, read in 2026. */
const CLIENTS: ClientShape[] = [
  {
    name: 'Claude Desktop',
    is: /claude[-_ ]?desktop|claude[-_ ]?app\b/i,
    file: 'claude_desktop_config.json',
    root: 'mcpServers',
    url: null,
    typed: false,
    types: /^(?:stdio)$/,
    http: '',
    env: 'env',
  },
  {
    name: 'Claude Code',
    is: /claude[-_ ]?code/i,
    file: '.mcp.json (project) or ~/.claude.json (user)',
    root: 'mcpServers',
    url: 'url',
    typed: true,
    types: /^(?:stdio|http|sse|ws|sdk)$/,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Cursor',
    is: /cursor/i,
    file: '~/.cursor/mcp.json',
    root: 'mcpServers',
    url: 'url',
    typed: false,
    types: /./,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Windsurf',
    is: /windsurf/i,
    file: '~/.codeium/windsurf/mcp_config.json',
    root: 'mcpServers',
    url: 'serverUrl',
    typed: false,
    types: /./,
    http: 'http',
    env: 'env',
  },
  {
    name: 'VS Code',
    is: /vs ?-?code\b(?!.*(?:cline|roo))|copilot(?!-cli)/i,
    file: '.vscode/mcp.json',
    root: 'servers',
    url: 'url',
    typed: false,
    types: /^(?:stdio|http|sse)$/,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Zed',
    is: /\bzed\b/i,
    file: '~/.config/zed/settings.json',
    root: 'context_servers',
    url: 'url',
    typed: false,
    types: /./,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Cline',
    is: /\bcline\b/i,
    file: 'cline_mcp_settings.json',
    root: 'mcpServers',
    url: 'url',
    typed: true,
    types: /^(?:stdio|sse|streamableHttp)$/,
    http: 'streamableHttp',
    env: 'env',
  },
  {
    name: 'Roo Code',
    is: /\broo\b|roo[-_ ]?code|kilo/i,
    file: 'mcp_settings.json',
    root: 'mcpServers',
    url: 'url',
    typed: true,
    types: /^(?:stdio|sse|streamable-http)$/,
    http: 'streamable-http',
    env: 'env',
  },
  {
    name: 'Codex',
    is: /codex/i,
    file: '~/.codex/config.toml',
    root: 'mcp_servers',
    url: 'url',
    typed: false,
    types: /./,
    http: '',
    env: 'env',
  },
  {
    name: 'Gemini CLI',
    is: /gemini/i,
    file: '~/.gemini/settings.json',
    root: 'mcpServers',
    url: 'url',
    typed: false,
    types: /^(?:stdio|http|sse)$/,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Goose',
    is: /goose/i,
    file: '~/.config/goose/config.yaml',
    root: 'extensions',
    url: 'uri',
    typed: true,
    types: /^(?:stdio|streamable_http|sse|builtin|platform)$/,
    http: 'streamable_http',
    env: 'envs',
  },
  {
    name: 'opencode',
    is: /open-?code/i,
    file: 'opencode.json',
    root: 'mcp',
    url: 'url',
    typed: true,
    types: /^(?:local|remote)$/,
    http: 'remote',
    env: 'environment',
    list: true,
  },
  {
    name: 'LM Studio',
    is: /lm-?_? ?studio/i,
    file: '~/.lmstudio/mcp.json',
    root: 'mcpServers',
    url: 'url',
    typed: false,
    types: /./,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Kiro',
    is: /kiro/i,
    file: '~/.kiro/settings/mcp.json',
    root: 'mcpServers',
    url: 'url',
    typed: false,
    types: /./,
    http: 'http',
    env: 'env',
  },
  {
    name: 'Amazon Q',
    is: /amazon[-_ ]?q/i,
    file: '~/.aws/amazonq/mcp.json',
    root: 'mcpServers',
    url: 'url',
    typed: true,
    types: /^(?:stdio|http)$/,
    http: 'http',
    env: 'env',
  },
];

/** The client by its name, else by the files and words that only it has. */
export const shapeOf = (client: string, said: string): ClientShape | undefined =>
  client !== ''
    ? CLIENTS.find(({ is }) => is.test(client))
    : CLIENTS.find(({ name }) => {
        const own: Record<string, RegExp> = {
          'Claude Desktop': /claude_desktop_config/,
          'Claude Code': /adhere to MCP server configuration|\.claude\.json/,
          Codex: /\.codex\b|mcp_servers\./,
          'Gemini CLI': /\.gemini\b/,
          opencode: /opencode\.jsonc?/,
          Cline: /cline_mcp_settings/,
          Cursor: /\.cursor\b/,
        };
        return own[name]?.test(said) ?? false;
      });

/** What most clients read, for one that is not known. */
export const UNKNOWN_CLIENT: ClientShape = {
  name: '',
  is: /^$/,
  file: '',
  root: 'mcpServers',
  url: 'url',
  typed: false,
  types: /./,
  http: 'http',
  env: 'env',
};

export interface Fault {
  fault: string;
  key: string;
  instead: string;
  /** It is wrong for certain, not only unusual. */
  sure: boolean;
}

type Entry = Record<string, unknown>;
const isObject = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const ROOTS = /^(?:mcpServers?|mcp_servers|servers|context_servers|mcp|extensions)$/;
const isServer = (value: unknown): boolean =>
  isObject(value) && ('command' in value || 'url' in value || 'type' in value);
const ENVS = ['env', 'environment', 'envs', 'envVars', 'env_vars', 'environmentVariables'];
const URLS = ['url', 'serverUrl', 'httpUrl', 'uri', 'endpoint', 'baseUrl', 'serverURL', 'URL'];
/** Keys that more than one client takes for the address. */
const TAKES: Record<string, string[]> = { Windsurf: ['url', 'serverUrl'], 'Gemini CLI': ['url', 'httpUrl'] };

/** The address of an entry, whatever its key. */
export const addressIn = (entry: Entry): string | undefined =>
  URLS.map((key) => entry[key]).find((value) => typeof value === 'string') as string | undefined;

/** The whole of a file in place of one entry: where the servers stand in it, or null. */
function rootFault(entry: Entry, shape: ClientShape | undefined): Fault | null {
  const root = Object.keys(entry).find((key) => ROOTS.test(key) && isObject(entry[key]));
  if (root === undefined) return null;
  const servers = entry[root] as Entry;
  const inner = Object.keys(servers).find(
    (key) => ROOTS.test(key) && isObject(servers[key]) && !isServer(servers[key]),
  );
  // Older settings of VS Code had "mcp": { "servers": ... }.
  if (inner && !(root === 'mcp' && inner === 'servers'))
    return { fault: 'nested', key: inner, instead: root, sure: true };
  if (inner && shape && shape.root !== 'servers')
    return { fault: 'wrong-root', key: `${root}.${inner}`, instead: shape.root, sure: true };
  if (shape && root !== shape.root && Object.values(servers).some(isServer))
    return { fault: 'wrong-root', key: root, instead: shape.root, sure: true };
  return null;
}

/** What is wrong with an entry for this client; null when nothing is. */
export function faultIn(entry: Entry, shape: ClientShape | undefined): Fault | null {
  const whole = rootFault(entry, shape);
  if (whole) return whole;
  const inner = rootOf(entry);
  if (inner && inner !== entry) return faultIn(inner, shape);
  const has = (key: string) => key in entry;
  const fault = (name: string, key = '', instead = '', sure = true): Fault => ({ fault: name, key, instead, sure });
  if (isObject(entry.command)) return shape?.name === 'Zed' ? null : fault('command-is-object', 'command');
  if (has('args') && !Array.isArray(entry.args)) return fault('args-not-list', 'args');
  const env = entry.env;
  if (has('env') && isObject(env) && Object.keys(env).length > 0 && Object.keys(env).every((key) => /^\d+$/.test(key)))
    return fault('env-not-object', 'env');
  if (!shape) return null;
  if (Array.isArray(entry.command) && !shape.list) return fault('command-is-list', 'command');
  if (typeof entry.command === 'string' && shape.list) return fault('command-is-text', 'command');
  const wrongEnv = ENVS.find((key) => has(key) && key !== shape.env);
  if (wrongEnv && !has(shape.env)) return fault('wrong-key', wrongEnv, shape.env);
  const url = URLS.find(has);
  const transport = isObject(entry.transport);
  if (url && !has('command') && !has('cmd')) {
    if (shape.url === null) return fault('remote-in-local', url);
    const type = typeof entry.type === 'string' ? entry.type : undefined;
    if (type !== undefined && !shape.types.test(type)) return fault('wrong-type', type, shape.http);
    if (url !== shape.url && !TAKES[shape.name]?.includes(url)) return fault('wrong-key', url, shape.url);
    if (type === undefined && shape.typed) return fault('no-type', 'type', shape.http);
    return null;
  }
  if (transport)
    return shape.url === null ? fault('remote-in-local', 'transport') : fault('wrong-key', 'transport', 'type');
  const type = typeof entry.type === 'string' ? entry.type : undefined;
  if (type !== undefined && !shape.types.test(type) && (has('command') || url))
    return fault('wrong-type', type, shape.list ? 'local' : 'stdio');
  return null;
}

/** An entry in the form of this client, as text to paste. The words of the given entry are kept. */
export function formOf(shape: ClientShape | undefined, entry: Entry | undefined): string {
  const first = rootOf(entry);
  const command = Array.isArray(first?.command)
    ? first.command.map(String)
    : typeof first?.command === 'string'
      ? [first.command, ...(Array.isArray(first.args) ? first.args.map(String) : [])]
      : undefined;
  const address = first && addressIn(first);
  const text = (value: unknown) => JSON.stringify(value);
  const words = command ?? ['npx', '-y', '<package>'];
  const remote = address !== undefined && !command;
  const { root = 'mcpServers', url = 'url', http = 'http', env = 'env', typed = false, list, name } = shape ?? {};
  if (name === 'Codex')
    return remote
      ? `[mcp_servers.<name>]\nurl = ${text(address)}`
      : `[mcp_servers.<name>]\ncommand = ${text(words[0])}\nargs = ${text(words.slice(1))}\n\n[mcp_servers.<name>.env]\nNAME = "value"`;
  if (name === 'Goose')
    return remote
      ? `extensions:\n  <name>:\n    type: streamable_http\n    uri: ${address}\n    enabled: true`
      : `extensions:\n  <name>:\n    type: stdio\n    cmd: ${words[0]}\n    args: ${text(words.slice(1))}\n    envs: { NAME: value }\n    enabled: true`;
  if (list)
    return remote
      ? `{ "mcp": { "<name>": { "type": "remote", "url": ${text(address)}, "enabled": true } } }`
      : `{ "mcp": { "<name>": { "type": "local", "command": ${text(words)}, "environment": { "NAME": "value" }, "enabled": true } } }`;
  if (remote && url === null)
    return `{ "mcpServers": { "<name>": { "command": "npx", "args": ["-y", "mcp-remote", ${text(address)}] } } }`;
  const type = typed || name === 'VS Code' ? `"type": ${text(http || 'http')}, ` : '';
  return remote
    ? `{ ${text(root)}: { "<name>": { ${type}${text(url)}: ${text(address)} } } }`
    : `{ ${text(root)}: { "<name>": { "command": ${text(words[0])}, "args": ${text(words.slice(1))}, ${text(env)}: { "NAME": "value" } } } }`;
}

/** The first server of an entry that is a whole file, else the entry itself. */
function rootOf(entry: Entry | undefined): Entry | undefined {
  const root = Object.keys(entry ?? {}).find((key) => ROOTS.test(key) && isObject(entry?.[key]));
  const servers = root === undefined ? undefined : (entry?.[root] as Entry);
  const server = Object.values(servers ?? {}).find(isServer);
  return isObject(server) ? server : entry;
}

/**
 * The text was parsed, and a value in it is of another kind than the reader wants: serde, Go, viper, pydantic, jsonschema, zod, valibot,
 * ajv, Jackson, System.Text.Json, Swift, Kotlin, and programs that did not check at all.
 */
export const WRONG_TYPE = [
  /invalid type: (?:sequence|map|string|integer|floating point|boolean|unit|null|newtype|enum|byte array|Option)\b.{0,400}?, expected \S|invalid (?:length|value) .{0,60}, expected (?:struct|a (?:map|sequence|tuple|string))|data did not match any variant of untagged enum|unknown variant `[^`]{1,60}`, expected/,
  /cannot unmarshal (?:!!(?:seq|map|str|int|bool)|array|object|string|number|bool)\b.{0,200} (?:into|of type)|expected (?:a map|type '[^']{1,60}'), got (?:unconvertible type )?'|' expected (?:a )?(?:map|type|slice)\b.{0,60}got/,
  /Input should be (?:a valid|an? instance|an object|'\w+'(?:,| or))|value is not a valid (?:dict|list|str)|is not of type '(?:object|array|string|boolean)'|'[\w.-]{1,40}' is a required property|Additional properties are not allowed/,
  /[Ee]xpected (?:an? )?(?:object|array|string|record|map|list|dict|table),? (?:but )?(?:got|received|found) (?:an? )?(?:object|array|string|record|map|list|dict|table|number|boolean|undefined|null|nil|none|sequence)\b|Invalid type: Expected \w+ but received/,
  /(?:invalid|bad|unexpected) ['"`](?:args|env|command|url|type|mcpServers|mcp_servers|servers)['"`]:|\bmcp(?:Servers|_servers)\.\S{1,80}:? (?:Required|[Ii]nvalid|[Ee]xpected|[Mm]issing|is required)/,
  /(?:^|[\s'"\]/.])(?:mcpServers?|mcp_servers|servers|args|env|command|data)\S{0,60} (?:must be|should be|is not|has to be) (?:an? )?(?:valid )?(?:object|array|string|map|mapping|list|table|dict)\b|must NOT have additional properties|must have required property/,
  /Cannot (?:deserialize|construct) (?:value|instance) of|JSON value could not be converted to|is required for type with serial name|typeMismatch\(|keyNotFound\(|Cannot coerce|wrong type for (?:key|field)/,
  /(?:mcpServers|mcp_servers|servers|mcpConfig|args|env)\b\)? (?:is not (?:iterable|a function)|object is not iterable)|['"](?:list|str|NoneType)['"] object has no attribute ['"](?:items|get|keys|values)['"]|(?:mcpServers|mcp_servers|\bargs|servers)\.(?:map|forEach|filter|items|entries|some) is not a function/,
];
