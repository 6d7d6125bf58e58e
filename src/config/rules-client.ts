/** What the client makes of an entry that is well-formed: time limits, names, scopes, approval, switches. */
import type { Hit, RuleContext, ServerEntry } from './config.js';
import { memberAt } from './roots.js';
import { defineRule, eachEntry, hitIn, pathOf, type Rules, renameKey, setValue, shown } from './rule.js';

const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';

function unit(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  return entry.timeouts.flatMap(({ key, ms, range }): Hit[] => {
    const field = client.entry.timeouts.find((one) => one.key === key);
    if (!field || !Number.isFinite(ms) || ms <= 0) return [];
    const written = field.unit === 's' ? ms / 1000 : ms;
    // Nobody waits less than a second, and nobody means hours by a round number of thousands.
    const seconds = field.unit === 'ms' && written < 1000;
    const beyond = field.max !== undefined && written > field.max;
    const millis = field.unit === 's' && written % 1000 === 0 && (written >= 5000 || beyond);
    if (!seconds && !millis) return [];
    const meant = seconds ? written * 1000 : written / 1000;
    // Three digits of milliseconds may be what somebody wanted.
    const sure = seconds ? written <= 600 : true;
    const facts = {
      key,
      written: String(written),
      unit: field.unit,
      meant: String(meant),
      ...(beyond && { max: String(field.max) }),
    };
    return [hitIn(entry, range, facts, { edits: sure ? setValue(config, pathOf(entry, key), meant) : [] })];
  });
}

/** A name that fits, made of this one; null when there is none, or it is taken. */
function fitting(name: string, pattern: RegExp, taken: Set<string>): string | null {
  const plain = name
    .trim()
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  for (const candidate of [
    plain,
    plain.replaceAll('_', '-'),
    plain.toLowerCase(),
    plain.slice(0, 32).replace(/-+$/, ''),
  ])
    if (candidate !== '' && pattern.test(candidate) && !taken.has(candidate)) return candidate;
  return null;
}

function name(entry: ServerEntry, { client, config, entries }: RuleContext): Hit[] {
  const rule = client.entry.name;
  if (!rule) return [];
  const pattern = new RegExp(rule.pattern);
  // Names that we gave, because the entry has none.
  if (pattern.test(entry.name) || /^#\d+$|^\(no name\)$/.test(entry.name)) return [];
  const meant = fitting(entry.name, pattern, new Set(entries.map((other) => other.name)));
  const item = typeof entry.path.at(-1) === 'number';
  const edits =
    meant === null
      ? []
      : item
        ? setValue(config, [...entry.path, 'name'], meant)
        : renameKey(config, entry.path, meant);
  return [
    hitIn(
      entry,
      entry.nameRange,
      { name: shown(entry.name), says: rule.says, ...(meant !== null && { meant }) },
      { edits },
    ),
  ];
}

function shadowed(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, place, machine } = context;
  const own = entry.project ?? machine.project;
  const others = context
    .namesakes(entry)
    .filter(
      ({ project, place: other }) =>
        other.scope !== place.scope && (project === undefined || own === undefined || project === own),
    );
  const order = client.precedence;
  if (order === null) {
    const other = others[0];
    return other
      ? [
          hitIn(entry, entry.nameRange, {
            file: other.file,
            line: String(other.line),
            scope: other.place.scope,
            known: 'no',
          }),
        ]
      : [];
  }
  const rank = (scope: string): number => (order as readonly string[]).indexOf(scope);
  const stronger = others
    .filter(
      ({ place: other }) => rank(other.scope) >= 0 && rank(place.scope) >= 0 && rank(other.scope) < rank(place.scope),
    )
    .sort((a, b) => rank(a.place.scope) - rank(b.place.scope))[0];
  return stronger
    ? [
        hitIn(entry, entry.nameRange, {
          file: stronger.file,
          line: String(stronger.line),
          scope: stronger.place.scope,
          known: 'yes',
        }),
      ]
    : [];
}

export const CLIENT_RULES: Rules<'timeout-unit' | 'name-invalid' | 'shadowed' | 'approval-pending' | 'switched-off'> = {
  'timeout-unit': defineRule({
    id: 'timeout-unit',
    level: 'risky',
    cause: 'config-timeout-unit',
    title: 'A time limit is written in the wrong unit',
    find: eachEntry(unit),
    says: ({ key = '', written = '', unit: is }, client) =>
      is === 'ms'
        ? `${client.name} reads "${key}" as milliseconds. ${written} ms is over before a server can answer.`
        : `${client.name} reads "${key}" as seconds. ${written} s is ${Math.round(Number(written) / 60)} minutes.`,
    fix: ({ meant = '', unit: is }) => `Write ${meant}, in ${is === 'ms' ? 'milliseconds' : 'seconds'}.`,
    refs: [CONFIG],
  }),

  'name-invalid': defineRule({
    id: 'name-invalid',
    level: 'risky',
    cause: 'config-shape-wrong',
    title: 'The client does not take such a name',
    find: eachEntry(name),
    says: ({ name: server = '', says = '' }, client) =>
      `"${server}" is no name for a server in ${client.name}. ${says}`,
    fix: ({ meant }) => (meant === undefined ? 'Give it another name.' : `Call it "${meant}".`),
    refs: [CONFIG],
  }),

  shadowed: defineRule({
    id: 'shadowed',
    level: 'info',
    cause: 'config-entry-shadowed',
    title: 'Another entry of the same name counts more',
    find: eachEntry(shadowed),
    says: ({ server = '', file = '', line = '', scope = '', known }, client) =>
      known === 'yes'
        ? `"${server}" also stands in ${file}, line ${line} (${scope}). ${client.name} uses that one, and nothing of this.`
        : `"${server}" also stands in ${file}, line ${line} (${scope}). Which of the two ${client.name} uses is not known.`,
    fix: ({ file = '', line = '' }) =>
      `Keep one of the two entries, or give them different names. The other one is in ${file}, line ${line}.`,
    refs: [CONFIG],
  }),

  'approval-pending': defineRule({
    id: 'approval-pending',
    level: 'info',
    cause: 'config-approval-pending',
    title: 'The client waits for your approval before it starts the server',
    find: (context) =>
      eachEntry((entry) => (context.approved(entry) === false ? [hitIn(entry, entry.nameRange, {})] : []))(context),
    says: ({ server = '' }, client) =>
      `"${server}" comes with the project, and you have not allowed ${client.name} to start it.`,
    fix: (_, client) => `Allow it in ${client.name}, which asks when it is opened in this folder.`,
    refs: [CONFIG],
  }),

  'switched-off': defineRule({
    id: 'switched-off',
    level: 'info',
    cause: 'config-switched-off',
    title: 'The entry is switched off',
    find: eachEntry((entry, { client }) => {
      const off = (client.entry.off ?? []).find(({ key, when }) => memberAt(entry.node, key)?.node.value === when);
      const member = off && memberAt(entry.node, off.key);
      // Whoever switched it off meant it: to switch it on again is no cure.
      return off && member ? [hitIn(entry, member.node.range, { key: off.key, value: String(off.when) })] : [];
    }),
    says: ({ server = '', key = '', value = '' }, client) =>
      `"${key}" is ${value}, so ${client.name} does not start "${server}".`,
    fix: ({ key = '', value }) => `Set "${key}" to ${value === 'true' ? 'false' : 'true'} to use it again.`,
    refs: [CONFIG],
  }),
};
