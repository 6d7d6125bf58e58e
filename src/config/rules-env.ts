/** The variables of an entry: under the key that the client reads, as names and texts. */
import type { Hit, Node, RuleContext, ServerEntry } from './config.js';
import { memberOf } from './roots.js';
import {
  allTexts,
  defineRule,
  eachEntry,
  hitIn,
  kindOf,
  knownKeys,
  type Rules,
  renameKey,
  setValue,
  shown,
} from './rule.js';

const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';

/** Keys that people give the variables of a server. */
export const ENV =
  /^(?:envs?|env(?:ironment)?s?[-_]?(?:variables?|vars?)?|envoironment|enviroments?|enviornment|evn|variables)$/i;

function wrongEnvKey(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const { env } = client.entry;
  const known = knownKeys(client);
  return (entry.node.members ?? [])
    .filter(({ key, node }) => key !== env && !known.has(key) && ENV.test(key) && node.kind === 'object')
    .map(({ key, keyRange }) =>
      hitIn(
        entry,
        keyRange,
        { found: key, wants: env },
        { edits: memberOf(entry.node, env) ? [] : renameKey(config, [...entry.path, key], env) },
      ),
    );
}

/** A list of NAME=VALUE as an object. */
function envOf(node: Node): Record<string, string> | null {
  const texts = allTexts(node);
  if (!texts?.length) return null;
  const pairs = texts.map((text) => /^(?<name>[A-Za-z_]\w*)=(?<value>.*)$/s.exec(text)?.groups);
  if (!pairs.every((pair) => pair !== undefined)) return null;
  return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value]));
}

/** The text of a value as it stands in the file. */
export const asText = (node: Node, text: string): string =>
  node.kind === 'number' || node.kind === 'boolean' ? text.slice(node.range.start, node.range.end).trim() : '';

export const ENV_RULES: Rules<'env-key-wrong' | 'env-not-object' | 'env-value-not-text'> = {
  'env-key-wrong': defineRule({
    id: 'env-key-wrong',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The variables stand under a key that the client does not read',
    find: eachEntry(wrongEnvKey),
    says: ({ found = '', wants = '' }, client) =>
      `${client.name} reads variables from "${wants}". Those under "${found}" never reach the server.`,
    fix: ({ found = '', wants = '' }) => `Write "${wants}" in place of "${found}".`,
    refs: [CONFIG],
  }),

  'env-not-object': defineRule({
    id: 'env-not-object',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The variables are no object of names and values',
    find: eachEntry((entry, { client, config }) => {
      const { env } = client.entry;
      const member = memberOf(entry.node, env);
      if (!member || /^(?:object|null|other)$/.test(member.node.kind)) return [];
      const meant = envOf(member.node);
      const range = member.node.kind === 'list' ? member.keyRange : member.node.range;
      return [
        hitIn(
          entry,
          range,
          { key: env, found: kindOf(member.node.kind) },
          { edits: meant ? setValue(config, [...entry.path, env], meant) : [] },
        ),
      ];
    }),
    says: ({ key = '', found = '' }, client) =>
      `${client.name} wants names and values in "${key}", and there is ${found}.`,
    fix: ({ key = '' }) => `Write "${key}": { "NAME": "value" }.`,
    refs: [CONFIG],
  }),

  'env-value-not-text': defineRule({
    id: 'env-value-not-text',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The value of a variable is no text',
    find: eachEntry((entry, { client, config }) => {
      const { env, envTakes } = client.entry;
      return (memberOf(entry.node, env)?.node.members ?? []).flatMap(({ key, node }): Hit[] => {
        if (node.kind === 'text' || envTakes?.some((kind) => kind === node.kind)) return [];
        const text = asText(node, config.text);
        return [
          hitIn(
            entry,
            node.range,
            { name: shown(key), found: kindOf(node.kind), ...(!envTakes && { known: 'no' }) },
            {
              edits: text ? setValue(config, [...entry.path, env, key], text) : [],
              ...(!envTakes && { level: 'risky' as const }),
            },
          ),
        ];
      });
    }),
    says: ({ name = '', found = '', known }, client) =>
      `The value of ${name} is ${found}. Variables of the environment are texts.${known === 'no' ? ` Whether ${client.name} takes another value is not known.` : ''}`,
    fix: () => 'Put the value in quotation marks.',
    refs: [CONFIG],
  }),
};
