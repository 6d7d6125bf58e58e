import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { near, starterOf, together } from './installers.js';
import { find, type Hit, type Line, WORDS, words } from './words.js';

type Kind = 'python' | 'pydantic' | 'typescript' | 'zod' | 'java' | 'dotnet' | 'go' | 'rust';

/** The error names the SDK, or a part of it that only the SDK has. */
const NAMED: [Kind, RegExp][] = [
  [
    'python',
    /No module named ['"](?<name>(?:mcp|fastmcp)\.[\w.]+)['"](?!; )|cannot import name ['"](?<missing>\w+)['"] from ['"](?<name2>(?:mcp|fastmcp|modelcontextprotocol)(?:\.[\w.]+)?)['"]|module ['"](?<name3>(?:mcp|fastmcp)(?:\.[\w.]+)?)['"] has no attribute/,
  ],
  [
    'python',
    /(?<name>(?:FastMCP|ServerSession|ClientSession|NotificationOptions|InitializationOptions|MCPServer|LowLevelServer|StdioServerParameters|ToolManager|Tool|TextContent|CallToolResult)(?:\.\w+)?)\(\) (?:got (?:an |multiple )?(?:unexpected keyword argument|values for)|takes)|(?:FastMCP|ServerSession|MCPServer)\b.{0,30}(?:no longer (?:accepts|supports)|was removed|removed in)|['"](?:Tool|Resource(?:Template)?|Prompt|TextContent|ImageContent|CallToolResult|ListToolsResult|InitializeResult|ServerCapabilities|ToolAnnotations)['"] object has no attribute ['"](?<field>[a-z]+[A-Z]\w*)|['"]Server['"] object has no attribute ['"](?<decorator>(?:list|call|get|read|subscribe|unsubscribe|set|progress)_\w+|request_context|completion)['"]|['"](?<object>FastMCP|ServerSession|MCPServer|FastMCPProxy|ClientSession|MCPConfig|FunctionTool)['"] object (?:has no attribute|is not callable)|@(?:tool|resource|prompt) decorator was used incorrectly/,
  ],
  [
    'typescript',
    // A bare name that is not found is an SDK that is not installed: runtime-dependency-missing.
    /(?:Package subpath|ERR_PACKAGE_PATH_NOT_EXPORTED|No "exports" main|Directory import|Named export).{0,200}@modelcontextprotocol[\\/](?:sdk|server|client|core)\b|Cannot find module ['"][^'"]*node_modules[\\/]@modelcontextprotocol[\\/](?:sdk|server|client|core)[\\/]|requested module ['"][^'"]*@modelcontextprotocol\/[^'"]+['"] (?:does not provide|is a CommonJS)|@modelcontextprotocol[\\/](?:sdk|server|client|core)[\\/][^'"]*['"]?.{0,80}is not defined by "exports"/,
  ],
  [
    'typescript',
    /\b(?:\w{0,40}[Ss]erver|mcp|this\.\w{0,40}[Ss]erver|[a-z])\.(?<name>register\w*|add\w+|set\w*Handler|tools?|prompts?|resources?|completion|send\w+|elicit\w*|createMessage|listTools|callTool) is not a function|expected a Zod schema\b|must be a Zod schema or|\b(?<ctor>\w{0,40}(?:McpServer|StdioServerTransport|StreamableHTTPServerTransport|SSEServerTransport|Server))\)?(?: is)? not a constructor/,
  ],
  [
    'zod',
    /\b\w{1,60}\._parse is not a function|(?:reading|evaluating) '(?:[\w.$]+\.)?_(?:zod|def)\b|'_zod' is undefined|\b_zod\b.{0,40}(?:undefined|is not)|(?:\b_zod\.run|_def\.\w+) is not|mixed Zod versions|Schema (?:is missing a method literal|method literal must be)|\b(?:z|zod)(?:_\d|\d)?\.(?:[zZ]\.)?(?<name>looseObject|strictObject|toJSONSchema|iso|email|url|uuid|custom|core|discriminatedUnion|literal|prettifyError|treeifyError|interface|stringbool)\b.{0,12} is not a function|Cannot find (?:module|package) ['"](?:[^'"]*[\\/])?zod[\\/](?:v[34]|lib)|subpath ['"]\.\/v[34][^'"]*['"] is not defined by "exports" in [^'"]*zod|requested module ['"]zod(?:\/[^'"]*)?['"] does not provide|zod-to-json-schema.{0,80}(?:not (?:defined|provide|found))|v3Schema\.safeParse|safeParseAsync is not a function/i,
  ],
  [
    'pydantic',
    /pydantic\.errors\.Pydantic(?:Import|User|Undefined\w*)Error\b|Pydantic(?:Import|User|Undefined)Error\b.{0,80}(?:moved|removed|has been|deprecated)|`BaseSettings` has been moved|cannot import name ['"](?<name>[A-Za-z]\w*)['"] from ['"]pydantic(?:_settings|_core|\.[\w.]+)?['"]|module ['"]pydantic\w*['"] has no attribute|recursive_guard|validation errors? for Settings\b|No module named ['"]pydantic\.(?:_internal|v1|fields|main|json_schema)|pydantic.{0,60}incompatible|incompatible.{0,60}pydantic[-_]core/,
  ],
  [
    'java',
    /(?:NoSuch(?:Method|Field)|AbstractMethod|IncompatibleClassChange|NoClassDefFound|Linkage|IllegalAccess)Error.{0,40}(?:io[./]modelcontextprotocol|McpS(?:erver|chema|ync)|McpAsync|springframework[./]ai)|(?:NoSuchMethodException|ClassNotFoundException): ?['"]?(?:io[./]modelcontextprotocol|org[./]springframework[./]ai[./]mcp)/,
  ],
  [
    'dotnet',
    /(?:Missing(?:Method|Field|Member)Exception|TypeLoadException|EntryPointNotFoundException).{0,200}(?:ModelContextProtocol|McpServer|Extensions\.AI)|Could not load type ['"](?:ModelContextProtocol|Microsoft\.Extensions\.AI)|Method not found: .{0,160}(?:ModelContextProtocol|McpServer|Extensions\.AI)|Could not load file or assembly ['"](?<name>ModelContextProtocol[\w.]*|Microsoft\.Extensions\.(?:AI|Hosting|Logging)[\w.]*), Version=[^'"]*['"].{0,80}(?:manifest definition|does not match)/,
  ],
  [
    'go',
    /\bundefined: (?:mcp|server|client|transport|mcpgo)\.(?<name>\w+)|(?:not enough|too many) arguments in call to (?:mcp|server|client)\.\w+|\b(?:mcp|server)\.\w+ undefined \(type|cannot use .{1,80}(?:mcp|server)\.\w+.{1,80} as .{1,80} value|(?:go-sdk|mcp-go)@v\S+.{0,80}(?:undefined|does not (?:contain|implement))/,
  ],
  [
    'rust',
    /unresolved import [`'"](?<name>rmcp|mcp_\w+)|could not find [`'"]\w+[`'"] in [`'"]rmcp|no (?:method|function|associated item|field|variant)[^`]{0,40} named [`'"]\w+[`'"] found for .{0,60}rmcp|cannot find .{1,60} in (?:crate|module) [`'"]rmcp/,
  ],
];

/** Frames inside the Python SDK: what is thrown there while the server is being built is about its interface. */
const SDK_FRAME =
  /[\\/](?:site-packages|dist-packages|archive-v0[\\/].*)[\\/](?:mcp[\\/](?:server|shared|types|cli)|fastmcp(?![\\/]client))\b.*", line \d+/;
/** A client reads what a server sends: its trace is about messages, not about how the server was written. */
const CLIENT_FRAME = /[\\/](?:mcp|fastmcp)[\\/]client[\\/]|validation errors? for JSONRPC/;
const FAILING_FRAME =
  /self\.settings = Settings\(|\bFastMCP\(|_check_removed_kwargs|Server\(|\.run\(|@(?:mcp|server|app)\.\w+/;
const COMPLAINT =
  /\b(?:TypeError|AttributeError|ImportError|ValidationError|NameError|PydanticUserError|PydanticSchemaGenerationError)\b|unexpected keyword/;
/** A keyword that the SDK took at another time. */
const KEYWORD =
  /unexpected keyword argument(?:\(s\))?:? ['"](?<name>description|version|dependencies|stateless_http|host|port|log_level|debug|transport|mount_path|json_response|instructions|lifespan|tags|title|annotations|structured_output|output_schema|show_banner|website_url|icons|streamable_http_path|sse_path|message_path|auth|capabilities|read_stream|raise_exceptions|settings)['"]/;
/** An object of the SDK, told by its class alone. */
const LACKING =
  /AttributeError: ['"](?<name>Server|Context|RequestContext|Tool|Client|Settings|ServerSession)['"] object has no attribute/;
const SDK_NEAR = /FastMCP|\bmcp\b|fastmcp|mcp\.server|ServerSession/;
const SHADOWED = /No module named ['"](?<name>(?:mcp|fastmcp)\.[\w.]+)['"]; ['"](?:mcp|fastmcp)['"] is not a package/;
/** Settings of the SDK itself, which a server does not set. */
const SETTINGS =
  /^(?:debug|log_level|mount_path|host|port|sse_path|message_path|streamable_http_path|json_response|stateless_http|warn_on_duplicate_\w+|lifespan|auth|transport_security)$/;
/** Missing arguments are the server's own mistake, also below the SDK's name. */
const OWN = /missing \d+ required (?:positional|keyword)/;

/** What does not fit: the argument, or what the groups of the rule name. */
function partOf(hit: Hit): string {
  const argument = /unexpected keyword argument(?:\(s\))?:? ['"](?<name>\w+)/.exec(hit.line.text)?.groups?.name;
  const named = Object.values(hit.groups).find(Boolean) ?? '';
  return argument ? `the argument ${argument}${named && named !== argument ? ` of ${named}` : ''}` : named;
}

function settings(lines: Line[]): Hit | null {
  const hit = find(lines, /validation errors? for Settings\b/);
  if (!hit) return null;
  const i = lines.findIndex(({ at }) => at === hit.line.at);
  const fields = lines.slice(i + 1, i + 6).map(({ text }) => text.trim());
  // The server's own Settings may lack a field of its own: that is its configuration.
  const own = fields.find((text) => /^\w+$/.test(text));
  const traced = lines.some(({ text }) => SDK_FRAME.test(text));
  const missing = fields.length === 0 || fields.some((text) => /Field required|type=missing/.test(text));
  return traced || (missing && (own === undefined || SETTINGS.test(own))) ? hit : null;
}

const NAMES: Record<Kind, string> = {
  python: 'the MCP SDK for Python',
  pydantic: 'pydantic, on which the MCP SDK for Python stands',
  typescript: 'the MCP SDK for TypeScript',
  zod: 'zod, on which the MCP SDK for TypeScript stands',
  java: 'the MCP SDK for Java',
  dotnet: 'the MCP SDK for .NET',
  go: 'the MCP SDK for Go',
  rust: 'the MCP SDK for Rust',
};

export default defineCause({
  id: 'runtime-sdk-incompatible',
  title: 'The server was written for another version of the MCP SDK than the one that was installed',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    "FastMCP.__init__() got an unexpected keyword argument 'description'",
    "ModuleNotFoundError: No module named 'mcp.server.fastmcp'",
    'keyValidator._parse is not a function',
    'server.registerTool is not a function',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'runtime-dependency-missing',
    'install-package-broken',
    'process-config-rejected',
    'process-env-missing',
  ],

  match(given) {
    const all = words(given);
    const lines = all.filter(({ text }) => !/DeprecationWarning|FutureWarning|^npm (?:warn|WARN)\b/.test(text));
    const wide = together(lines, 2);
    const result = (hit: Hit, kind: Kind, certainty: 'certain' | 'likely' | 'possible') => ({
      certainty,
      cites: [hit.line.at],
      facts: {
        kind,
        part: partOf(hit),
        starter: starterOf(given.launch),
        line: hit.line.text.trim().slice(0, 200),
      },
    });
    const ended = given.handshake !== undefined && given.process?.exit?.by === 'itself';
    for (const [kind, pattern] of NAMED) {
      if (kind === 'pydantic') {
        const own = settings(lines);
        if (own) return result(own, 'pydantic', 'likely');
      }
      const source = kind === 'dotnet' || kind === 'java' ? wide : lines;
      const hit = find(
        source.filter(({ text }) => !OWN.test(text) && !/validation errors? for Settings/.test(text)),
        pattern,
      );
      if (!hit) continue;
      // Nothing else says these; a missing part of the package may also be an SDK that was never updated.
      const only =
        /unexpected keyword|keyValidator|'_zod'|mixed Zod|Schema is missing a method|registerTool is not|does not provide an export|NoSuchMethod|MissingMethod/.test(
          hit.line.text,
        );
      return result(hit, kind, only && ended && kind !== 'pydantic' ? 'certain' : 'likely');
    }
    const keyword = find(lines, KEYWORD, LACKING);
    if (keyword && near(lines, keyword.line.at, SDK_NEAR, 8)) return result(keyword, 'python', 'likely');
    // A trace that ends inside the SDK, at the line where the server hands something over to it.
    const ofClient = lines.some(({ text }) => CLIENT_FRAME.test(text));
    const frames = ofClient ? [] : lines.flatMap((line, i) => (SDK_FRAME.test(line.text) ? [i] : []));
    const last = frames.at(-1);
    if (last !== undefined) {
      const after = lines.slice(last).filter(({ text }) => !OWN.test(text));
      const complaint = find(after, COMPLAINT) ?? find(after, FAILING_FRAME);
      const below = lines.slice(last + 1).filter(({ text }) => /^\s*File "/.test(text)).length;
      const wrong = after.some(({ text }) =>
        /\b(?:OSError|ConnectionError|KeyError|FileNotFound|PermissionError|Timeout|RuntimeError|ExceptionGroup|ValueError)\b/.test(
          text,
        ),
      );
      if (complaint && below <= 6 && !wrong && !lines.some(({ text }) => OWN.test(text)))
        return result(complaint, 'python', 'likely');
    }
    const shadowed = find(lines, SHADOWED);
    return shadowed ? result(shadowed, 'python', 'likely') : null;
  },
  say: ({ kind, part }) =>
    `The server does not fit the installed version of ${NAMES[kind]}${part ? `: ${part} is not (or no longer) as the server expects it` : ''}. The installer took a release that the server was not written for.`,
  fix: ({ kind, starter }) => {
    const update = {
      say: 'Take a newer release of the server, when there is one: its authors may have followed already.',
    };
    const edit = (to: string) => ({ file: 'the client config', at: 'args', to });
    if (kind === 'python' || kind === 'pydantic') {
      const pin =
        kind === 'pydantic'
          ? '"--with", "pydantic<2.12", "--with", "mcp<2"'
          : '"--with", "mcp<2", "--with", "fastmcp<3"';
      return [
        /^uvx?$/.test(String(starter))
          ? { say: 'Hold the SDK at the version the server was written for, in front of the package:', edit: edit(pin) }
          : {
              say: 'Install the SDK version that the server was written for into its environment (its pyproject.toml or requirements.txt names it):',
              run: '<project>/.venv/bin/python -m pip install "mcp<2" "fastmcp<3"',
            },
        {
          say: 'Or bring an old SDK up to date:',
          run:
            starter === 'uvx'
              ? 'uv cache clean && uvx --refresh <package>'
              : '<project>/.venv/bin/python -m pip install --upgrade "mcp[cli]" pydantic pydantic-settings',
        },
        update,
      ];
    }
    if (kind === 'typescript' || kind === 'zod')
      return [
        starter === 'npx'
          ? {
              say: 'Use a release of the server that fits (npx takes the newest SDK that the package allows):',
              edit: edit('"<package>@<version>"'),
            }
          : {
              say: 'Install SDK and zod in versions that fit each other, in the folder of the server:',
              run: 'npm install @modelcontextprotocol/sdk@latest zod@^3.25 && npm ls zod @modelcontextprotocol/sdk',
            },
        { say: 'There must be one zod: the SDK takes version 4 from 1.23 on, and 3 before.' },
        update,
      ];
    const command: Partial<Record<Kind, string>> = {
      java: 'mvn dependency:tree -Dincludes=io.modelcontextprotocol.sdk',
      dotnet: 'dotnet list package --include-transitive',
      go: 'go list -m all && go mod tidy',
      rust: 'cargo tree -i rmcp',
    };
    return [
      { say: 'See which version is in use, and set the one that the server was written for:', run: command[kind] },
      update,
    ];
  },
  why: 'The MCP SDKs are young and change with each revision of the protocol. A server that does not pin its SDK gets the newest one at each fresh install, and stops at the first function, argument or module that was renamed or removed.',
  refs: [
    'https://github.com/modelcontextprotocol/python-sdk/releases',
    'https://github.com/modelcontextprotocol/typescript-sdk/issues/906',
    'https://gofastmcp.com/getting-started/upgrading/from-fastmcp-2',
  ],
  examples: [
    {
      name: 'an argument that FastMCP no longer takes',
      finds: true,
      symptoms: {
        entry: { command: 'uvx', args: ['foo-mcp'] },
        stderr:
          'Traceback (most recent call last):\n  File "/srv/foo/server.py", line 34, in <module>\n    mcp = FastMCP(\nTypeError: FastMCP.__init__() got an unexpected keyword argument \'description\'',
        exitCode: 1,
      },
    },
    {
      name: 'a module that an SDK does not have',
      finds: true,
      symptoms: { stderr: "ModuleNotFoundError: No module named 'mcp.server.fastmcp'", exitCode: 1 },
    },
    {
      name: "the SDK's own settings",
      finds: true,
      symptoms: {
        stderr:
          'pydantic_core._pydantic_core.ValidationError: 14 validation errors for Settings\ndebug\n  Field required [type=missing, input_value={}, input_type=dict]\nlog_level\n  Field required',
      },
    },
    {
      name: 'a trace that ends inside the SDK',
      finds: true,
      symptoms: {
        stderr:
          '  File "/u/archive-v0/x/lib/python3.13/site-packages/foo/server.py", line 12, in <module>\n    mcp = FastMCP("foo", dependencies=["a"])\n  File "/u/archive-v0/x/lib/python3.13/site-packages/mcp/server/fastmcp/server.py", line 114, in __init__\n    self.settings = Settings(**settings)',
      },
    },
    {
      name: 'a function of a newer TypeScript SDK',
      finds: true,
      symptoms: {
        stderr: 'TypeError: server.registerTool is not a function\n    at main (file:///srv/dist/index.js:12:10)',
        exitCode: 1,
      },
    },
    {
      name: 'two zods',
      finds: true,
      symptoms: { clientError: 'MCP error -32603: keyValidator._parse is not a function' },
    },
    {
      name: 'a door that the SDK does not have',
      finds: true,
      symptoms: {
        stderr:
          'Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: Package subpath \'./server/mcp\' is not defined by "exports" in /srv/node_modules/@modelcontextprotocol/sdk/package.json',
        exitCode: 1,
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        stderr:
          'Exception in thread "main" java.lang.NoSuchMethodError: \'io.modelcontextprotocol.server.McpServer$SyncSpecification io.modelcontextprotocol.server.McpServer.sync()\'',
        exitCode: 1,
      },
    },
    {
      name: 'the SDK does not know the schema',
      finds: true,
      symptoms: {
        stderr: 'Tool send_email expected a Zod schema or ToolAnnotations, but received an unrecognized object',
      },
    },
    {
      name: 'a field was renamed',
      finds: true,
      symptoms: {
        stderr: "AttributeError: 'Tool' object has no attribute 'inputSchema'. Did you mean: 'input_schema'?",
        exitCode: 1,
      },
    },
    {
      name: 'no SDK at all',
      finds: false,
      symptoms: { stderr: "ModuleNotFoundError: No module named 'mcp'", exitCode: 1 },
    },
    {
      name: 'a call that the server itself got wrong',
      finds: false,
      symptoms: {
        stderr:
          "Failed to run server: Server.run() missing 3 required positional arguments: 'read_stream', 'write_stream', and 'initialization_options'",
      },
    },
    {
      name: "settings of the server's own",
      finds: false,
      symptoms: {
        stderr:
          'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\napi_key\n  Field required [type=missing, input_value={}, input_type=dict]',
        exitCode: 1,
      },
    },
    {
      name: 'the trace of a client in Python',
      finds: false,
      symptoms: {
        transport: 'stdio',
        clientError:
          'Traceback (most recent call last):\n  File "/srv/lib/python3.12/site-packages/mcp/client/stdio/__init__.py", line 155, in stdout_reader\npydantic_core._pydantic_core.ValidationError: 1 validation error for JSONRPCMessage',
      },
    },
  ],
});
