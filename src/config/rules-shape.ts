/** The parts of an entry have the form that the client reads: texts, lists, objects, keys that it knows. */
import { isJoined, LAUNCHER } from '../case/launchers.js';
import { programOf, splitWords, TAKES_LINES } from './command.js';
import type { Hit, Member, RuleContext, ServerEntry, TextEdit } from './config.js';
import { isRemark, memberOf } from './roots.js';
import {
  allTexts,
  argsOf,
  defineRule,
  eachEntry,
  filled,
  hitIn,
  kindOf,
  knownKeys,
  placeOfArg,
  type Rules,
  removeKey,
  renameKey,
  setValue,
  shown,
  together,
} from './rule.js';
import { asText, ENV } from './rules-env.js';
import { meantBy } from './slips.js';

const SPAWN = 'https://nodejs.org/api/child_process.html#child_processspawncommand-args-options';
const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';

/** Program and arguments as they were meant, in the form of the client. */
function asCommand(entry: ServerEntry, { client, config }: RuleContext, words: string[]): TextEdit[] {
  const form = client.entry;
  const [program, ...first] = words;
  if (program === undefined) return [];
  const apart = memberOf(entry.node, form.args ?? 'args');
  const rest = apart && apart.node.kind !== 'null' ? allTexts(apart.node) : [];
  if (rest === null) return [];
  const command = [...entry.path, form.command.key];
  if (form.command.holds === 'list') {
    const list = setValue(config, command, [program, ...first, ...rest]);
    return apart ? together(list, removeKey(config, [...entry.path, apart.key])) : list;
  }
  if (form.args === null) return [];
  if (first.length === 0 && rest.length > 0) return setValue(config, command, program);
  return together(
    setValue(config, command, program),
    setValue(config, [...entry.path, form.args], [...first, ...rest]),
  );
}

function joinedCommand(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, machine, config } = context;
  const form = client.entry;
  if (client.launch.shell === true) return [];
  const command = filled(entry, form.command.key)?.node;
  const text = entry.command?.value ?? '';
  const whole = command?.kind === 'text' && form.command.holds === 'program';
  const first = command?.kind === 'list' && form.command.holds === 'list';
  const hits: Hit[] = [];
  const level = client.launch.shell === null ? { level: 'risky' as const } : {};
  // A program in a folder with a blank in its name is one word.
  if ((whole || first) && entry.command && isJoined(text) && machine.look(text.replaceAll('\\', '/')) !== 'file') {
    const words = splitWords(text);
    const facts = { joined: shown(text), at: 'command', shell: String(client.launch.shell) };
    const flat = first ? allTexts(command) : null;
    const edits =
      words === null
        ? []
        : whole
          ? asCommand(entry, context, words)
          : flat
            ? setValue(config, [...entry.path, form.command.key], [...words, ...flat.slice(1)])
            : [];
    return [hitIn(entry, entry.command.range, facts, { edits, ...level })];
  }
  const program = programOf(text);
  if (TAKES_LINES.test(program)) return [];
  for (const [i, { value, range }] of entry.args.entries()) {
    // An option and its value in one: "-y @scope/server", "run -i --rm image".
    const pair =
      /^--?[A-Za-z][\w-]* [@\w./~\\-]/.test(value) ||
      (i === 0 && LAUNCHER.test(program) && /^(?:run|exec|dlx|-m) -{0,2}\w/.test(value));
    if (!pair || !LAUNCHER.test(program)) continue;
    const words = HEADER.test(value) ? value.split(/ (.*)/s, 2) : splitWords(value);
    const at = placeOfArg(entry, form, i);
    const list = at && allTexts(memberOf(entry.node, String(at.list.at(-1)))?.node);
    const edits =
      words && at && list
        ? setValue(config, at.list, [...list.slice(0, at.index), ...words, ...list.slice(at.index + 1)])
        : [];
    hits.push(
      hitIn(
        entry,
        range,
        { joined: shown(value), at: 'args', shell: 'false' },
        { edits, ...(/^(?:node|python|deno)/.test(program) ? { level: 'risky' as const } : {}) },
      ),
    );
  }
  return hits;
}

/** The value of such an option has blanks of its own. */
const HEADER = /^(?:-H|--headers?) /;

/** Keys that carry a note for people. */
const NOTE =
  /^(?:description|comment|comments|notes?|name|title|label|icon|tags?|version|author|homepage|documentation)$/i;

function unknownKeys(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const form = client.entry;
  const known = knownKeys(client);
  const beside = filled(entry, form.command.key)
    ? 'command'
    : form.url.some((own) => filled(entry, own))
      ? 'url'
      : null;
  return (entry.node.members ?? []).flatMap(({ key, keyRange, node }: Member): Hit[] => {
    if (beside && form.refuses?.[beside].includes(key)) {
      const meant = beside === 'command' ? 'a command' : 'an address';
      // What somebody wrote there is needed elsewhere: only what is empty goes without a question.
      const isEmpty = node.value === '' || node.items?.length === 0 || node.members?.length === 0;
      const edits = isEmpty ? removeKey(config, [...entry.path, key]) : [];
      return [hitIn(entry, keyRange, { found: shown(key), meant, does: 'refused' }, { edits, level: 'broken' })];
    }
    // Arguments beside a command that should be a list: another rule tells of both.
    if (key === 'args' && form.args === null && filled(entry, form.command.key)?.node.kind === 'text') return [];
    if (known.has(key) || isRemark(key) || (ENV.test(key) && node.kind === 'object')) return [];
    const wrongUrl = /ur[il]$/i.test(key) && form.url.length > 0 && !form.url.some((own) => filled(entry, own));
    if (wrongUrl && !filled(entry, form.command.key)) return [];
    const meant = meantBy(key, known, form);
    const there = meant !== null && memberOf(entry.node, meant) !== undefined;
    if (meant && !there) {
      const edits = renameKey(config, [...entry.path, key], meant);
      return [
        hitIn(
          entry,
          keyRange,
          { found: shown(key), meant, does: form.unknownKey ?? 'unknown' },
          { edits, ...(meant === form.command.key || form.unknownKey === 'error' ? { level: 'broken' as const } : {}) },
        ),
      ];
    }
    // Without the client's own list nobody can say that it does not know a key.
    if (form.others === null || (form.unknownKey !== 'error' && NOTE.test(key))) return [];
    const level = form.unknownKey === 'error' ? ('broken' as const) : ('advice' as const);
    return [hitIn(entry, keyRange, { found: shown(key), does: form.unknownKey ?? 'unknown' }, { level })];
  });
}

export const SHAPE_RULES: Rules<
  'key-unknown' | 'command-joined' | 'command-is-list' | 'command-is-text' | 'args-not-list' | 'args-not-text'
> = {
  'key-unknown': defineRule({
    id: 'key-unknown',
    level: 'risky',
    cause: 'config-shape-wrong',
    title: 'The client does not know a key of the entry',
    find: eachEntry(unknownKeys),
    says({ found = '', meant, does }, client) {
      const what: Record<string, string> = {
        error: `${client.name} refuses the entry because of it`,
        warning: `${client.name} warns of it and leaves it aside`,
        ignored: `${client.name} leaves it aside without a word`,
      };
      if (does === 'refused')
        return `"${found}" cannot stand beside ${meant}: ${client.name} refuses the entry because of it.`;
      const says = meant
        ? `"${found}" is no key of an entry; "${meant}" is.`
        : `"${found}" is none of the keys that ${client.name} is known to read in an entry.`;
      return `${says} ${what[does ?? ''] ?? `What ${client.name} does with such a key is not known`}.`;
    },
    fix: ({ found = '', meant, does }) =>
      does === 'refused'
        ? `Take "${found}" out, and write what it holds in the way that fits ${meant}.`
        : meant
          ? `Write "${meant}" in place of "${found}".`
          : `Take "${found}" out, or put it where it belongs.`,
    refs: [CONFIG],
  }),

  'command-joined': defineRule({
    id: 'command-joined',
    level: 'broken',
    cause: 'config-command-joined',
    title: 'A program and its arguments stand in one text',
    find: eachEntry(joinedCommand),
    says: ({ joined = '', at, shell }, client) =>
      at === 'args'
        ? `"${joined}" reaches the program as one single argument, because nothing splits it at the blanks.`
        : shell === 'null'
          ? `"${joined}" is the name of one program for a client without a shell. Whether ${client.name} starts commands through a shell is not known.`
          : `${client.name} takes "${joined}" for the name of one program, because it starts commands without a shell.`,
    fix: (_, client) =>
      client.entry.command.holds === 'list'
        ? `Split it: every word is a text of its own in "${client.entry.command.key}".`
        : `Split it: the program alone in "${client.entry.command.key}", every argument as a text of its own in "${client.entry.args ?? 'args'}".`,
    refs: [SPAWN],
  }),

  'command-is-list': defineRule({
    id: 'command-is-list',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The command is a list, and the client wants the program alone',
    find: eachEntry((entry, context) => {
      const { command } = context.client.entry;
      const member = memberOf(entry.node, command.key);
      if (command.holds !== 'program' || member?.node.kind !== 'list' || !member.node.items?.length) return [];
      const words = allTexts(member.node);
      return [
        hitIn(
          entry,
          member.node.range,
          { key: command.key, args: context.client.entry.args ?? 'args' },
          { edits: words ? asCommand(entry, context, words) : [] },
        ),
      ];
    }),
    says: ({ key = '' }, client) => `${client.name} wants the program as text in "${key}", and there is a list.`,
    fix: ({ key = '', args = '' }) => `Write the first word as text in "${key}", the others as a list in "${args}".`,
    refs: [CONFIG],
  }),

  'command-is-text': defineRule({
    id: 'command-is-text',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The command is text, and the client wants a list of words',
    find: eachEntry((entry, context) => {
      const { command } = context.client.entry;
      const member = filled(entry, command.key);
      if (command.holds !== 'list' || member?.node.kind !== 'text') return [];
      const text = member.node.value as string;
      const words = isJoined(text) ? splitWords(text) : [text];
      return [
        hitIn(entry, member.node.range, { key: command.key }, { edits: words ? asCommand(entry, context, words) : [] }),
      ];
    }),
    says: ({ key = '' }, client) =>
      `${client.name} wants the program and its arguments as one list in "${key}", and there is text.`,
    fix: ({ key = '' }) => `Write a list: "${key}": ["npx", "-y", "..."].`,
    refs: [CONFIG],
  }),

  'args-not-list': defineRule({
    id: 'args-not-list',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The arguments are no list',
    find: eachEntry((entry, { client, config }) => {
      const key = client.entry.args;
      const member = key === null ? undefined : memberOf(entry.node, key);
      // A value that could not be read is no value of another form.
      if (!member || key === null || /^(?:list|null|other)$/.test(member.node.kind)) return [];
      const text = member.node.kind === 'text' ? (member.node.value as string) : null;
      const words = text === null ? null : text.trim() === '' ? [] : splitWords(text);
      return [
        hitIn(
          entry,
          member.node.range,
          { key, found: kindOf(member.node.kind) },
          { edits: words ? setValue(config, [...entry.path, key], words) : [] },
        ),
      ];
    }),
    says: ({ key = '', found = '' }, client) =>
      `${client.name} wants a list of texts in "${key}", and there is ${found}.`,
    fix: ({ key = '' }) => `Write every argument as a text of its own: "${key}": ["-y", "..."].`,
    refs: [CONFIG],
  }),

  'args-not-text': defineRule({
    id: 'args-not-text',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'An argument is no text',
    find: eachEntry((entry, { client, config }) => {
      const form = client.entry;
      const lists = [
        argsOf(entry, form),
        form.command.holds === 'list' ? memberOf(entry.node, form.command.key) : undefined,
      ];
      return lists.flatMap((member) =>
        (member?.node.items ?? []).flatMap((item, i): Hit[] => {
          if (item.kind === 'text' || !member) return [];
          const text = asText(item, config.text);
          return [
            hitIn(
              entry,
              item.range,
              { key: member.key, found: kindOf(item.kind) },
              { edits: text ? setValue(config, [...entry.path, member.key, i], text) : [] },
            ),
          ];
        }),
      );
    }),
    says: ({ key = '', found = '' }, client) => `${client.name} wants texts in "${key}", and one of them is ${found}.`,
    fix: () => 'Put it in quotation marks.',
    refs: [CONFIG],
  }),
};
