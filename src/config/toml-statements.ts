/** Where the statements of a TOML text begin and end, also where one of them is broken: each is then parsed on its own. */

export interface Statement {
  start: number;
  /** Without the line end. */
  end: number;
  header: boolean;
  /** Brackets inside brackets, at most. */
  depth: number;
  /** What was opened and not closed. */
  open?: { at: number; char: string; closer: string };
}

/** A line that can only begin a statement: what stands open before it was not meant to go on. */
const NEXT_STATEMENT =
  /[ \t]*(?:\[{1,2}[A-Za-z_][\w.-]*(?:\."[^"\r\n]*")?\]{1,2}[ \t]*(?:#.*)?(?:\r?\n|$)|[\w-]+(?:\.[\w-]+)*[ \t]*=)/y;
const CLOSERS: Record<string, string> = { '[': ']', '{': '}' };

export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === '#') at = endOfLine(text, at);
    else if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at++;
    else {
      const statement = statementAt(text, at);
      statements.push(statement);
      at = Math.max(statement.end, at + 1);
    }
  }
  return statements;
}

function statementAt(text: string, start: number): Statement {
  const statement: Statement = { start, end: text.length, header: text[start] === '[', depth: 0 };
  const open: number[] = [];
  let at = start;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\n') {
      if (open.length === 0 || statement.header || matched(NEXT_STATEMENT, text, at + 1)) {
        statement.end = text[at - 1] === '\r' ? at - 1 : at;
        break;
      }
      at++;
    } else if (char === '#') at = endOfLine(text, at);
    else if (char === '"' || char === "'") {
      const string = stringAt(text, at, char);
      statement.open ??= string.closed ? undefined : { at, char: string.quote, closer: string.quote };
      at = string.end;
    } else {
      if (char === '[' || char === '{') {
        open.push(at);
        statement.depth = Math.max(statement.depth, open.length);
      } else if (char === ']' || char === '}') open.pop();
      at++;
    }
  }
  const last = open.at(-1);
  if (!statement.open && last !== undefined) {
    const char = text[last] ?? '[';
    statement.open = { at: last, char, closer: CLOSERS[char] ?? ']' };
  }
  if (!statement.open) delete statement.open;
  return statement;
}

function stringAt(text: string, at: number, quote: string): { end: number; closed: boolean; quote: string } {
  const block = quote.repeat(3);
  const many = text.startsWith(block, at);
  const opening = many ? block : quote;
  // By hand: a regular expression would keep a way back for every character of a long text.
  for (let i = at + opening.length; i < text.length; i++) {
    if (text[i] === '\\' && quote === '"') i++;
    else if (text[i] === '\n' && !many) break;
    else if (text.startsWith(opening, i)) {
      let end = i + opening.length;
      // Up to two quotes may stand before the three.
      while (many && end < i + 5 && text[end] === quote) end++;
      return { end, closed: true, quote: opening };
    }
  }
  return { end: endOfLine(text, at), closed: false, quote: opening };
}

/** How many characters the pattern (sticky) matches at an offset. */
function matched(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end - 1 >= at ? end - 1 : end;
}
