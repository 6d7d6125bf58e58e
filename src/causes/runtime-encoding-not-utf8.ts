import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { SILENCE } from './consequences.js';
import { find, WORDS, words } from './words.js';

/** A legacy code page, as runtimes name it. */
const PAGE = String.raw`charmap|cp\d{3,5}|windows-125\d|gbk|gb2312|gb18030|big5(?:hkscs)?|shift_?jis|euc[_-](?:kr|jp)|iso-?8859-?\d+|latin-?1|ascii|us-ascii|mbcs|ansi`;

/** Said by the runtimes themselves, each naming the code page or the byte. */
const SAID = [
  /Unicode(?<what>En|De)codeError: ['"](?<page>[\w-]+)['"] codec/,
  new RegExp(
    String.raw`['"](?<page>${PAGE}|utf-?(?:8|16))['"] codec can't (?<what>en|de)code|codec can't (?<what2>en|de)code (?:byte|character)`,
    'i',
  ),
  // The frame of the codec; the exception below it was not copied.
  /[\\/]encodings[\\/](?<page>cp\d{3,5}|ascii|charmap|gbk|big5|mbcs|latin_1|iso8859_\d+|euc_\w\w|shift_jis)\.py"?, line \d+|\bcodecs\.(?<what3>en|de)?charmap_(?:en|de)code\(/,
  /illegal multibyte sequence|character maps to <undefined>|ordinal not in range\((?:128|256)\)|surrogates not allowed/,
  /invalid byte sequence in (?<page>[\w-]+)|Encoding::(?:UndefinedConversion|InvalidByteSequence|Compatibility)Error|incompatible character encodings|invalid multibyte char \((?<source>[\w-]+)\)/,
  /(?:Malformed|Unmappable)(?:Input|Character)Exception|unmappable character .{0,30}for encoding (?<page>[\w-]+)|Invalid UTF-8 (?:middle|start) byte|MalformedByteSequenceException/i,
  /(?:Encoder|Decoder)Fallback(?:Exception)?|Unable to translate (?:bytes|Unicode character)/,
  /stream did not contain valid UTF-8|invalid utf-?8 (?:sequence|continuation|byte|encoding|string|character)|FromUtf8Error|not valid UTF-?8|Malformed UTF-8 characters|string is not valid utf-?8|ill-formed UTF-8|invalid UTF-8|encoded data was not valid(?: for encoding)?|ERR_ENCODING_INVALID_ENCODED_DATA/i,
  /Non-UTF-8 code starting with|configured to use ASCII as encoding|LookupError: unknown encoding|\(unicode error\)|unknown encoding: ?(?<page>[\w-]+)/,
  // The name of the exception alone.
  /\bUnicode(?:En|De)codeError\b/,
];

/** Text that was written in UTF-8 and read as something else, or the other way round. */
const MOJIBAKE =
  /Ã[\u0080-\u00BF¤©¨¶¼]|â€[\u0080-\u00BF™œ“”¦]|锟斤拷|烫烫烫|ï»¿\{|Ð[\u0080-\u00BF].?Ð|ã[\u0080\u0081\u0082][\u0080-\u00BF]|\bmojibake\b|文字化け|乱码|亂碼|글자 깨짐|кракозябр/i;

export default defineCause({
  id: 'runtime-encoding-not-utf8',
  title: 'Text is read or written in a legacy code page instead of UTF-8',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    "UnicodeEncodeError: 'charmap' codec can't encode character",
    "UnicodeDecodeError: 'gbk' codec can't decode byte",
    'stream did not contain valid UTF-8',
    'invalid byte sequence in US-ASCII',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...SILENCE, 'process-crashed', 'process-returns-early', 'call-internal-error'],

  match(given) {
    const lines = words(given);
    const said = find(lines, ...SAID);
    const stray = (given.stdout?.strays ?? []).findIndex(({ kind }) => kind === 'invalid-utf8');
    const garbled = said || stray >= 0 ? null : find(lines, MOJIBAKE);
    if (!said && stray < 0 && !garbled) return null;
    const opened = given.handshake?.initialize.status === 'answered';
    const wrote = given.stdout?.strays[stray];
    const text = said?.line.text ?? '';
    const page = said?.groups.page ?? said?.groups.source ?? '';
    const utf8 = /^utf-?8$/i.test(page);
    const decoding = /decode|read|translate bytes|MalformedInput|did not contain|byte sequence/i.test(text);
    const all = lines.map((line) => line.text).join('\n');
    const language = /Unicode(?:En|De)codeError|codec can't|Traceback|LookupError|\.py\b/.test(all)
      ? 'Python'
      : /Encoding::|in `|\.rb\b|US-ASCII/.test(all)
        ? 'Ruby'
        : /Exception in thread|\bjava\.|MalformedInput|Unmappable|for encoding|Caused by: .*Exception/i.test(all)
          ? 'Java'
          : /Fallback|Unable to translate|System\./.test(all)
            ? '.NET'
            : /python|uvx?|pipx?/i.test(given.launch?.command ?? '')
              ? 'Python'
              : '';
    const windows =
      given.reported?.os === 'windows' || /charmap|cp\d{3,5}|gbk|[A-Z]:\\/.test(all)
        ? true
        : given.reported?.os === undefined && page === '';
    return {
      certainty: said
        ? given.process?.exit?.by === 'itself' &&
          /Unicode(?:En|De)codeError: '(?!utf)/.test(text) &&
          given.process.pid !== null
          ? 'certain'
          : 'likely'
        : stray >= 0
          ? given.handshake
            ? 'certain'
            : 'likely'
          : 'possible',
      severity: opened ? 'degraded' : 'broken',
      cites: [said?.line.at ?? (stray >= 0 ? at('stdout', 'strays', stray, 'text') : (garbled?.line.at ?? ''))],
      facts: {
        place:
          said || !wrote
            ? ''
            : `line ${wrote.line} at byte offset ${wrote.offset}${wrote.why ? ` (${wrote.why})` : ''}`,
        page: utf8 ? '' : page,
        decoding,
        language,
        windows,
        file: /File "|\.env\b|open\(|read_text|\.json\b|\.ya?ml\b|\.toml\b/.test(all) && decoding,
      },
    };
  },
  say: ({ place, page, decoding, language, file }) => {
    if (place)
      return `The server writes bytes that are no UTF-8, on stdout in ${place}. Clients in JavaScript show a replacement character, those with a strict decoder (Python, Rust, Go) end there.`;
    const whose = language ? `${language} ` : 'The server ';
    if (!page)
      return decoding
        ? `${whose}read bytes as UTF-8 that are in another encoding: ${file ? 'a file, or what it was sent, was' : 'what it was sent, or a file, was'} written in a legacy code page.`
        : 'The conversation holds text that is not UTF-8, as MCP demands: one side writes in a legacy code page.';
    return `${whose}${decoding ? 'read' : 'wrote'} text in the code page ${page}, in which ${decoding ? 'the bytes make no sense' : 'a character of it does not exist'}. MCP messages are UTF-8, whatever the language of the system.`;
  },
  fix: ({ language, windows }) => {
    const env = (to: string) => ({ file: 'the client config', at: 'env', to: `"env": { ${to} }` });
    const system = windows
      ? [
          {
            say: 'For programs that cannot be told: switch the code page in front of it ("cmd", "/c", "chcp 65001 >nul && ..."), or set Windows to UTF-8 (Region, Administrative, Beta: Use Unicode UTF-8).',
          },
        ]
      : [
          {
            say: 'For programs that cannot be told, give the entry a UTF-8 locale:',
            edit: env('"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"'),
          },
        ];
    if (language === 'Java')
      return [
        {
          say: 'Start Java with UTF-8:',
          edit: {
            file: 'the client config',
            at: 'args',
            to: '"-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8"',
          },
        },
        ...system,
      ];
    if (language === 'Ruby')
      return [{ say: 'Start Ruby with UTF-8:', edit: env('"RUBYOPT": "-Eutf-8:utf-8", "LANG": "C.UTF-8"') }, ...system];
    if (language === '.NET')
      return [
        {
          say: 'Set Console.InputEncoding and Console.OutputEncoding to new UTF8Encoding(false) before the transport starts.',
        },
        ...system,
      ];
    return [
      {
        say:
          language === 'Python'
            ? 'Start Python in UTF-8 mode:'
            : 'When the server is written in Python, start it in UTF-8 mode:',
        edit: env('"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"'),
      },
      {
        say: 'In the code of the server: open files with encoding="utf-8", and call sys.stdout.reconfigure(encoding="utf-8").',
      },
      ...system,
    ];
  },
  why: 'On Windows, and under clients that pass on no locale, a program without a terminal reads and writes in the legacy code page of the system (cp1252, gbk, cp932, ASCII). The first arrow, emoji or umlaut then raises an error, or arrives garbled.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports',
    'https://docs.python.org/3/using/windows.html#utf-8-mode',
    'https://docs.python.org/3/library/os.html#utf8-mode',
  ],
  examples: [
    {
      name: 'a check mark on Windows',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          "UnicodeEncodeError: 'charmap' codec can't encode character '\\u2713' in position 0: character maps to <undefined>",
      },
    },
    {
      name: 'a file that is read as gbk',
      finds: true,
      symptoms: {
        stderr:
          'Traceback (most recent call last):\n  File "D:\\srv\\server.py", line 4, in <module>\n    text = open("a.md").read()\nUnicodeDecodeError: \'gbk\' codec can\'t decode byte 0x80 in position 12: illegal multibyte sequence',
        exitCode: 1,
      },
    },
    {
      name: 'stdin that is not UTF-8',
      finds: true,
      symptoms: { stderr: "'utf-8' codec can't decode byte 0xb0 in position 31: invalid start byte" },
    },
    {
      name: 'a client that reads it',
      finds: true,
      symptoms: { clientError: 'MCP transport error: stream did not contain valid UTF-8' },
    },
    {
      name: 'Ruby without a locale',
      finds: true,
      symptoms: { stderr: "server.rb:3:in `split': invalid byte sequence in US-ASCII (ArgumentError)", exitCode: 1 },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        stderr: 'Exception in thread "main" java.nio.charset.MalformedInputException: Input length = 1',
        exitCode: 1,
      },
    },
    {
      name: 'the frame of the codec alone',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          '  File "C:\\Python312\\Lib\\encodings\\cp1252.py", line 19, in encode\n    return codecs.charmap_encode(input,self.errors,encoding_table)[0]',
        exitCode: 1,
      },
    },
    {
      name: 'umlauts in a healthy log',
      finds: false,
      symptoms: { stderr: 'Server läuft. Prüfe die Verbindung …' },
    },
    {
      name: 'another ValueError',
      finds: false,
      symptoms: { stderr: "ValueError: invalid literal for int() with base 10: 'ascii'", exitCode: 1 },
    },
  ],
});
