/** The command line of a container engine: what it starts, and whether a client can talk to it. */
import type { Evidence } from './evidence.js';

export interface ContainerLine {
  /** docker, podman, nerdctl ... */
  engine: string;
  verb: 'run' | 'exec' | 'start' | 'up';
  compose: boolean;
  /** Option that keeps stdin open. */
  interactive: boolean;
  tty: boolean;
  detached: boolean;
  /** `-i` stands behind the image: the server got it, not the engine. */
  interactiveBehind: boolean;
  /** The image, or the container for exec and start. */
  subject: string | null;
  /** Index of the verb in the arguments, when the command is the engine itself and not a shell around it. */
  verbAt: number | null;
}

const ENGINE =
  /^(?:.*[\\/])?(?<name>docker(?:-compose)?|podman(?:-compose)?|podman-remote|nerdctl|finch|kubectl|container)(?:\.exe)?$/i;
/** Options without a value; every other one takes the next word. */
const SWITCH =
  /^--(?:detach|interactive|tty|rm|init|privileged|publish-all|read-only|no-healthcheck|oom-kill-disable|sig-proxy|disable-content-trust|quiet|replace|rmi|tls-verify|no-hosts|http-proxy|env-host|rootfs|attach-stdin|stdin|build|force-recreate|remove-orphans|no-deps|service-ports|no-TTY|wait|abort-on-container-exit|quiet-pull|use-aliases|debug|tls|tlsverify|passwd|expose-all|attach)$/;
const SHORT_SWITCH = 'ditPqTD';
/** Of the engine itself, in front of its verb. */
const GLOBAL_VALUE =
  /^(?:-H|--host|-c|--context|--config|-l|--log-level|-f|--file|-p|--project-name|--project-directory|--env-file|--profile|-n|--namespace|--connection|--url|--root|--runroot|--kubeconfig|--address|--ansi|--tlscacert|--tlscert|--tlskey)$/;

type Words = Pick<Evidence['launch'], 'command' | 'args'>;

/** The words of the line. A shell's `-c "docker run ..."`, `cmd /c docker ...` and `wsl docker ...` hold the engine inside. */
const wordsOf = ({ command, args }: Words): string[] =>
  [command, ...args].flatMap((word, i) =>
    /(?:^|\s)(?:docker|podman|nerdctl|kubectl)(?:-compose)?(?:\.exe)?\s+\w/.test(word) &&
    (i > 0 || args.length === 0 || /\s/.test(word))
      ? word.trim().split(/\s+/)
      : [word],
  );

/** What the entry asks a container engine to do, or null when it starts none. */
export function containerLine(launch: Words | undefined): ContainerLine | null {
  if (!launch) return null;
  const words = wordsOf(launch);
  const first = words.findIndex((word) => ENGINE.test(word));
  // Behind anything but a shell or a wrapper, the word is an argument of a server.
  const wrapper = /(?:^|[\\/])(?:cmd|wsl|sudo|env|bash|sh|zsh|powershell|pwsh|winpty|nice)(?:\.exe)?$/i;
  if (first < 0 || (first > 0 && !wrapper.test(words[0] ?? ''))) return null;
  const engine = (ENGINE.exec(words[first] ?? '')?.groups?.name ?? '').toLowerCase();
  let i = first + 1;
  let compose = engine.endsWith('-compose');
  let verb = '';
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    if (GLOBAL_VALUE.test(word)) i++;
    else if (word === 'compose') compose = true;
    else if (word === 'container') continue;
    else if (!word.startsWith('-')) {
      verb = word;
      break;
    }
  }
  if (!/^(?:run|exec|start|up)$/.test(verb) || (engine === 'kubectl' && !/^(?:run|exec)$/.test(verb))) return null;
  const line: ContainerLine = {
    engine,
    verb: verb as ContainerLine['verb'],
    compose,
    // `compose run` and `compose exec` are interactive unless told otherwise.
    interactive: compose && verb !== 'up' && verb !== 'start',
    tty: false,
    detached: compose && verb === 'up',
    interactiveBehind: false,
    subject: null,
    verbAt: first === 0 && words.length === launch.args.length + 1 ? i - 1 : null,
  };
  for (i++; i < words.length; i++) {
    const word = words[i] ?? '';
    const [name = '', value] = word.split(/=(.*)/s);
    const on = value === undefined || /^(?:true|1)$/i.test(value);
    if (!word.startsWith('-') || word === '-') break;
    if (word.startsWith('--')) {
      if (/^--(?:interactive|stdin)$/.test(name)) line.interactive = on;
      else if (name === '--tty') line.tty = on;
      else if (name === '--detach') line.detached = on;
      else if (name === '--attach' && /stdin/i.test(value ?? words[i + 1] ?? '')) line.interactive = true;
      if (
        value === undefined &&
        (verb === 'start' ? name === '--detach-keys' : !SWITCH.test(name) || name === '--attach')
      )
        i++;
      continue;
    }
    for (const [k, letter] of [...word.slice(1)].entries()) {
      if (letter === 'i') line.interactive = on;
      else if (letter === 't') line.tty = on;
      else if (letter === 'd') line.detached = on;
      else if (letter === 'a' && verb === 'start') continue;
      else if (!SHORT_SWITCH.includes(letter)) {
        const held = k < word.length - 2;
        if (letter === 'a' && /stdin/i.test(held ? word : (words[i + 1] ?? ''))) line.interactive = true;
        // `-e NAME` takes the next word, `-eNAME` holds its value.
        if (!held) i++;
        break;
      }
    }
  }
  line.subject = words[i] ?? null;
  const rest = words.slice(i + 1);
  const behind = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
  const late = !line.interactive && behind.some((word) => /^(?:-(?:it?|ti)|--interactive|--stdin)$/.test(word));
  // kubectl takes its options in any place, the others only in front of the image.
  if (engine === 'kubectl') line.interactive ||= late;
  else line.interactiveBehind = late;
  return line;
}

/** Why no request of a client can reach what this line starts, in words of the command line, or null. */
export function detachedBy(line: ContainerLine | null): string | null {
  if (!line) return null;
  const { engine, verb, compose, interactive, detached, interactiveBehind } = line;
  const name = `${engine}${compose && !engine.endsWith('-compose') ? ' compose' : ''} ${verb}`;
  if (verb === 'up') return name;
  if (detached) return `${name} -d`;
  if (interactive) return null;
  return interactiveBehind ? `${name} with -i behind the image` : `${name} without -i`;
}

/** The server says that it is up, and why it may end: nothing else was said. */
export const REASON =
  /\b(?:error|exception|fatal|fail(?:ed|ure)?|traceback|panic|missing|required|invalid|denied|refused|cannot|could not|unable|not found|no such|unknown|usage|killed)\b/i;

/**
 * The arguments as a client needs them: `-i` right behind the verb, and neither `-t` nor `-d`. Null where a shell stands around the
 * engine, or compose: there the cure is another one.
 */
export function attachedArgs(launch: Words | undefined): string[] | null {
  const line = containerLine(launch);
  if (!launch || !line || line.verbAt === null || line.compose || !/^(?:run|exec)$/.test(line.verb)) return null;
  const { verbAt } = line;
  const image = launch.args.indexOf(line.subject ?? '', verbAt + 1);
  const end = line.subject !== null && image > verbAt ? image : launch.args.length;
  const options = launch.args.slice(verbAt + 1, end).flatMap((word) => {
    if (/^--(?:interactive|tty|detach)(?:=.*)?$/.test(word)) return [];
    // Several short switches in one word: -dit.
    if (/^-[ditPqTD]+$/.test(word)) {
      const rest = word.replace(/[dit]/g, '');
      return rest === '-' ? [] : [rest];
    }
    return [word];
  });
  return [...launch.args.slice(0, verbAt + 1), '-i', ...options, ...launch.args.slice(end)];
}
