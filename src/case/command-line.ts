/** The command line of curl, wget or httpie that stands above a transcript: what was asked for, and which secrets it holds. */
import { type Headers, isCredential, rpcOf, secretsOfRequest } from './exchange.js';

export interface Asked {
  url?: string;
  method?: string;
  rpc?: string;
  headers: Headers;
  /** Values that must not appear anywhere. */
  secrets: string[];
  /** Credentials are among what was sent. */
  credentials: boolean;
}

/** A prompt, and the program. */
const COMMAND =
  /^\s*(?:(?:[\w.-]{1,40}@[\w.-]{1,80}[^$#%\n]{0,120}|PS [^>\n]{0,120}|[A-Za-z]:\\[^>\n]{0,120}|\([\w.-]{1,30}\) ?)?[$#%>❯➜] ?)?(?:time |sudo )?(?<program>curl(?:\.exe)?|wget|https?|xh) (?=.)/;
const GOES_ON = /[\\^`]\s*$/;
const MAX_COMMAND = 16_000;
const MAX_COMMAND_LINES = 40;

/** The words of a command line, quotation marks taken off as a shell does. */
export function wordsOf(command: string): string[] {
  const words = command.slice(0, MAX_COMMAND).match(/(?:"(?:[^"\\]|\\.)*"|\$?'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|\$?'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replace(/\\(["\\$`])/g, '$1') : (single ?? escaped ?? ''),
    ),
  );
}

const VALUED =
  /^(?:-[oAebcmxwTFKEuUYyzrQPDCt]|--(?:output|user-agent|referer|cookie|cookie-jar|max-time|connect-timeout|proxy|write-out|upload-file|form|config|cert|key|cacert|capath|user|proxy-user|range|resolve|connect-to|retry|interface|retry-delay|unix-socket))$/;

/** Read a command line. */
export function readCommand(command: string): Asked {
  const words = wordsOf(command);
  const asked: Asked = { headers: {}, secrets: [], credentials: false };
  const curl = /curl/.test(words[0] ?? '');
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    const [option = '', inline] = /^(--[\w-]+)=(.*)$/s.exec(word)?.slice(1) ?? [word];
    const next = (): string => inline ?? words[++i] ?? '';
    const short = /^-(?<letter>[XHdu])(?<value>.+)$/s.exec(word)?.groups;
    const letter = short ? `-${short.letter}` : option;
    const value = (): string => short?.value ?? next();
    if (letter === '-X' || letter === '--request' || letter === '--method') asked.method = value().toUpperCase();
    else if (letter === '-H' || letter === '--header') {
      const [, name = '', text = ''] = /^([^:]{1,100}):\s*(.*)$/s.exec(value()) ?? [];
      if (name) asked.headers[name] = text;
    } else if (/^(?:-d|--data(?:-raw|-binary|-ascii|-urlencode)?|--json|--post-data|--body-data)$/.test(letter)) {
      const data = value();
      asked.method ??= 'POST';
      asked.rpc ??= rpcOf(data.replaceAll('\\"', '"'));
      const secret = [...data.matchAll(/"[\w-]*(?:token|secret|password|key)[\w-]*"\s*:\s*"(?<value>[^"]{4,2000})"/gi)];
      asked.secrets.push(...secret.map(({ groups }) => groups?.value ?? ''));
    } else if (letter === '-u' || letter === '--user') {
      const pair = value();
      asked.credentials = true;
      asked.secrets.push(pair, pair.slice(pair.indexOf(':') + 1));
    } else if (letter === '--oauth2-bearer') {
      asked.credentials = true;
      asked.secrets.push(next());
    } else if (letter === '-I' || letter === '--head') asked.method ??= 'HEAD';
    else if (VALUED.test(option)) next();
    else if (/^https?:\/\//i.test(word)) asked.url ??= word;
    else if (!curl && /^(?:GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH)$/.test(word)) asked.method = word;
    else if (curl && !word.startsWith('-') && /^[\w.-]+(?::\d+)?(?:\/|$)/.test(word) && /[.:]|localhost/.test(word))
      asked.url ??= `http://${word}`;
  }
  asked.secrets.push(...secretsOfRequest(asked.headers, asked.url));
  asked.credentials ||= Object.keys(asked.headers).some(isCredential);
  asked.secrets = asked.secrets.filter((secret) => secret.length >= 4);
  return asked;
}

/** The command that begins at a line, with the lines on which it goes on; undefined when none begins there. */
export function commandAt(lines: string[], from: number): { command: string; lines: number } | undefined {
  const first = COMMAND.exec(lines[from] ?? '');
  if (!first) return undefined;
  let count = 1;
  let command = (lines[from] ?? '').slice(first[0].length - (first.groups?.program?.length ?? 0) - 1);
  while (GOES_ON.test(command) && count < MAX_COMMAND_LINES && from + count < lines.length) {
    command = `${command.replace(GOES_ON, ' ')}${lines[from + count]}`;
    count++;
  }
  // Prose may begin with the name of the program.
  return /https?:\/\/|localhost|\d\.\d|\s-[A-Za-z]|\.\w{2,}/.test(command) ? { command, lines: count } : undefined;
}
