/**
 * What happens to a message between the terminal and a report, undone: a terminal, a dialog or a person wraps it, and quotation
 * marks are lost where the text went through a chat or a form. Causes then know each message in its own form only.
 */

/** A line that cannot be the rest of another: a frame, a stamp, a mark of a logger, a new error, a new sentence of a tool. */
const BEGINS =
  /^(?:\s{2,}|\s*(?:at |File |Traceback|Node\.js v|npm |\d{4}-|\d\d:\d\d|[[{}\])<>^~|│╰├▶×→✓✘-]|\w*(?:Error|Exception)\b|Caused by|error|warning|info|debug|hint|fatal|panic|[\w.-]{2,30}: \S|\w+=|\/\/|#))/i;
/** A line that is an end in itself. */
const ENDED = /(?:[.!?;{}\])>]|\b(?:E[A-Z]{4,}|\d+))\s*$/;
const MAX_JOINED = 600;
/** A string of JSON that is still open: the terminal indents what follows of it. */
const isOpenString = (text: string): boolean => /[{[]/.test(text) && (text.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1;
/** In a long log nobody wraps by hand, and every line is one. */
const MAX_LINES = 150;
/** No window is wider. */
const MAX_WIDTH = 240;

interface Said {
  text: string;
  from: string;
}

/** The messages that may have been wrapped, each in one line at the place of its beginning. */
export function joined<L extends Said>(lines: L[]): (L & { joined: true })[] {
  if (lines.length > MAX_LINES) return [];
  const goesOn = (i: number): boolean => {
    const [line, next] = [lines[i], lines[i + 1]];
    return (
      line !== undefined &&
      line.text.length <= MAX_WIDTH &&
      next?.from === line.from &&
      (!BEGINS.test(next.text) || (isOpenString(line.text) && /^\s{2,}\w/.test(next.text))) &&
      !ENDED.test(line.text)
    );
  };
  return lines.flatMap((line, i) => {
    if (!goesOn(i)) return [];
    const rest = goesOn(i + 1) ? lines.slice(i + 1, i + 3) : lines.slice(i + 1, i + 2);
    const texts = [line, ...rest].map(({ text }) => text.trim());
    // A person breaks between two words, a terminal within one.
    return [' ', ''].map((gap) => ({ ...line, text: texts.join(gap).slice(0, MAX_JOINED), joined: true as const }));
  });
}

/** A path or a name that stood in quotation marks. One with a blank is told from the sentence by its folder and its extension. */
const WHAT = String.raw`(?:@?[\w.~<$%\\/-][^\s'"\x60,;(){}]{0,300}|(?:[A-Za-z]:|[.~])?[\\/][^'"\x60\n]{1,300}?\.\w{1,5})`;
const NAME = String.raw`@?[\w./-]{1,100}`;

/** Sentences of runtimes and tools, without their quotation marks and with them. */
const UNQUOTED: [RegExp, string][] = [
  [
    new RegExp(
      String.raw`\bCannot find (module|package) (${WHAT})(?=[,.;]?$| imported\b|[,;]? [{(]| at | Require| code:)`,
    ),
    "Cannot find $1 '$2'",
  ],
  // Python's -m says it without quotation marks, behind the name of the interpreter.
  [
    /(?<!\b(?:python[\d.]{0,5}w?(?:\.exe)?|py): )\b([Nn]o module named) (?!.*__main__)([A-Za-z_][\w.]{0,80}\w)/,
    "$1 '$2'",
  ],
  [
    /\bcannot import name (\w{1,80}) from (partially initialized module )?([\w.]{1,120})/,
    "cannot import name '$1' from $2'$3'",
  ],
  [
    /\b[Tt]he requested module (\S{1,120}) does not provide an export named (\w{1,80})/,
    "The requested module '$1' does not provide an export named '$2'",
  ],
  [/\bFile ([\w./~<\\:][^"',]{0,200}), line (\d)/, 'File "$1", line $2'],
  [/\bmodule specification for ([\w.]{1,100})/, "module specification for '$1'"],
  [
    /(^|[\]>:] )([^\s'"„«“:]{1,100}|[A-Za-z]:\\[^\s'"]{1,100}) (is not recogni[sz]ed as|n'est pas reconnu|no se reconoce como|ist entweder falsch)/,
    "$1'$2' $3",
  ],
  [/\bversion ((?:GLIBC|GLIBCXX|CXXABI)_[\d.]{1,12}) not found/, "version `$1' not found"],
  [
    new RegExp(String.raw`\b[Ee]xecutable named (${NAME}) is not provided by package (${NAME}?)(?=\.?$|\.? )`),
    'executable named `$1` is not provided by package `$2`',
  ],
  [
    new RegExp(String.raw`\b[Pp]ackage (${NAME}) does not provide any executables`),
    'Package `$1` does not provide any executables',
  ],
  [/\bFailed to spawn: ([\w@][^\s'"\x60:\\/]{0,100})$/, 'Failed to spawn: `$1`'],
  [new RegExp(String.raw`(^|\s)(${NAME}@\S{1,30}) is not in (the npm|this) registry`), "$1'$2' is not in $3 registry"],
  [new RegExp(String.raw`\b(Script|Module) not found (${WHAT})$`), '$1 not found "$2"'],
  [
    new RegExp(String.raw`\[Errno 2\] No such file or directory: (${WHAT})$`),
    "[Errno 2] No such file or directory: '$1'",
  ],
  [/\b[Tt]he term ([\w.@-]{1,60}) is not recogni[sz]ed/, "The term '$1' is not recognized"],
  [/(: )(\w{1,60}) object has no attribute (\w{1,60})/, "$1'$2' object has no attribute '$3'"],
  [/\bunexpected keyword argument (\w{1,60})/, "unexpected keyword argument '$1'"],
  [/(: )module ([\w.]{1,80}) has no attribute (\w{1,60})/, "$1module '$2' has no attribute '$3'"],
  [/(\boperand type\(s\) for \S{1,3}: )(\w{1,60}) and (\w{1,60})/, "$1'$2' and '$3'"],
  // Blanks that were lost together with a line break.
  [/(\w)(command ["'`])/, '$1 $2'],
  [/(["'`] ?)notfound\b/, '$1not found'],
];
/** Words that stand in one of these sentences: most lines have none. */
const MAY_LACK =
  /Cannot find|o module named|import name|requested module|, line \d|specification|recogni[sz]ed|n'est pas|no se rec|ist entw|GLIBC|CXXABI|executable|to spawn|no attribute|keyword argument|operand|registry|not found|notfound|Errno 2|\wcommand /;

/** Quotation marks that a word processor made of plain ones, or that a log escaped. */
const MADE_OVER = /\\["']|[‘’‚“”„´]/g;

/** The line as the program said it, with the quotation marks of its sentence. */
export const requoted = (text: string): string =>
  MAY_LACK.test(text)
    ? UNQUOTED.reduce((said, [bare, full]) => said.replace(bare, full), text.replace(MADE_OVER, ''))
    : text;
