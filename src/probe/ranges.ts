/**
 * Whether a version lies in a range, as far as ranges of runtimes go: `engines.node` (https://docs.npmjs.com/cli/v11/using-npm/semver)
 * and `requires-python` (PEP 440). Pre-releases are left out: nobody's runtime is judged by them.
 */

type Version = [number, number, number];

/** What one term of a range lets through. */
type Test = (version: Version) => boolean;

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** Up to three numbers; `x`, `*` or nothing stand for any. Null when it is no version. */
function parse(text: string): { version: Version; given: number } | null {
  const match =
    /^[v=]?(\d{1,6}|[xX*])(?:\.(\d{1,6}|[xX*]))?(?:\.(\d{1,6}|[xX*]))?(?:\.\d{1,6})*(?:[-+.a-z][\w.+-]{0,60})?$/.exec(
      text,
    );
  if (!match) return null;
  const numbers: number[] = [];
  for (const part of match.slice(1, 4)) {
    if (part === undefined || /[xX*]/.test(part)) break;
    numbers.push(Number(part));
  }
  const [a = 0, b = 0, c = 0] = numbers;
  return { version: [a, b, c], given: numbers.length };
}

/** The first version behind all that share the given numbers: 18 -> 19.0.0, 18.2 -> 18.3.0. */
function behind([a, b, c]: Version, given: number): Version {
  if (given <= 1) return [a + 1, 0, 0];
  return given === 2 ? [a, b + 1, 0] : [a, b, c + 1];
}

function term(operator: string, text: string, python: boolean): Test | null {
  const parsed = parse(text);
  if (!parsed) return null;
  const { version, given } = parsed;
  const any = given === 0;
  const from: Test = (v) => compare(v, version) >= 0;
  const below =
    (end: Version): Test =>
    (v) =>
      compare(v, end) < 0;
  const both =
    (end: Version): Test =>
    (v) =>
      from(v) && below(end)(v);
  // Of Python 3.10 is 3.10.0; of npm it is all of 3.10.
  const exact = python && !/[xX*]/.test(text) ? behind(version, 3) : behind(version, given);
  switch (operator) {
    case '>=':
      return from;
    case '>':
      return any ? () => false : (v) => compare(v, python ? version : behind(version, given)) >= (python ? 1 : 0);
    case '<':
      return any ? () => false : below(version);
    case '<=':
      return any ? () => true : below(python ? behind(version, 3) : behind(version, given));
    case '^':
      return any ? () => true : both(behind(version, version[0] > 0 ? 1 : version[1] > 0 ? 2 : 3));
    case '~':
      return any ? () => true : both(behind(version, Math.min(given, 2)));
    case '~=':
      // Compatible release: the last number given may grow.
      return given < 2 ? null : both(behind(version, given - 1));
    case '!=':
      return (v) => !both(exact)(v);
    case '':
    case '=':
    case '==':
    case '===':
      return any ? () => true : both(exact);
    default:
      return null;
  }
}

/** One alternative of a range: terms that must all hold. */
function alternative(text: string, python: boolean): Test | null {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text.trim());
  const terms = hyphen
    ? [term('>=', hyphen[1] ?? '', python), term('<=', hyphen[2] ?? '', python)]
    : text
        .replace(/([<>=!~^]+)\s+/g, '$1')
        .split(/[\s,]+/)
        .filter(Boolean)
        .map((word) => {
          const [, operator = '', version = ''] = /^([<>=!~^]*)(.*)$/.exec(word) ?? [];
          return term(operator.replace(/^~>$/, '~'), version, python);
        });
  return terms.some((test) => test === null) ? null : (v) => terms.every((test) => test?.(v));
}

/** Whether a version lies in a range; null when either cannot be read. */
export function inRange(version: string, range: string, language: 'node' | 'python'): boolean | null {
  const parsed = parse(version);
  if (!parsed || parsed.given === 0 || range.length > 500) return null;
  // Poetry writes `^3.10`, and its own `||`, into the same place.
  const tests = range.split('||').map((text) => alternative(text, language === 'python' && !/[\^|]/.test(range)));
  return tests.some((test) => test === null) ? null : tests.some((test) => test?.(parsed.version));
}
