/** What stands in the values: variables in the wrong form, variables that are not set, placeholders, secrets. */
import { isSecretName, secretArgs, secretUrl } from '../case/redact.js';
import type { Client } from '../clients/client.js';
import type { Hit, Level, RuleContext, ServerEntry, TextEdit } from './config.js';
import { isWindowsPath } from './paths.js';
import { isExamplePath, isFiller, isLeft, isSecret } from './placeholders.js';
import {
  envForm,
  type Field,
  fillsIn,
  fillsInItself,
  type Reference,
  referencesIn,
  type Value,
  valuesOf,
} from './references.js';
import { memberAt, memberOf, type Path } from './roots.js';
import { defineRule, eachEntry, hitIn, pathOf, placeOfArg, type Rules, setValue, shown } from './rule.js';
import { nodeAt } from './tree.js';

const VARIABLES = 'https://code.claude.com/docs/en/mcp';

/** Keys from the top of the file to a value. */
export function pathTo(entry: ServerEntry, { entry: form }: Client, value: Value): Path | undefined {
  const { field, name, index = -1 } = value;
  if (field === 'args') {
    const at = placeOfArg(entry, form, index);
    return at && [...at.list, at.index];
  }
  if (field === 'env' || field === 'headers') {
    const key = field === 'env' ? form.env : form.headers;
    return key && name !== undefined && memberAt(entry.node, key) ? [...pathOf(entry, key), name] : undefined;
  }
  const keys = field === 'command' ? [form.command.key] : field === 'cwd' ? [form.cwd] : [...form.url];
  const key = keys.find((one) => one && memberAt(entry.node, one)?.node.range.start === value.range.start);
  return key ? [...entry.path, key] : undefined;
}

/** The place of a value in words. */
const placeOf = ({ field, name }: Value): string =>
  field === 'env'
    ? `the variable ${shown(name ?? '')}`
    : field === 'headers'
      ? `the header ${shown(name ?? '')}`
      : { command: 'the command', args: 'an argument', cwd: 'the working folder', url: 'the address' }[field];

/** A name in small letters inside a longer text may be anything. */
const isMeant = ({ name, text, form }: Reference, value: string): boolean =>
  name === null ||
  form !== '${NAME}' ||
  /^[A-Z_][A-Z0-9_]+$/.test(name) ||
  value.replace(/^(?:Bearer|Basic|Token) /i, '') === text;

/** A program may know what to do with it by itself. */
const levelOf = (field: Field): { level?: Level } => (field === 'args' ? { level: 'risky' } : {});

/** References that the client leaves as they are. */
const unfilled = (entry: ServerEntry, { client }: RuleContext): { value: Value; reference: Reference }[] =>
  valuesOf(entry).flatMap((value) =>
    fillsInItself(entry, value)
      ? []
      : referencesIn(value.text)
          .filter((reference) => isMeant(reference, value.text) && fillsIn(client, reference, value.field) === false)
          .slice(0, 1)
          .map((reference) => ({ value, reference })),
  );

/** The same variable in the form of the client; null when it has none there. */
const rewritten = (client: Client, { name }: Reference, field: Field): string | null => {
  const form = envForm(client, field, client);
  return form === null || name === null ? null : form.replace('NAME', () => name);
};

function wrongForm(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, config } = context;
  return unfilled(entry, context).flatMap(({ value, reference }): Hit[] => {
    const meant = rewritten(client, reference, value.field);
    if (meant === null) return [];
    const path = pathTo(entry, client, value);
    const edits = path
      ? setValue(
          config,
          path,
          value.text.replace(reference.text, () => meant),
        )
      : [];
    const facts = { found: shown(reference.text), meant, at: placeOf(value) };
    return [hitIn(entry, value.range, facts, { edits, ...levelOf(value.field) })];
  });
}

function notExpanded(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, config, machine, place } = context;
  return unfilled(entry, context).flatMap(({ value, reference }): Hit[] => {
    if (rewritten(client, reference, value.field) !== null) return [];
    const home = reference.name === 'HOME' || reference.form === '${userHome}' || reference.name === 'USERPROFILE';
    const path = pathTo(entry, client, value);
    let edits: TextEdit[] = [];
    // The home folder is the same for everybody who reads this file, unless it is handed around with a project.
    if (home && path && place.scope !== 'project')
      edits = setValue(
        config,
        path,
        value.text.replace(reference.text, () => machine.home),
      );
    const elsewhere = fillsIn(client, reference, 'env') || fillsIn(client, reference, 'headers');
    return [
      hitIn(
        entry,
        value.range,
        {
          found: shown(reference.text),
          at: placeOf(value),
          elsewhere: elsewhere ? 'yes' : 'no',
          ...(reference.name !== null && { name: reference.name }),
        },
        { edits, ...levelOf(value.field) },
      ),
    ];
  });
}

function unset(entry: ServerEntry, { client, machine }: RuleContext): Hit[] {
  const loose = client.variables?.forms.includes('$NAME') ?? false;
  const added = client.launch.adds ?? {};
  const seen = new Set<string>();
  const hits = valuesOf(entry).flatMap((value) =>
    fillsInItself(entry, value)
      ? []
      : referencesIn(value.text, loose && fillsIn(client, { form: '$NAME' }, value.field) === true).flatMap(
          (reference): Hit[] => {
            const { name, fallback } = reference;
            if (name === null || fallback || fillsIn(client, reference, value.field) !== true) return [];
            if (
              machine.isSet(name) ||
              name in added ||
              entry.env.some((own) => own.name === name && own.range !== value.range) ||
              seen.has(name)
            )
              return [];
            seen.add(name);
            const becomes = client.variables?.unset ?? 'unknown';
            const level = becomes === 'fails' ? ('broken' as const) : ('risky' as const);
            return [hitIn(entry, value.range, { name: shown(name), at: placeOf(value), becomes }, { level })];
          },
        ),
  );
  const passes = client.entry.passes ? (memberAt(entry.node, client.entry.passes)?.node.items ?? []) : [];
  const handed = passes.flatMap(({ kind, value, range }): Hit[] =>
    kind === 'text' && !machine.isSet(value as string)
      ? [
          hitIn(
            entry,
            range,
            { name: shown(value as string), at: `"${client.entry.passes}"`, becomes: 'nothing' },
            { level: 'risky' },
          ),
        ]
      : [],
  );
  return [...hits, ...handed];
}

/** Inputs that a value asks for and the file does not declare. */
function undeclared(entry: ServerEntry, { client, config, place }: RuleContext): Hit[] {
  const key = client.variables?.inputs;
  // Where the servers lie deeper in a file of settings, the inputs lie beside them.
  const beside = key === undefined ? undefined : nodeAt(config.root, place.root.slice(0, -1));
  if (key === undefined || !beside) return [];
  const ids = (memberOf(beside, key)?.node.items ?? []).map((item) => memberOf(item, 'id')?.node.value);
  return valuesOf(entry).flatMap((value) => {
    const name = /\$\{input:(?<name>[^}\n]{1,100})\}/.exec(value.text)?.groups?.name;
    if (name === undefined || ids.includes(name)) return [];
    const facts = { name: shown(name), at: placeOf(value), becomes: 'input', key };
    return [hitIn(entry, value.range, facts, { level: 'broken' })];
  });
}

function placeholders(entry: ServerEntry, { machine }: RuleContext): Hit[] {
  return valuesOf(entry).flatMap((value): Hit[] => {
    const { text, field, range } = value;
    const path = field !== 'url' && field !== 'headers' && isExamplePath(text);
    // Whoever has such a folder means it.
    const there = path && (isWindowsPath(text) || text.startsWith('/')) && machine.look(text.replaceAll('\\', '/'));
    if (there) return [];
    if (!path && !isLeft(text)) return [];
    if (field === 'args' && isFiller(text) && !isSecretName(entry.args[(value.index ?? 0) - 1]?.value ?? '')) return [];
    const broken = path && field !== 'env';
    return [
      hitIn(entry, range, { at: placeOf(value), kind: path ? 'path' : 'value' }, broken ? { level: 'broken' } : {}),
    ];
  });
}

/** Secrets of an entry, with what each is given to. */
function secrets(entry: ServerEntry): { value: Value; name: string }[] {
  const args = new Set(secretArgs(entry.args.map(({ value }) => value)));
  return valuesOf(entry).flatMap((value) => {
    const { field, text, name = '', index = 0 } = value;
    if (field === 'env' || field === 'headers') return isSecret(name, text) ? [{ value, name }] : [];
    if (field === 'url')
      return secretUrl(text).some((part) => isSecret('token', part)) ? [{ value, name: 'the address' }] : [];
    if (field !== 'args') return [];
    const option = entry.args[index - 1]?.value ?? '';
    if (args.has(text)) return isSecret('token', text) ? [{ value, name: shown(option) }] : [];
    const own = /^(?<name>--?[\w-]+|[A-Z]\w*)=/.exec(text)?.groups?.name;
    return isSecret('', text) ? [{ value, name: own ?? 'an argument' }] : [];
  });
}

/** Where else the client can take a secret from, as a sentence. */
function otherWay({ name, variables, entry, file }: Client): string {
  const forms = variables?.forms ?? [];
  const input = forms.find((form) => form.startsWith('${input:'));
  if (input)
    return `Write ${input.replace('NAME', 'id')} with an entry of that id under "inputs": ${name} asks for the value and keeps it safe.`;
  const env = forms.find((form) => /^(?:\$\{env:NAME\}|\$\{NAME\}|\{env:NAME\}|\$NAME)$/.test(form));
  if (env) return `Set it in your environment and write ${env} in its place, which ${name} fills in.`;
  const secret = forms.find((form) => form.includes('secrets'));
  if (secret) return `Keep it among the secrets of ${name} and write ${secret} in its place.`;
  if (entry.passes)
    return `Set it in your environment and put its name into "${entry.passes}", so that ${name} hands it on.`;
  return `Whether ${name} can take it from elsewhere is not known. See that nobody but you can read ${file}, and that it is in no repository.`;
}

export const VALUE_RULES: Rules<
  'variable-form-wrong' | 'variable-not-expanded' | 'variable-unset' | 'placeholder-left' | 'secret-in-plain-text'
> = {
  'variable-form-wrong': defineRule({
    id: 'variable-form-wrong',
    level: 'broken',
    cause: 'auth-placeholder-unexpanded',
    title: 'A variable is written in a form that another client fills in, not this one',
    find: eachEntry(wrongForm),
    says: ({ found = '', meant = '', at = '' }, client) =>
      `${client.name} fills in ${meant}, not ${found}. In ${at} it stays as it is written.`,
    fix: ({ found = '', meant = '' }) => `Write ${meant} in place of ${found}.`,
    refs: [VARIABLES],
  }),

  'variable-not-expanded': defineRule({
    id: 'variable-not-expanded',
    level: 'broken',
    cause: 'auth-placeholder-unexpanded',
    title: 'The client fills in no variable there, so its name is used as the value',
    find: eachEntry(notExpanded),
    says: ({ found = '', at = '', elsewhere }, client) =>
      elsewhere === 'yes'
        ? `${client.name} fills in ${found} in other places, not in ${at}, where it stays as it is written.`
        : `${client.name} does not fill in ${found}. In ${at} it stays as it is written.`,
    fix: ({ found = '', name }, client) =>
      name !== undefined && client.entry.passes
        ? `Put "${name}" into "${client.entry.passes}", which hands the variable on, and take ${found} out.`
        : `Write the value itself in place of ${found}.`,
    refs: [VARIABLES],
  }),

  'variable-unset': defineRule({
    id: 'variable-unset',
    level: 'risky',
    cause: 'process-env-missing',
    title: 'A variable that the entry uses is not set',
    find: eachEntry((entry, context) => [...unset(entry, context), ...undeclared(entry, context)]),
    says({ name = '', at = '', becomes, key = '' }, client) {
      if (becomes === 'input')
        return `${at.charAt(0).toUpperCase()}${at.slice(1)} asks for the input "${name}", and no item of "${key}" has that id.`;
      const what: Record<string, string> = {
        fails: `${client.name} then refuses the entry`,
        empty: 'An empty text takes its place',
        left: 'It stays as it is written',
        nothing: 'The server does not get it',
      };
      return `${name}, which ${at} uses, is not set in this environment. ${what[becomes ?? ''] ?? `What ${client.name} makes of that is not known`}.`;
    },
    fix: ({ name = '', becomes, key = '' }, client) =>
      becomes === 'input'
        ? `Add an item with "id": "${name}" to "${key}", or write the id of the item that is meant.`
        : client.launch.kind === 'gui'
          ? `Set ${name} where ${client.name} gets its environment from, which is the desktop and not a shell, and start it again.`
          : `Set ${name} in the shell from which ${client.name} is started.`,
    refs: [VARIABLES],
  }),

  'placeholder-left': defineRule({
    id: 'placeholder-left',
    level: 'risky',
    cause: 'process-env-missing',
    title: 'A placeholder of an example was left in the entry',
    find: eachEntry(placeholders),
    says: ({ at = '', kind }) =>
      kind === 'path'
        ? `The path in ${at} is that of an example.`
        : `The value in ${at} is a placeholder that nobody filled in.`,
    fix: ({ kind }) => (kind === 'path' ? 'Write the path on this machine.' : 'Write your own value in its place.'),
    refs: ['https://modelcontextprotocol.io/docs/develop/connect-local-servers'],
  }),

  'secret-in-plain-text': defineRule({
    id: 'secret-in-plain-text',
    level: 'advice',
    cause: 'config-secret-exposed',
    title: 'A secret stands in the file in plain text',
    find: (context) =>
      eachEntry((entry) =>
        secrets(entry).map(({ value, name }) =>
          hitIn(entry, value.range, { name: shown(name), scope: context.place.scope }),
        ),
      )(context),
    says: ({ name = '', scope }) =>
      scope === 'project'
        ? `The value of ${name} is a secret, and this file is one of the project, which others get.`
        : `The value of ${name} is a secret, and everybody who gets this file can read it.`,
    fix: (_, client) => otherWay(client),
    refs: ['https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices'],
  }),
};
