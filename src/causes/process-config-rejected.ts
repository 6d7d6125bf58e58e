import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, hinted, type Line, REPLY, repeatsServer, unlogged, WORDS, words } from './words.js';

/** Parsers of command lines: argparse, click, commander, yargs, clap, cobra, Go flag, picocli, .NET, getopt, node, java. */
const ARGUMENT = [
  /\bunrecogni[sz]ed (?:arguments?|options?|command or argument)s?:? ['"`]?(?<what>[^'"`]{1,60})|\b(?:unknown|no such|bad|illegal|invalid) (?:command|option|flag|argument|switch|parameter)s?:?(?: --)? ['"`]?(?<opt>-{0,2}[\w][\w.=-]{0,60})/i,
  /\bunexpected (?:extra )?arguments? ['"`(]?(?<extra>[^'"`)]{1,60})|flag provided but not defined: (?<go>\S+)|\b(?:too many|not enough|insufficient)(?: non-option)? arguments\b|\bflag needs an argument: (?<flag>\S+)|\b(?:option|argument|flag) ['"`]?(?<bare>[\w-]{1,40})['"`]? (?:needs|requires|expects|is missing) (?:an? |its )?(?:value|argument)\b|\brequired (?:command|argument|option)s?\b.{0,40}\b(?:(?:was|were) not (?:provided|specified|given)|(?:is|are) missing)/i,
  /argument (?<arg>[^:]{1,60}): (?:invalid|expected|not allowed)|\binvalid (?:value|choice|argument) (?:for )?['"`]?(?<value>[^'"`]{1,60})['"`]?|\bInvalid values:$/i,
  /arguments? (?:is|are|was|were) (?:required|not provided)(?:: ?(?<required>.{1,60}))?|\b(?:missing|required) (?:required )?(?:argument|option|parameter|flag)(?:\(?s\)?)?:? ['"`<]?(?<missing>[\w-][^'"`>]{0,60})|required option ['"`](?<commander>[^'"`]{1,60})/i,
  /\bunmatched arguments?(?: at index \d+)?:? ['"`]?(?<picocli>[^'"`]{1,60})|\bfound argument ['"`](?<clap>[^'"`]{1,60})['"`] which wasn't expected|(?:^|\s)(?<getopt>--?\w[\w-]{0,40}): (?:invalid|unknown|unrecognized|illegal) (?:option|argument|flag)\b|\bunknown (?:sub)?command: ?(?<sub>\S{1,40})|\bat least one (?<least>[^.]{1,60}?) (?:must|should|needs to|has to) be (?:provided|specified|given|set|passed)|\bno (?<none>(?:[\w-]+ ){0,3}(?:director(?:y|ies)|path|file|folder|vault|url|argument|command|project)s?) (?:was |were )?(?:provided|specified|given)\b/i,
  // In a program's own words: "Please provide a database URL as a command-line argument".
  /\b(?:provide|specify|supply|pass|give) (?:an? |the |at least one )?(?<provide>[^.]{1,60}?) (?:as|via|on|through) (?:an? |the )?(?:(?:first|command[- ]?line|CLI|positional) )*(?:arguments?|parameter|option|flag|command line)\b/i,
];
/** Values read from a variable or a config file and refused: validators, URL and number parsers, credentials of a backend. */
const VALUE = [
  /^(?<class>(?:[\w.]*\.)?(?:ValidationError|ZodError|ConfigError|ConfigurationError|ImproperlyConfigured|InvalidConfig\w*|SettingsError|MongoParseError|BindException|BindValidationException))\b(?!: Address)/,
  /\[type=(?<type>extra_forbidden|\w+_parsing|\w+_type|literal_error|enum|value_error|url_\w+|string_\w+|greater_\w+|less_\w+)\b/,
  /\b(?:invalid|bad|malformed|unsupported|unknown|illegal)\b (?:\w+ ){0,3}(?<noun>config(?:uration)?|settings?|connection (?:string|ur[il])|transport|mode|log ?level|environment variables?|port(?: number)?|database ur[il]|endpoint|base ur[il])\b(?! (?:error|closed))|\b(?:could not|couldn't|cannot|can't|unable to|failed to) parse\b.{0,40}\b(?:ur[li]|dsn|connection string)\b|\bERR_(?:INVALID_URL|SOCKET_BAD_PORT|INVALID_ARG_VALUE|PARSE_ARGS\w+)\b|\bInvalid (?:url|uri|scheme)\b/i,
  /\b(?:config(?:uration)?|settings|arguments?|options?|env(?:ironment)?)\b.{0,30}\b(?:validation (?:failed|error)|is (?:invalid|not valid)|could not be (?:parsed|loaded|read))|\b(?:failed|unable|could not|cannot|error) (?:to )?(?:pars\w+|load\w*|read\w*|validat\w+)(?: the)? (?:\w+ )?(?<file>config(?:uration)?|settings)\b|\bFailed to bind properties under '(?<spring>[^']+)'/i,
  /\b(?<name>[A-Z][A-Z0-9_]{2,}|--[\w-]+)['"`]? (?:must be (?!set|provided|defined|specified|configured|supplied|present|non-?empty|given)|(?:is|are) (?:invalid|malformed|not (?:a )?(?:valid|supported|allowed|recogni[sz]ed))|has an invalid|contains an? invalid|should be (?:an?|one of)\b)/,
  /\b(?:must be one of|expected one of|allowed values|valid (?:values|options|choices) are|choose from)\b|strconv\.\w+: parsing "(?<num>[^"]*)": invalid|invalid literal for int\(\)|could not convert string to float|must start with the protocol|password authentication failed|Access denied for user|Authentication failed\b|not authori[sz]ed as/i,
];
/** Files and values of another format than the server reads. */
const FORMAT = [
  /\b(?:MissingSectionHeaderError|ConfigParserError|YAMLException|YAMLParseError|YAMLSyntaxError|TOMLDecodeError|TomlError|TomlDecodeError|JSONSchemaError)\b|\byaml\.\w+\.\w+Error\b|\btoml: line \d|\b(?:error|failed|failure|cannot|could not|unable)\b.{0,30}\b(?:pars\w+|load\w*|read\w*|decod\w+)\b.{0,40}\.(?:ya?ml|toml|json|ini|conf|env|xml)\b/i,
  /\b(?:unsupported|unknown|invalid|wrong|unrecognized) (?:file )?(?:format|file type|extension|encoding name)\b|\binvalid (?:PEM|DER|key format|credentials file|service account|certificate|private key|keystore|base64)|\b(?:cannot|could not|can't|failed to|unable to) (?:parse|decode|read|load) (?:the )?(?:private key|certificate|credentials|key ?file|service account|token file|spec(?:ification)?|schema|OpenAPI)\b|\bmust be an? (?:valid )?(?:service account|absolute path|URL|JSON|directory|existing|file|folder|number|integer|positive|boolean)\b|\bis not (?:an? )?(?:valid )?(?:YAML|TOML|URL|absolute path|number|directory)\b/i,
];
/** A parser that met something else than JSON: only beside a word of a config file or a variable it speaks of settings. */
const NO_JSON =
  /\bSyntaxError: .{0,80}\bJSON\b|\bJSONDecodeError\b|\binvalid character .{1,10} looking for beginning|\bjson: cannot unmarshal\b|\bJsonParseException\b|\bis not valid JSON\b/;
const OF_SETTINGS =
  /\b(?:load|read|parse|get|init)?_?(?:config(?:uration)?|settings|options|env(?:ironment)?)\w*\b.{0,60}(?:\(|:\d|\.json|line \d)|\b[\w-]{0,40}(?:config|settings|credentials|servers|secrets)[\w-]{0,20}\.json\b/;
/** One issue in one line, as zod 3, zod 4, pydantic, joi, yup, envalid and JSON schema word it. */
const ONE_LINE =
  /\b(?:Invalid enum value\. Expected\b|Invalid option: expected one of|Invalid input: expected (?!.*received undefined)|Expected ['"]?[\w ]{1,40}['"]?, received (?!undefined)\w|Invalid literal value, expected|Unrecognized keys?(?:\(s\))?(?: in object)?:|(?:String|Number|Array|Date) must (?:be|contain) |Too (?:small|big): expected|Input should be (?!a valid (?:dictionary|list))|Value error, |Invalid (?:number|bool|email|host|port|url|json) input: |must be (?:equal to )?one of the (?:allowed|following) values)|"(?<joi>[\w.-]{1,60})" (?:must be (?!present|provided|set)|must contain |length must |with value .{0,60} fails|is not allowed\b)|(?:^|[\s:])(?<yup>[\w.[\]-]{1,60}) must (?:be a `\w+` type|match the following|be at (?:least|most) |be (?:greater|less) than |match (?:format|pattern) )/;
/** Messages of the conversation are validated by the same libraries. */
const MESSAGE =
  /JSONRPCMessage|validation errors? for (?:Client|Server)(?:Request|Notification|Result)\b|deserializeMessage|"(?:jsonrpc|serverInfo|protocolVersion|inputSchema)"|for tool\b/;
/** A validator's issues, printed as JSON over several lines: the message is the one to read. */
const ISSUE = /^\s*"code": "(?:too_(?:small|big)|invalid_\w+|unrecognized_keys|custom)"/;
const ISSUE_SAYS = /^\s*"message": "(?!Required")(?<issue>[^"]{3,160})"/;
/** A container engine that refuses what the entry asks for; images, paths, ports and names in use belong to other causes. */
const ENGINE =
  /^docker: (?:Error response from daemon: )?(?!.*(?:pull|manifest|registry|no such image|not found in \$PATH|already (?:in use|allocated)|permission denied|no such file|Cannot connect|error during connect|memory))(?<engine>.{3,200})/i;
/** Folders and files of the entry that the server checks itself. */
const FOLDER = [
  /\berror accessing (?:directory|path|file)\b:? (?<dir>[^:]{1,200}|[A-Z]:[^:]{1,200})|(?:^|[\s'"`:])(?<path>(?:[A-Z]:\\|~?\/)\S[^:]{0,200}?)['"`]? (?:is not a directory|does not exist|is not accessible)|\b(?:n(?:one|either) of the|no) (?:specified|configured|allowed) director(?:y|ies)\b.{0,30}|\b(?:directory|folder|vault|workspace|project path|root)(?: path)? ['"`]?(?<root>\S{1,200})['"`]? (?:does not exist|not found|is not a directory|is not accessible)/i,
];
const USAGE = /^\s*(?:usage|syntax|verwendung|aufruf|utilisation|uso|用法)(?:\s?:\s*\S| of \S+:$)/i;
/** Launchers that refuse their own command line, and modules: not the server's arguments. */
const NOT_OURS =
  /\bCannot find (?:module|package)|ModuleNotFound|npm (?:ERR!|error|warn)|protocol version|Unsupported engine|JSON-?RPC|\bMCP error\b|Content-Type|session id|SyntaxError|(?<!['"`])\bwarning\b(?!['"`])|DeprecationWarning|from daemon/i;
/** What a client says of messages, lists and calls it words with the same validators as a server its settings. */
const OF_MESSAGES =
  /\b(?:tools|resources|prompts)\/(?:list|call|get|read)\b|\b(?:tools?|resources?|prompts?) (?:fetch|list|call|discovery)\b|is not valid JSON|JSON-?RPC|Failed to parse message|\b(?:call|invok|execut)ing (?:\w+ )?tool\b/i;
/** The same, told from outside: these words stand in no server's log. */
const OF_LISTS =
  /\btools fetch failed\b|\bInvalid result for \w+\/|\bError (?:calling|executing|invoking) tool\b|Failed to parse message/i;
/** Below "validation error" every field is merely absent: then a variable is missing, not wrong. */
const onlyMissing = (lines: Line[], i: number) => {
  const block = lines
    .slice(i, i + 14)
    .map(({ text }) => text)
    .join('\n');
  return (
    /field required|type=missing|['"]Required['"]|received:? ["']?undefined/i.test(block) &&
    !/\[type=(?!missing)|invalid_(?!type)/.test(block)
  );
};

/** Settings and paths, however they are spoken of. */
const SETTINGS =
  /\b(?:config\w*|settings?|options?|arguments?|parameters?|flags?|invalid|not (?:valid|supported|allowed)|must be|expected)\b/i;

export default defineCause({
  id: 'process-config-rejected',
  title: 'The server refused an argument or a setting that it was given',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'error: unrecognized arguments'],
  needs: [],
  uses: [...WORDS, 'http'],
  explains: ['deploy-crashed', 'container-exited', 'container-restarting', ...FAILED_START],

  match(given) {
    // The exception of a framework's own settings has the shape, but the version of a library is at fault.
    const all = words(given);
    const repeats =
      given.reported?.transport === 'stdio' &&
      !all.some(({ text, from }) => from === 'client' && OF_MESSAGES.test(text));
    const lines = all.filter(
      ({ text, from, at }, i) =>
        (from !== 'client' || (repeats && repeatsServer({ text, from, at }))) &&
        !REPLY.test(text) &&
        !NOT_OURS.test(text) &&
        !(VALUE[0]?.test(text) && onlyMissing(all, i)),
    );
    const { exit } = given.process ?? {};
    const ended = exit?.by === 'itself';
    const overHttp = given.http || given.reported?.url || /http|sse/.test(given.reported?.transport ?? '');
    if (overHttp && !ended) return null;
    const argument = find(lines, ...ARGUMENT);
    // A client validates answers and its own config with the same libraries: of it only the command line counts.
    const ofMessages = all.some(({ text }) => MESSAGE.test(text) || OF_LISTS.test(text));
    const own = lines.filter(
      ({ text, from }) =>
        from !== 'client' &&
        !(ofMessages && /\[type=|validation errors? for|["'](?:code|path)["']:|expected one of/.test(text)),
    );
    const issue = own.some(({ text }) => ISSUE.test(text)) ? find(own, ISSUE_SAYS) : null;
    const one = ofMessages ? null : find(own, ONE_LINE);
    const broken = find(
      all.filter(({ from }) => from !== 'client'),
      NO_JSON,
    );
    const json =
      broken &&
      !/Unexpected token.{0,20}, ".{0,60}" is not valid/.test(broken.line.text) &&
      all.slice(all.indexOf(broken.line), all.indexOf(broken.line) + 6).some(({ text }) => OF_SETTINGS.test(text))
        ? broken
        : null;
    const hit =
      argument ??
      find(lines, ...FOLDER) ??
      issue ??
      one ??
      find(own, ...VALUE, ...FORMAT) ??
      json ??
      find(
        all.filter(({ from }) => from !== 'client'),
        ENGINE,
      );
    // The help of a program, printed instead of serving.
    const printed = lines.find(({ text }) => USAGE.test(unlogged(text)));
    const usage = printed ? { line: printed } : null;
    // Usage text right below an error is the answer to a wrong command line.
    const above = usage && all[all.indexOf(usage.line) - 1];
    const scolded = above && above.from === usage.line.from && /\berror\b/i.test(above.text) ? above : undefined;
    // A usage text and nothing else, of a server over stdio: it did not serve.
    const alone =
      usage !== null && given.reported?.transport === 'stdio' && !given.process && all.indexOf(usage.line) <= 1;
    if (!hit && !(usage && (ended || scolded || alone))) {
      const hint = hinted(given, SETTINGS);
      return hint
        ? {
            certainty: 'possible',
            cites: [hint.at],
            facts: { said: hint.text.trim().slice(0, 240), what: null, kind: 'value' },
          }
        : null;
    }
    const line = hit?.line ?? scolded ?? usage?.line;
    if (!line) return null;
    const exact = argument !== null && (usage !== null || /\berror: |^error\b/i.test(line.text));
    // A heading says nothing alone: the field and its complaint stand on the next lines.
    const i = all.indexOf(line);
    const detail = /validation error|ZodError|[:{[]\s*$/i.test(line.text)
      ? all.slice(i + 1, i + 3).filter(({ text }) => /\w/.test(text) && !/^\s+at /.test(text))
      : [];
    const what =
      Object.values(hit?.groups ?? {})
        .find(Boolean)
        ?.trim() ?? null;
    return {
      certainty: ended && exact && exit.code !== 0 ? 'certain' : 'likely',
      cites: [line.at, ...detail.map((l) => l.at), ...(ended ? [at('process', 'exit')] : [])],
      facts: {
        said: [line, ...detail]
          .map(({ text }) => text.trim())
          .join(' ')
          .slice(0, 240),
        what,
        kind: argument ? 'argument' : hit ? 'value' : 'usage',
      },
    };
  },
  say: ({ said, kind }) =>
    kind === 'usage'
      ? `The server printed its usage text instead of serving: its arguments do not ask it to serve, or one is wrong ("${said}").`
      : `The server started, read its ${kind === 'argument' ? 'arguments' : 'settings'} and refused one: "${said}".`,
  fix: ({ what, kind }) => [
    kind === 'value'
      ? {
          say: `Correct the value${what ? ` that the message names (${what})` : ''} in the server's entry, or in the .env or config file of the folder it starts in:`,
          edit: {
            file: 'the client config',
            at: 'env',
            to: '"env": { "<NAME IN THE MESSAGE>": "<a value the server accepts>" }',
          },
        }
      : {
          say: `Correct the arguments in the server's entry${what ? ` (${what})` : ''}: each word of the command line is one element of args, and an option with its value is two:`,
          edit: { file: 'the client config', at: 'args', to: '"args": ["<package or script>", "--option", "value"]' },
        },
    { say: 'Compare with what this version of the server accepts:', run: '<command of the entry> --help' },
  ],
  why: 'A server checks its command line and settings before it serves, and ends when one is wrong. Options change between versions, so that an entry which starts the newest release breaks without an edit, and a .env file in the working directory is read as well.',
  refs: [
    'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    'https://docs.pydantic.dev/latest/errors/validation_errors/',
  ],
  examples: [
    {
      name: 'an argument asked for in plain words',
      finds: true,
      symptoms: { stderr: 'Please provide a database URL as a command-line argument', exitCode: 1 },
    },
    {
      name: 'issues of a validator, as JSON',
      finds: true,
      symptoms: {
        stderr:
          'Server error: [\n  {\n    "code": "too_small",\n    "minimum": 1,\n    "message": "Elasticsearch URL cannot be empty",\n    "path": [\n      "url"\n    ]\n  }\n]',
        exitCode: 1,
      },
    },
    {
      name: 'argparse',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'usage: server [-h] [--port PORT]\nserver: error: unrecognized arguments: --verbosity 3',
        exitCode: 2,
      },
    },
    {
      name: 'clap',
      finds: true,
      symptoms: {
        stderr:
          "error: invalid value 'std' for '--transport <TRANSPORT>'\n  [possible values: stdio, http]\n\nFor more information, try '--help'.",
        exitCode: 2,
      },
    },
    {
      name: 'an extra key in the settings',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nUNRELATED\n  Extra inputs are not permitted [type=extra_forbidden, input_value=1, input_type=str]',
        exitCode: 1,
      },
    },
    {
      name: 'a folder of the entry',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          "Error accessing directory /mnt/usb: Error: ENOENT: no such file or directory, stat '/mnt/usb'\n    at async Object.stat (node:internal/fs/promises:1040:18)",
      },
    },
    {
      name: 'usage and nothing else',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Usage: mcp-server-filesystem <allowed-directory> [additional-directories...]',
        exitCode: 1,
      },
    },
    {
      name: 'zod in one line',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: "ACME_REGION: Invalid enum value. Expected 'eu' | 'us', received 'moon'",
        exitCode: 1,
      },
    },
    {
      name: 'pydantic in one line',
      finds: true,
      symptoms: { transport: 'stdio', stderr: "log_format: Input should be 'json' or 'text'", exitCode: 1 },
    },
    {
      name: 'joi',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'Config validation: "retries" must be a number', exitCode: 1 },
    },
    {
      name: 'a message of the conversation, validated',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr: 'Expected string, received number\n    at deserializeMessage (stdio.js:26:1)',
      },
    },
    {
      name: 'a module that is not there',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module '/srv/index.js'", exitCode: 1 },
    },
    {
      name: 'a version the server does not speak',
      finds: false,
      symptoms: { stderr: 'Error: Unsupported protocol version: 2099-01-01', exitCode: 1 },
    },
    {
      name: 'a client refuses the list of tools',
      finds: false,
      symptoms: {
        transport: 'stdio',
        clientError:
          'notes: Connected · tools fetch failed: Invalid result for tools/list: [\n  { "code": "invalid_value", "values": ["object"], "path": ["tools", 0, "inputSchema", "type"], "message": "Invalid input: expected \\"object\\"" }\n]',
      },
    },
    {
      name: 'a client quotes what the server printed of its settings',
      finds: false,
      symptoms: {
        transport: 'stdio',
        clientError: 'Unexpected token \'I\', "Invalid config, using defaults" is not valid JSON',
      },
    },
    {
      name: 'a value in quotes is no warning',
      finds: true,
      symptoms: {
        stderr: "Error: Invalid value for '--log-level': 'loud' is not one of 'debug', 'info', 'warning'.",
        exitCode: 2,
      },
    },
    {
      name: 'a request that the server cannot read',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr:
          "Failed to validate request: 21 validation errors for ClientRequest\nPingRequest.method\n  Input should be 'ping' [type=literal_error, input_value='initialize', input_type=str]",
      },
    },
  ],
});
