import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { WRONG_TYPE } from './shapes.js';
import { findAll, type Line, unquoted, WORDS, words } from './words.js';

/** Files in which clients keep their servers. A server's own settings have other names: process-config-rejected. */
const CLIENT_FILE =
  /(?<file>(?:(?:\b[A-Za-z]:|(?<![\w.:~])~|(?<![\w.:~])\.{1,2})?[\\/](?:[~.\w\\/ -]{0,200}[\\/])?)?(?:claude_desktop_config|\.claude|\.?mcp(?:[-_]?(?:config|settings|servers))?|(?:cline|roo|kilo)?_?mcp_settings|mcp_config|opencode|mcphub|librechat|config\.librechat)\.(?:jsonc?|toml|ya?ml))\b|(?<dir>(?:(?:\b[A-Za-z]:|(?<![\w.:~])~|(?<![\w.:~])\.{1,2})?[\\/](?:[~.\w\\/ -]{0,200}[\\/])?)?\.(?:codex|gemini|cursor|vscode|continue|zed|claude|kiro|lmstudio|roo|codeium|config[\\/](?:goose|zed|opencode|amp|crush|qwen|trae|github-copilot|mcp)|copilot|qwen|amp|crush|factory|augment|windsurf|trae)[\\/](?:[\w.-]{1,60}[\\/]){0,4}(?:settings|config|mcp|mcp_config)\.(?:jsonc?|toml|ya?ml))\b/i;
/** The client speaks of its configuration. */
const CONFIG =
  /\bMCP (?:server )?(?:config(?:uration)?|settings|servers? file)\b|\bmcpServers?\b|\bmcp_servers\b|\bcontext_servers\b|\b(?:app|user|client|project|local|global|workspace) settings\b|(?:pars\w+|load\w*|read\w*|invalid|malformed)(?: (?:the|your))? settings\b|\bconfig(?:uration)?(?: file)?\b|\bsettings\.json\b|--(?:additional-)?mcp-config|\badd-json\b|配置文件|配置|設定ファイル|설정 파일|конфигураци|Konfigurationsdatei|fichier de configuration|archivo de configuraci/i;

/** A parser gives up, in the words of V8, JavaScriptCore, Firefox, VS Code, Python, Go, Rust, .NET, Java, PHP, Ruby, TOML and YAML. */
const PARSERS = [
  /Unexpected (?<what>token|non-whitespace character|end of JSON input|number|string|identifier|EOF|character|UTF-8 BOM)|is not valid JSON\b|JSON Parse error|JSON\.parse: (?<firefox>.{3,60})/,
  /Expected (?:double-quoted )?(?<what>property name|',' or '[}\]]'|':' after property name|['"]?[,:{}[\]]['"]?)(?: (?:or|after|in|but)\b|$)/,
  /Bad (?<what>escaped character|control character|unicode escape)|Unterminated (?<string>string|fractional number)|Invalid (?<escape>escape character|\\+escape|symbol|character)|[Ii]nvalid escape(?: sequence)?|(?<vscode>Trailing comma|Comma expected|Colon expected|Property expected|Value expected|End of file expected|Comments are not permitted|Property keys must be doublequoted|Invalid(?:Comma|Comment|Number|Escape)Token|(?:PropertyName|Value|Comma|Colon|CloseBrace|CloseBracket|EndOfFile)Expected)/,
  /JSONDecodeError|Expecting (?<what>property name|value|',' delimiter|':' delimiter)|Invalid \\+escape|Extra data: line \d|Invalid control character/,
  /invalid character (?<what>'.{1,8}'|".{1,4}")(?: .{0,60})?|unexpected end of JSON input/,
  /(?:expected|trailing|invalid|EOF|key must be|control character|lone|unexpected|missing|unknown|unterminated|duplicate)[^\n]{0,80} at line (?<line>\d+),? column (?<column>\d+)/i,
  /is an invalid (?:start of a (?:value|property name)|escapable character)|JsonReaderException|JsonParseException|MalformedJsonException|JsonSyntaxException|MismatchedInputException|json: (?:cannot unmarshal|syntax)|Syntax error, malformed JSON|JSON::ParserError/,
  /TOML parse error|TOMLDecodeError|TomlError|invalid (?:basic|multiline basic|literal) string|expected (?:newline|a newline|an equals|`=`|a value|a right bracket)|carriage return must be followed|(?:too few|invalid) unicode|duplicate key\b|(?:cannot|can't) (?:redefine|overwrite|declare) (?:existing )?(?:table|key|a value)|unclosed table|invalid key\b|missing (?:escaped value|assignment)/i,
  /YAMLException|ScannerError|ParserError|YAMLParseError|yaml: (?:line \d+|unmarshal|did not)|mapping values are not allowed|found character that cannot start|bad indentation|did not find expected|could not find expected|found (?:a )?tab\b/,
  /\b(?:invalid|malformed|bad|broken|corrupt(?:ed)?) (?:JSONC?|TOML|YAML)\b|(?<!\.)\b(?:JSONC?|TOML|YAML)(?: (?:config|file|syntax|format|content|configuration))? (?:is )?(?:invalid|malformed|error|broken)|not (?:a )?valid (?:JSONC?|TOML|YAML)|(?:JSONC?|TOML|YAML) (?:syntax|parse|parsing) error|syntax error in\b|follow the correct JSON format|格式错误|格式不正确|解析失败|語法錯誤|语法错误/i,
  /\b(?:fail(?:ed|ure)|unable|error|could(?: not|n't)|cannot|can't)(?: \w+){0,3} (?:to )?(?:parse|parsing|reading or parsing|decode|deserialize|unmarshal)\b|\bparse error\b|Konnte .* nicht (?:lesen|parsen)/i,
];

const POSITION =
  /\bline (?<line>\d+)[,: ]{1,2}(?:column|col|char) ?(?<column>\d+)|\((?<l2>\d+)[:,](?<c2>\d+)\)|\.(?:json|jsonc|toml|ya?ml):(?<l3>\d+):(?<c3>\d+)|\bat position (?<position>\d+)|\bline (?<l4>\d+)\b|LineNumber: (?<l5>\d+)/i;

/** What is wrong, by the words of the parser. */
function faultOf(text: string): string {
  if (/BOM|\\ufeff|\uFEFF|ï»¿|invalid character 'ï'|utf-8-sig/i.test(text)) return 'bom';
  if (/carriage return/i.test(text)) return 'line-end';
  if (
    /escape|invalid character '.' in string|Unexpected token \\|token '\\'|unicode value digits|escapable/i.test(text)
  )
    return 'backslash';
  if (/[“”‘’„«»]|invalid character 'â'/.test(text)) return 'quotes';
  if (
    /trailing comma|double-quoted property name|property name enclosed|Expected property name|looking for beginning of object key|token [}\]']\s|Unexpected token '[}\]]'|Property expected/i.test(
      text,
    )
  )
    return 'comma-extra';
  if (
    /',' (?:or|delimiter)|expected `?,`?|Comma expected|Expected ','|after (?:object key|array element|property value)|Unexpected string/i.test(
      text,
    )
  )
    return 'comma-missing';
  if (
    /non-whitespace character after JSON|Extra data|trailing characters|End of file expected|after top-level value/i.test(
      text,
    )
  )
    return 'braces';
  if (
    /end of JSON input|EOF|end of (?:file|input)|Unterminated|unclosed|Expecting value: line 1 column 1\b/i.test(text)
  )
    return 'cut';
  if (/comment|token ['"]?\/|invalid character '\/'/i.test(text)) return 'comment';
  if (/duplicate key|redefine/i.test(text)) return 'duplicate';
  if (/tab\b|indent|mapping values/i.test(text)) return 'indent';
  return 'other';
}

/** What is wrong, how it is mended, and how the mended place looks. */
const FAULT: Record<string, { what: string; cure: string; to: string }> = {
  bom: {
    what: 'It begins with a byte order mark.',
    cure: 'Save it as UTF-8 without BOM (VS Code: the encoding in the status bar, "Save with Encoding", "UTF-8").',
    to: '{ "mcpServers": ... as the very first character',
  },
  backslash: {
    what: 'A backslash in a Windows path stands alone, and the parser reads it with the next letter as an escape.',
    cure: 'Write every backslash of a path twice, or use forward slashes. In TOML, single quotes do.',
    to: '"C:\\\\Users\\\\me\\\\server.js" or "C:/Users/me/server.js"',
  },
  quotes: {
    what: 'It has typographic quotation marks, which came with a copy from a web page or a word processor.',
    cure: 'Replace “ and ” by the plain quotation mark.',
    to: '"command": "npx"',
  },
  'comma-extra': {
    what: 'A comma stands before a closing bracket, or a name has no quotation marks.',
    cure: 'Remove the comma behind the last item of each object and list, and put every name into quotation marks.',
    to: '"args": ["-y", "package"]',
  },
  'comma-missing': {
    what: 'A comma is missing between two items.',
    cure: 'Put a comma between the items: behind the } of the server before, and behind each line but the last.',
    to: '"one": { ... }, "two": { ... }',
  },
  braces: {
    what: 'Something stands behind the end of the object: two objects follow each other, or the outer braces are missing.',
    cure: 'Put everything into one pair of braces, and all servers under one key.',
    to: '{ "mcpServers": { "one": { ... }, "two": { ... } } }',
  },
  cut: {
    what: 'It ends too early: it is empty, or a bracket or quotation mark is not closed.',
    cure: 'Close every brace, bracket and quotation mark. An empty file needs at least an empty object.',
    to: '{ "mcpServers": {} }',
  },
  comment: {
    what: 'It has a comment, which this client does not allow.',
    cure: 'Remove lines that begin with // and parts between /* and */.',
    to: '{ "mcpServers": { ... } } without any // or /* */',
  },
  duplicate: {
    what: 'A name stands there twice.',
    cure: 'Merge the two entries of the same name, or give one another name.',
    to: 'each name once',
  },
  'line-end': {
    what: 'A line ends in a lone carriage return.',
    cure: 'Save the file with LF line ends (VS Code: CRLF/LF in the status bar).',
    to: 'lines that end in LF',
  },
  indent: {
    what: 'The indentation is wrong.',
    cure: 'Indent with blanks, never with tabs, the same number for the same level.',
    to: 'two blanks more for each level',
  },
  other: {
    what: '',
    cure: 'Go to the place that the message names (or paste the file into an editor that marks errors), and mend the syntax there.',
    to: '{ "mcpServers": { "<name>": { "command": "<program>", "args": ["<argument>"] } } }',
  },
};

/** Words of a TOML parser, and of no other: no message on the wire is TOML. Codex reads nothing else. */
const TOML =
  /TOML parse error|TOMLDecodeError|invalid (?:basic|multiline basic|literal) string|missing escaped value|(?:too few|invalid) unicode|expected `[^`]{1,3}`(?:, `[^`]{1,3}`){2}|(?:invalid|missing) (?:unquoted|bare) key|string values must be quoted|carriage return must be followed/i;

/** A line of a parser that is about a config file: by its own words, or by those of the line before or after. */
function refusal(lines: Line[], transport: string | undefined): { line: Line; file: string; named: boolean } | null {
  for (const pattern of PARSERS)
    for (const { line } of findAll(lines, pattern)) {
      const i = lines.indexOf(line);
      const near = [line, lines[i - 1], lines[i + 1], lines[i - 2], lines[i + 2]].filter(
        (one) => one?.from === line.from,
      );
      const named = near.map((one) => CLIENT_FILE.exec(one?.text ?? '')?.groups).find(Boolean);
      // "Failed to parse" alone needs the file on the same line: the next line may speak of anything.
      const close = pattern === PARSERS.at(-1) ? CLIENT_FILE.test(line.text) : named !== undefined;
      if (named && close) return { line, file: (named.file ?? named.dir ?? '').trim(), named: true };
      const spoken =
        line.from === 'client' &&
        CONFIG.test(unquoted(line.text)) &&
        !/\b(?:message|response|stdout|server (?:sent|returned)|tool)\b/i.test(line.text);
      // A parser's stack goes through the function that reads the file.
      const reader = near.some((one) =>
        /\b(?:load|read|parse|get)\w*(?:Config|Settings)\b|\b(?:load|read|parse)_(?:config|settings)\b/.test(
          one?.text ?? '',
        ),
      );
      if (line.from === 'client' && reader) return { line, file: '', named: false };
      if (line.from === 'client' && TOML.test(line.text)) return { line, file: '', named: false };
      // A message on the wire is one line: an error further down is in a file.
      if (line.from === 'client' && /\(line (?:[2-9]|\d\d+) column \d/.test(line.text) && transport === 'stdio')
        return { line, file: '', named: false };
      // What a server says of its configuration is another file, unless it names the key of the clients.
      const key = /\bmcpServers\b|\bmcp_servers\b|\bMCP config/i.test(line.text);
      if ((spoken && (pattern !== PARSERS.at(-1) || key)) || (key && transport !== 'sse'))
        return { line, file: '', named: false };
    }
  return null;
}

/** A value was refused, not the syntax: config-shape-wrong. */
const SHAPE =
  /invalid_type|invalid_union|"path": ?\[|Required\b|adhere to|unknown (?:field|variant)|missing field|unrecognized key|invalid transport|expected (?:string|array|object|struct|map|sequence)\b.{0,20}(?:received|got|found)?|unconvertible type|ZodError|Missing key|schema|unrecognized|invalid input/i;

export default defineCause({
  id: 'config-unparsable',
  title: "The client's configuration file has a syntax error, so the client reads none of it",
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'Could not load app settings: There was an error reading or parsing claude_desktop_config.json',
    'SyntaxError: Expected double-quoted property name in JSON at position 731',
    'TOML parse error at line 7, column 2',
    'Invalid MCP settings format. Please ensure your settings follow the correct JSON format.',
  ],
  needs: [],
  uses: [...WORDS],
  explains: [...FAILED_START, 'config-shape-wrong', 'config-path-missing', 'process-config-rejected'],

  match(given) {
    // A server that answered or left an exit code was configured: its words are about something else.
    const opened = given.handshake?.initialize.status === 'answered';
    const lines = opened ? [] : words(given);
    const hit = refusal(lines, given.reported?.transport);
    if (!hit) return null;
    const around = lines.filter(({ from }) => from === hit.line.from).map(({ text }) => text);
    const text = around
      .slice(Math.max(0, around.indexOf(hit.line.text) - 2), around.indexOf(hit.line.text) + 3)
      .join('\n');
    const syntax = PARSERS.slice(0, -1).some((pattern) => pattern.test(text));
    const whole = around.join('\n');
    const shape = WRONG_TYPE.some((pattern) => pattern.test(whole));
    if (!syntax && SHAPE.test(whole)) return null;
    const place = POSITION.exec(hit.line.text)?.groups ?? POSITION.exec(text)?.groups ?? {};
    const line = place.line ?? place.l2 ?? place.l3 ?? place.l4 ?? place.l5 ?? '';
    return {
      certainty:
        hit.named && syntax && hit.line.from === 'client' && CLIENT_FILE.test(hit.line.text) && !SHAPE.test(text)
          ? shape
            ? 'possible'
            : 'certain'
          : !shape && (hit.named || syntax)
            ? 'likely'
            : 'possible',
      cites: [hit.line.at],
      facts: {
        file: hit.file,
        line,
        column: place.column ?? place.c2 ?? place.c3 ?? '',
        position: place.position ?? '',
        fault: faultOf(text),
      },
    };
  },
  say: ({ file, line, column, position, fault }) => {
    const place = line
      ? ` at line ${line}${column ? `, column ${column}` : ''}`
      : position
        ? ` at character ${position}`
        : '';
    const what = FAULT[fault]?.what;
    return `The client cannot parse ${file || 'its configuration file'}${place}, so it starts no server at all.${what ? ` ${what}` : ''}`;
  },
  fix: ({ file, line, position, fault }) => {
    const { cure = '', to = '' } = FAULT[fault] ?? {};
    const name = file || '<the config file>';
    const check = /\.toml$/i.test(name)
      ? 'python3 -c "import sys, tomllib; tomllib.load(open(sys.argv[1], \'rb\'))"'
      : /\.ya?ml$/i.test(name)
        ? 'python3 -c "import sys, yaml; yaml.safe_load(open(sys.argv[1]))"'
        : "node -e \"JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))\"";
    return [
      {
        say: cure,
        edit: {
          file: name,
          at: line ? `line ${line}` : position ? `character ${position}` : 'the place of the error',
          to,
        },
      },
      { say: 'See whether it parses now (no output: it does):', run: `${check} ${JSON.stringify(name)}` },
      { say: 'Quit the client completely and start it again.' },
    ];
  },
  why: 'Most clients read strict JSON: no comment, no comma behind the last item, a backslash only as part of an escape. One wrong character anywhere makes the whole file unreadable, and every server in it is gone, not only the one that was added last.',
  refs: [
    'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    'https://www.rfc-editor.org/rfc/rfc8259',
    'https://toml.io/en/v1.0.0#string',
  ],
  examples: [
    {
      name: 'two objects in one file',
      finds: true,
      symptoms: {
        client: 'claude-desktop',
        clientError:
          'Could not load app settings: There was an error reading or parsing claude_desktop_config.json: SyntaxError: Unexpected non-whitespace character after JSON at position 12 (line 1 column 13)',
      },
    },
    {
      name: 'a comma too many',
      finds: true,
      symptoms: {
        clientError: 'mcp.json: Expected double-quoted property name in JSON at position 731 (line 23 column 9)',
      },
    },
    {
      name: 'a backslash alone, in Go',
      finds: true,
      symptoms: {
        client: 'windsurf',
        os: 'windows',
        clientError: "failed to parse mcp_config.json: invalid character 'U' in string escape code",
      },
    },
    {
      name: 'TOML',
      finds: true,
      symptoms: {
        client: 'codex',
        stderr:
          'Error: failed to load MCP servers from C:\\Users\\me\\.codex\n\nCaused by:\n    0: C:\\Users\\me\\.codex\\config.toml:7:2: carriage return must be followed by newline, expected newline\n    1: TOML parse error at line 7, column 2',
      },
    },
    {
      name: 'a byte order mark',
      finds: true,
      symptoms: {
        clientError:
          'Failed to load MCP config: Unexpected token \'\ufeff\', "\ufeff{\\n  \\"mcpSe"... is not valid JSON',
      },
    },
    {
      name: 'a client that does not say what is wrong',
      finds: true,
      symptoms: {
        client: 'cline',
        clientError: 'Invalid MCP settings format. Please ensure your settings follow the correct JSON format.',
      },
    },
    {
      name: 'an option with JSON, through a shell',
      finds: true,
      symptoms: {
        clientError:
          "Invalid JSON in --additional-mcp-config: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      },
    },
    {
      name: 'YAML',
      finds: true,
      symptoms: {
        client: 'goose',
        stderr:
          'Error loading ~/.config/goose/config.yaml: mapping values are not allowed in this context at line 4 column 10',
      },
    },
    {
      name: 'a JSONC parser names the token',
      finds: true,
      symptoms: {
        client: 'amp',
        clientError: 'Failed to parse /home/me/.config/amp/settings.json: InvalidCommaToken at offset 312',
      },
    },
    {
      name: 'text on stdout of a server',
      finds: false,
      symptoms: {
        client: 'cursor',
        clientError: 'Client error for command Unexpected token \'L\', "Loaded 8 p"... is not valid JSON',
      },
    },
    {
      name: "the server's own settings",
      finds: false,
      symptoms: {
        stderr: 'Error: invalid JSON in /srv/acme/settings.local: Unexpected end of JSON input',
        exitCode: 1,
      },
    },
    {
      name: 'valid JSON of another shape',
      finds: false,
      symptoms: {
        clientError:
          'There was an error reading or parsing claude_desktop_config.json: [ { "code": "invalid_type", "expected": "string", "received": "undefined", "path": [ "mcpServers", "x", "command" ], "message": "Required" } ]',
      },
    },
  ],
});
