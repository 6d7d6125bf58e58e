/** What "does not follow its format" means in each case. */
import type { Client } from '../clients/client.js';
import type { Facts } from './config.js';

interface Words {
  says(facts: Facts, client: Client): string;
  fix(facts: Facts): string;
}

const of = (facts: Facts): string => (facts.key ? ` of "${facts.key}"` : '');
const shown = ({ char }: Facts): string => (char ? `The ${char}` : 'What stands here');

const PROBLEMS: Record<string, Words> = {
  'no-braces': {
    says: () => 'The file begins with a key: the braces around the whole are missing.',
    fix: () => 'Put { before the first key and } behind the last value.',
  },
  'no-key': {
    says: ({ char = '' }) =>
      `A ${char} stands where the key of a value is expected. In an object every value has a key.`,
    fix: () => 'Give the value a key, or put it into a list.',
  },
  'no-colon': {
    says: (facts) => `Between the key and the value${of(facts)} there is no colon.`,
    fix: () => 'Put a colon between key and value.',
  },
  'no-comma': {
    says: ({ char = '' }) => `A ${char} stands where a comma belongs.`,
    fix: () => 'Write a comma.',
  },
  'no-value': {
    says: (facts) => `The key${of(facts)} has no value.`.replace('The key of', 'The key'),
    fix: () => 'Write the value, or take the key out.',
  },
  'extra-comma': {
    says: () => 'A comma stands here with no value before it.',
    fix: () => 'Take the comma out.',
  },
  'switch-word': {
    says: ({ char = '', expected = '' }) => `${char} is no value of this format; a switch is written ${expected} here.`,
    fix: ({ expected = '' }) => `Write ${expected}.`,
  },
  'python-word': {
    says: ({ char = '', expected = '' }) => `${char} is a word of Python; here it is written ${expected}.`,
    fix: ({ expected = '' }) => `Write ${expected}.`,
  },
  null: {
    says: (facts) => `TOML has no word for "nothing": the value${of(facts)} cannot be ${facts.char ?? 'null'}.`,
    fix: () => 'Take the line out.',
  },
  number: {
    says: (facts) => `The value${of(facts)} begins as a number does, and is none of this format.`,
    fix: () => 'Put the value in quotes, or write it as a plain number.',
  },
  'unquoted-value': {
    says: (facts) => `The text${of(facts)} stands without quotes.`,
    fix: () => 'Put the text in double quotes.',
  },
  'key-in-list': {
    says: () => 'A key with a colon stands in a list. A list in square brackets holds values only.',
    fix: () => 'Write { and } around what has keys, in place of the square brackets.',
  },
  closer: {
    says: ({ char = '', expected = '' }) => `The ${char} closes nothing: the last open bracket wants ${expected}.`,
    fix: ({ char = '', expected = '' }) => `Write ${expected} in place of ${char}, or take it out.`,
  },
  'control-character': {
    says: (facts) =>
      `A string holds ${facts.char === 'U+0009' ? 'a tab' : facts.char === 'U+000A' ? 'a line break' : `the control character ${facts.char}`} as it is; in a string it is written ${facts.expected}.`,
    fix: ({ expected = '' }) => `Write ${expected}.`,
  },
  'odd-space': {
    says: ({ char = '' }) =>
      `An invisible character (${char}) stands between the values, as it comes along when text is copied from a web page. Parsers do not take it for a space.`,
    fix: () => 'Write a plain space.',
  },
  'too-deep': {
    says: () =>
      'The values are nested more than a hundred levels deep, deeper than any configuration needs; they were not looked at.',
    fix: () => 'Take the brackets out that stand around nothing.',
  },
  json: {
    says: (_, client) => `JSON stands in the file; ${client.name} reads TOML here.`,
    fix: () => 'Write the servers as TOML: a header in square brackets for each, and lines with = below it.',
  },
  'header-name': {
    says: ({ key = '' }) => `The name "${key}" in the header of a table holds a character that needs quotes.`,
    fix: () => 'Put the name in quotes.',
  },
  'no-equals': {
    says: (facts) => `Between the key${of(facts)} and its value an = is expected.`.replace('the key of', 'the key'),
    fix: () => 'Write = between key and value.',
  },
  'inline-table-lines': {
    says: () => 'A table in braces goes over several lines; TOML wants it on one.',
    fix: () => 'Write it on one line, or as a table with a header of its own.',
  },
  'no-space': {
    says: () => 'There is no space behind the colon, so YAML takes key and value for one text.',
    fix: () => 'Put a space behind the colon.',
  },
  reserved: {
    says: ({ char = '' }) => `A text cannot begin with ${char} in YAML, unless it stands in quotes.`,
    fix: () => 'Put the text in quotes.',
  },
  'colon-in-value': {
    says: (facts) => `The text${of(facts)} holds a colon with a space behind it, which YAML takes for a key.`,
    fix: () => 'Put the text in quotes.',
  },
  indentation: {
    says: () => 'This line is not indented as its neighbours are, so it belongs to nothing.',
    fix: () => 'Give all keys of one level the same number of spaces.',
  },
  alias: {
    says: ({ key = '' }) => `The alias *${key} names no anchor that stands before it.`,
    fix: ({ key = '' }) => `Put &${key} before the value that is meant, or write the value itself.`,
  },
  'alias-bomb': {
    says: () => 'The aliases of the file stand for more than ten thousand values; the rest was not looked at.',
    fix: () => 'Write the values themselves in place of the aliases.',
  },
  unexpected: {
    says: (facts) => `${shown(facts)} is not expected here${facts.expected ? `: ${facts.expected} would be` : ''}.`,
    fix: () => 'Look at this place and the line before it: a bracket, a comma or a quote is missing or too many.',
  },
};

const words = (facts: Facts): Words => PROBLEMS[facts.problem ?? 'unexpected'] ?? (PROBLEMS.unexpected as Words);

export const otherSays = (facts: Facts, client: Client): string => words(facts).says(facts, client);
export const otherFix = (facts: Facts): string => words(facts).fix(facts);
