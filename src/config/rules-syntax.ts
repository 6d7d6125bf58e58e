/** The faults of syntax in words. The readers find them; what stands in their facts is told there. */
import type { Client } from '../clients/client.js';
import type { Facts, RuleId } from './config.js';
import { defineRule, type Rules } from './rule.js';
import { otherFix, otherSays } from './syntax-words.js';

type SyntaxId = Extract<RuleId, `syntax-${string}`>;

const JSON_SPEC = 'https://www.rfc-editor.org/rfc/rfc8259';
const TOML_SPEC = 'https://toml.io/en/v1.0.0';
const YAML_SPEC = 'https://yaml.org/spec/1.2.2/';

const cause = 'config-unparsable';
const many = (facts: Facts): boolean => Number(facts.count ?? '1') > 1;
const inKey = ({ key }: Facts): string => (key ? ` in the value of "${key}"` : '');

export const SYNTAX_RULES: Rules<SyntaxId> = {
  'syntax-empty': defineRule({
    id: 'syntax-empty',
    level: 'fatal',
    cause,
    title: 'The file is empty',
    says: (_, client) => `Nothing stands in the file. An empty file is no JSON: ${client.name} has no servers from it.`,
    fix: () => 'Begin with an empty object, and put the servers into it.',
    refs: [JSON_SPEC],
  }),
  'syntax-encoding': defineRule({
    id: 'syntax-encoding',
    level: 'fatal',
    cause,
    title: 'The file is not written in UTF-8',
    says: ({ encoding = 'another encoding', problem }, client) =>
      problem === 'invalid'
        ? `Some bytes are no ${encoding} text; they were probably saved in an older encoding of Windows.`
        : `The file is saved as ${encoding}. ${client.name} reads UTF-8, and sees no sense in it.`,
    fix: ({ problem }) =>
      problem === 'invalid'
        ? 'Open the file in an editor, type the marked characters again, and save it as UTF-8.'
        : 'Save the file as UTF-8, without a byte order mark.',
    refs: [`${JSON_SPEC}#section-8.1`],
  }),
  'syntax-bom': defineRule({
    id: 'syntax-bom',
    level: 'risky',
    cause,
    title: 'The file begins with a byte order mark',
    says: (_, client) =>
      `Three invisible bytes (EF BB BF) stand before the first character. JSON has no place for them; many parsers stop there, and whether ${client.name} takes them away is not known.`,
    fix: () => 'Save the file as UTF-8 without a byte order mark.',
    refs: [`${JSON_SPEC}#section-8.1`],
  }),
  'syntax-smart-quotes': defineRule({
    id: 'syntax-smart-quotes',
    level: 'fatal',
    cause,
    title: 'Typographic quotes stand where straight ones belong',
    says: (facts) =>
      `The quote ${facts.char} is one of those that word processors and chat programs put in place of ".${many(facts) ? ` ${facts.count} strings of the file have such quotes.` : ''}`,
    fix: () => 'Write straight quotes.',
    refs: [`${JSON_SPEC}#section-7`],
  }),
  'syntax-single-quotes': defineRule({
    id: 'syntax-single-quotes',
    level: 'fatal',
    cause,
    title: 'Strings stand in single quotes',
    says: (facts) =>
      `JSON knows double quotes only.${many(facts) ? ` ${facts.count} strings of the file stand in single ones.` : ''}`,
    fix: () => 'Write double quotes.',
    refs: [`${JSON_SPEC}#section-7`],
  }),
  'syntax-backslash': defineRule({
    id: 'syntax-backslash',
    level: 'fatal',
    cause,
    title: 'A backslash stands alone in a string',
    says: ({ char = '\\', becomes, expected = '\\\\' }) =>
      becomes
        ? `${char} in a string means a ${becomes}, so this path arrives broken. A backslash is written ${expected.slice(0, 2)}.`
        : `${char} means nothing in a string, and the parser stops there. A backslash is written ${expected.slice(0, 2)}.`,
    fix: (facts) => (many(facts) ? 'Double each backslash of the string.' : 'Double the backslash.'),
    refs: [`${JSON_SPEC}#section-7`, `${TOML_SPEC}#string`],
  }),
  'syntax-comment': defineRule({
    id: 'syntax-comment',
    level: 'fatal',
    cause,
    title: 'A comment stands where the format has none',
    says: ({ char = '//' }, client) =>
      `${client.name} does not read ${char} as the beginning of a comment here, and stops there.`,
    fix: ({ char }) =>
      char === '#' ? 'Take the comment out.' : 'Take the comment out, or write it as the format wants it.',
    refs: [JSON_SPEC, `${TOML_SPEC}#comment`],
  }),
  'syntax-trailing-comma': defineRule({
    id: 'syntax-trailing-comma',
    level: 'fatal',
    cause,
    title: 'A comma stands behind the last value',
    says: ({ before = '}' }) =>
      `A comma stands behind the last value, before the closing ${before}: JSON allows none there.`,
    fix: () => 'Take the comma out.',
    refs: [`${JSON_SPEC}#section-4`],
  }),
  'syntax-missing-comma': defineRule({
    id: 'syntax-missing-comma',
    level: 'fatal',
    cause,
    title: 'A comma is missing between two values',
    says: () => 'A comma is missing: behind this value another one begins.',
    fix: () => 'Put a comma here.',
    refs: [`${JSON_SPEC}#section-4`],
  }),
  'syntax-unquoted-key': defineRule({
    id: 'syntax-unquoted-key',
    level: 'fatal',
    cause,
    title: 'A key stands without quotes',
    says: (facts) =>
      `JSON wants keys in double quotes: "${facts.key}".${many(facts) ? ` ${facts.count} keys of the file have none.` : ''}`,
    fix: (facts) => (many(facts) ? 'Put the keys in double quotes.' : 'Put the key in double quotes.'),
    refs: [`${JSON_SPEC}#section-4`],
  }),
  'syntax-unclosed': defineRule({
    id: 'syntax-unclosed',
    level: 'fatal',
    cause,
    title: 'Something is opened and not closed',
    says: (facts) => unclosed(facts),
    fix: ({ expected = '', where }) =>
      where === 'string' ? `Close the string with ${expected}.` : `Put the missing ${expected} where this part ends.`,
    refs: [JSON_SPEC, TOML_SPEC, YAML_SPEC],
  }),
  'syntax-extra-text': defineRule({
    id: 'syntax-extra-text',
    level: 'fatal',
    cause,
    title: 'The file holds more than one document',
    says: ({ where, problem }, client) => {
      if (problem === 'fence') return 'The marks of a code block, three backticks, were copied into the file.';
      if (where === 'before') return 'The text before the first bracket belongs to no value.';
      if (problem === 'second-document')
        return `A second document begins here, as when one was pasted below the other. ${client.name} reads one only.`;
      return 'The document ended before this text: a bracket too many stands above it, or something was pasted below.';
    },
    fix: ({ problem, where }) => {
      if (problem === 'fence') return 'Take the backticks out.';
      if (problem === 'second-document') return 'Put the servers of both into one object, and take the second one out.';
      return where === 'before'
        ? 'Take this text out.'
        : 'Take this text out, or the bracket above it that closes too early.';
    },
    refs: [`${JSON_SPEC}#section-2`],
  }),
  'syntax-tab': defineRule({
    id: 'syntax-tab',
    level: 'fatal',
    cause,
    title: 'Lines are indented with tabs',
    says: (facts) =>
      `YAML takes spaces only to indent a line.${many(facts) ? ` ${facts.count} lines of the file begin with a tab.` : ''}`,
    fix: () => 'Write spaces in place of the tabs.',
    refs: [`${YAML_SPEC}#61-indentation-spaces`],
  }),
  'syntax-duplicate-key': defineRule({
    id: 'syntax-duplicate-key',
    level: 'risky',
    cause,
    title: 'A key stands twice in one object',
    says: ({ key = '', wins }) =>
      wins === 'last'
        ? `"${key}" is there more than once. The last one counts; what stands under the others is lost without a word.`
        : `"${key}" is there more than once, which the format forbids: the file is not read.`,
    fix: ({ key = '' }) => `Give one of the two another name than "${key}", or take it out.`,
    refs: [`${JSON_SPEC}#section-4`, `${TOML_SPEC}#keyvalue-pair`, `${YAML_SPEC}#3213-node-comparison`],
  }),
  'syntax-other': defineRule({
    id: 'syntax-other',
    level: 'fatal',
    cause,
    title: 'The file does not follow its format',
    says: (facts: Facts, client: Client) => otherSays(facts, client),
    fix: (facts) => otherFix(facts),
    refs: [JSON_SPEC, TOML_SPEC, YAML_SPEC],
  }),
};

function unclosed(facts: Facts): string {
  const { char = '', expected = '', where, missing = '1', found } = facts;
  if (where === 'string') return `The string that begins here${inKey(facts)} has no closing ${expected}.`;
  if (where === 'header') return `The header of this table has no closing ${expected}.`;
  if (where === 'inside')
    return `The ${char} that opens here is still open where ${found} comes: its ${expected} is missing.`;
  const more =
    Number(missing) > 1 ? ` ${missing} brackets are open at the end of the file: it may have been cut off.` : '';
  return `The ${char} that opens here has no closing ${expected}.${more}`;
}
