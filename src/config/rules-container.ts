/** Container engines: stdin open, no terminal, and the variables of the entry inside the container. */
import type { ContainerLine } from '../case/container-line.js';
import type { Hit, RuleContext, ServerEntry, TextEdit } from './config.js';
import { type Engine, engineOf } from './engine.js';
import {
  defineRule,
  eachEntry,
  hitIn,
  insertItem,
  placeOfArg,
  type Rules,
  removeKey,
  setValue,
  shown,
  together,
} from './rule.js';

const RUN = 'https://docs.docker.com/reference/cli/docker/container/run/';

/** What the line is called: "docker run". */
const nameOf = ({ engine, verb, compose }: ContainerLine): string =>
  `${engine}${compose && !engine.endsWith('-compose') ? ' compose' : ''} ${verb}`;

/** The words between the verb and the image. */
const optionsOf = (entry: ServerEntry, { verbIndex, subjectIndex }: Engine) =>
  verbIndex < 0 ? [] : entry.args.map((word, index) => ({ ...word, index })).slice(verbIndex + 1, subjectIndex);

/** Put words behind the verb. */
function behindVerb(entry: ServerEntry, { client, config }: RuleContext, engine: Engine, words: string[]): TextEdit[] {
  const at = engine.verbIndex < 0 ? undefined : placeOfArg(entry, client.entry, engine.verbIndex);
  if (!at) return [];
  return words.flatMap((word) => insertItem(config, at.list, at.index + 1, word));
}

/** Take letters out of a word of short switches, and the word itself when nothing is left. */
function without(entry: ServerEntry, { client, config }: RuleContext, index: number, letters: RegExp): TextEdit[] {
  const at = placeOfArg(entry, client.entry, index);
  const word = entry.args[index]?.value ?? '';
  if (!at) return [];
  const rest = /^-[A-Za-z]+$/.test(word) ? word.replace(letters, '') : '-';
  return rest === '-' ? removeKey(config, [...at.list, at.index]) : setValue(config, [...at.list, at.index], rest);
}

function detached(entry: ServerEntry, context: RuleContext): Hit[] {
  const engine = engineOf(entry);
  if (!engine?.detached) return [];
  const name = nameOf(engine);
  const options = optionsOf(entry, engine);
  const word = options.find(
    ({ value }) => /^--detach(?:=(?:true|1))?$/.test(value) || /^-[ditPqTD]*d[ditPqTD]*$/.test(value),
  );
  if (!word || engine.verb === 'up') {
    const range = entry.args[engine.verbIndex]?.range ?? entry.command?.range ?? entry.nameRange;
    return [hitIn(entry, range, { name, word: engine.verb === 'up' ? 'up' : '-d' })];
  }
  return [hitIn(entry, word.range, { name, word: word.value }, { edits: without(entry, context, word.index, /d/g) })];
}

function notInteractive(entry: ServerEntry, context: RuleContext): Hit[] {
  const engine = engineOf(entry);
  if (!engine || engine.interactive || engine.detached || engine.verb === 'up') return [];
  const name = nameOf(engine);
  const verb = entry.args[engine.verbIndex]?.range ?? entry.command?.range ?? entry.nameRange;
  const add = behindVerb(entry, context, engine, ['-i']);
  if (!engine.interactiveBehind)
    return [hitIn(entry, verb, { name, behind: '' }, { edits: engine.verb === 'start' ? [] : add })];
  const late = entry.args.findIndex(
    ({ value }, i) => i > engine.subjectIndex && /^(?:-(?:it?|ti)|--interactive|--stdin)$/.test(value),
  );
  const word = entry.args[late];
  const at = late < 0 ? undefined : placeOfArg(entry, context.client.entry, late);
  const edits = at ? together(add, removeKey(context.config, [...at.list, at.index])) : [];
  return [hitIn(entry, word?.range ?? verb, { name, behind: word?.value ?? '-i' }, { edits })];
}

function terminal(entry: ServerEntry, context: RuleContext): Hit[] {
  const engine = engineOf(entry);
  if (!engine?.tty) return [];
  const word = optionsOf(entry, engine).find(
    ({ value }) => /^--tty(?:=(?:true|1))?$/.test(value) || /^-[ditPqTD]*t[ditPqTD]*$/.test(value),
  );
  // These go on without a terminal, and say so.
  const goesOn = /^(?:kubectl|container|finch)/.test(engine.engine);
  const level = goesOn ? { level: 'risky' as const } : {};
  const facts = { name: nameOf(engine), word: word?.value ?? '-t' };
  if (!word) return [hitIn(entry, entry.args[engine.verbIndex]?.range ?? entry.nameRange, facts, level)];
  return [hitIn(entry, word.range, facts, { edits: without(entry, context, word.index, /t/g), ...level })];
}

/** Variables that the engine itself reads. */
const ENGINES_OWN =
  /^(?:DOCKER_\w+|BUILDKIT_\w+|COMPOSE_\w+|PODMAN_\w+|CONTAINER(?:S|D)?_\w+|NERDCTL_\w+|KUBECONFIG|KUBE_\w+|XDG_\w+|PATH|HOME|USER|USERPROFILE|APPDATA|LOCALAPPDATA|TEMP|TMP|SYSTEMROOT|COMSPEC|PROGRAMDATA|PROGRAMFILES|SSH_\w+|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy|MSYS\w*|LANG|LC_\w+)$/;

/** Names that the line hands on, and whether it hands on names that we cannot see. */
function handedOn(entry: ServerEntry, engine: Engine): { names: Set<string>; unseen: boolean } {
  const names = new Set<string>();
  let unseen = false;
  const options = optionsOf(entry, engine).map(({ value }) => value);
  for (const [i, word] of options.entries()) {
    if (/^--env-(?:file|host|merge)/.test(word)) unseen = true;
    const inline = /^(?:--env=|-[itP]*e)(?<pair>\w.*)$/s.exec(word)?.groups?.pair;
    const pair = inline ?? (/^(?:--env|-[itP]*e)$/.test(word) ? options[i + 1] : undefined);
    if (pair !== undefined) names.add(pair.split('=')[0] ?? '');
    // A pattern hands on a family: podman's -e NAME*.
    if (pair?.includes('*')) unseen = true;
  }
  return { names, unseen };
}

function notPassed(entry: ServerEntry, context: RuleContext): Hit[] {
  const engine = engineOf(entry);
  // Compose reads its file, which may name any of them.
  if (
    !engine ||
    engine.compose ||
    !/^(?:run|exec)$/.test(engine.verb) ||
    engine.engine === 'kubectl' ||
    engine.verbIndex < 0
  )
    return [];
  const { names, unseen } = handedOn(entry, engine);
  if (unseen) return [];
  const line = entry.args.map(({ value }) => value).join('\n');
  return entry.env
    .filter(({ name }) => !names.has(name) && !ENGINES_OWN.test(name) && /^\w+$/.test(name))
    .filter(({ name }) => !new RegExp(String.raw`\$\{?(?:env:)?${name}\b|%${name}%`).test(line))
    .map(({ name, nameRange }) =>
      hitIn(
        entry,
        nameRange,
        { name: shown(name), line: nameOf(engine) },
        { edits: behindVerb(entry, context, engine, ['-e', name]) },
      ),
    );
}

export const CONTAINER_RULES: Rules<
  'docker-detached' | 'docker-interactive-missing' | 'docker-tty' | 'docker-env-not-passed'
> = {
  'docker-detached': defineRule({
    id: 'docker-detached',
    level: 'broken',
    cause: 'container-stdin-detached',
    title: 'The container is started in the background',
    find: eachEntry(detached),
    says: ({ name = '', word = '' }, client) =>
      word === 'up'
        ? `${name} starts services and connects ${client.name} to none of them.`
        : `${name} with "${word}" puts the container in the background, so ${client.name} cannot write to its stdin.`,
    fix: ({ name = '', word = '' }) =>
      word === 'up'
        ? `Use "run", which connects stdin: ${name.replace(/ up$/, '')} run --rm -T <service>.`
        : `Take the "d" out of "${word}", so that the container stays connected.`,
    refs: [RUN],
  }),

  'docker-interactive-missing': defineRule({
    id: 'docker-interactive-missing',
    level: 'broken',
    cause: 'container-stdin-detached',
    title: 'The container gets no stdin, because -i is missing',
    find: eachEntry(notInteractive),
    says: ({ name = '', behind }, client) =>
      behind
        ? `"${behind}" stands behind the image, so the server in the container gets it, and ${name} leaves stdin closed.`
        : `${name} without -i leaves stdin closed, so no request of ${client.name} reaches the server.`,
    fix: ({ name = '', behind }) =>
      behind ? 'Put "-i" in front of the image.' : `Add "-i" right behind "${name.split(' ').at(-1)}".`,
    refs: [RUN],
  }),

  'docker-tty': defineRule({
    id: 'docker-tty',
    level: 'broken',
    cause: 'container-tty-allocated',
    title: 'The container is asked for a terminal, and there is none',
    find: eachEntry(terminal),
    says: ({ name = '', word = '' }, client) =>
      `${name} with "${word}" wants a terminal. ${client.name} has none to give; where the engine makes one up, it alters every message.`,
    fix: ({ word = '' }) => `Take the "t" out of "${word}".`,
    refs: [RUN],
  }),

  'docker-env-not-passed': defineRule({
    id: 'docker-env-not-passed',
    level: 'risky',
    cause: 'container-env-not-passed',
    title: 'A variable of the entry never reaches the container',
    find: eachEntry(notPassed),
    says: ({ name = '', line = '' }) =>
      `${name} is set for ${line} itself. Without "-e ${name}" the engine does not hand it on into the container.`,
    fix: ({ name = '' }) => `Add "-e", "${name}" in front of the image.`,
    refs: ['https://docs.docker.com/reference/cli/docker/container/run/#env'],
  }),
};
