/**
 * What is known of an MCP client: where its configuration lies and what it reads there, how it starts a server, what it says in the
 * handshake, what it leaves out, where it logs, what it does wrong. Data only. `null` means: not confirmed by any source that was
 * read. Whoever uses a `null` says so, and never takes it for a "no".
 */

export type Os = 'linux' | 'macos' | 'windows';
export const EVERY_OS: readonly Os[] = ['linux', 'macos', 'windows'];

/** `json`: comments and trailing commas are faults. `jsonc`: they are not. */
export type ConfigFormat = 'json' | 'jsonc' | 'toml' | 'yaml';

/**
 * `user`: one for all folders. `project`: in the folder that is open. `local`: for one folder, kept in the user's file. `profile`: one
 * of several of a user. `managed`: laid down by an administrator. `agent`: belongs to one agent. `legacy`: read once, or no longer.
 */
export type Scope = 'user' | 'project' | 'local' | 'profile' | 'managed' | 'agent' | 'legacy';

/** A file, or a family of files, that the client reads. */
export interface ConfigPlace {
  /** Systems on which it lies there. */
  os: readonly Os[];
  scope: Scope;
  /**
   * Absolute, with `/` on every system. `~` is the home folder, `%APPDATA%` a variable of Windows, `<project>` the folder that is
   * open, `*` any characters of one name.
   */
  path: string;
  format: ConfigFormat;
  /** Of strict JSON: comments are taken out before it is read, a trailing comma is still a fault. */
  comments?: true;
  /** Keys from the top of the file to the servers; `*` is any one key (the folder of a project). */
  root: readonly string[];
  /** The servers are a list whose items have a `name`. */
  list?: true;
  /** The whole file is the servers, beside what `root` says: nothing else needs to stand in it. */
  wholeFile?: true;
  /**
   * Variables of the environment that put the file elsewhere, the strongest first; the first that is set counts. `replaces` is the
   * beginning of `path` in place of which the value stands: a folder, or the whole path.
   */
  movedBy?: readonly { variable: string; replaces: string }[];
  /** It lies on the Windows side of a machine on which we look from WSL: what stands in it runs on Windows. */
  windowsSide?: true;
  /** Of a place in `<project>`: the same file is read in the folders above as well, up to that of the repository or to the top. */
  above?: 'repository' | 'top';
  /** Read by this client only when something else is true, in words ("after approval", "in trusted folders"). */
  onlyIf?: string;
  /** `shared` files belong to another client as well, which is the one that writes them. */
  shared?: string;
  confidence?: 'medium' | 'low';
}

/** A file in which people put servers although the client reads none there. */
export interface NotRead {
  path: string;
  root: readonly string[];
  format: ConfigFormat;
  /** Why, and where they belong: a sentence. */
  instead: string;
}

/** Where a client keeps what its user said to servers that came with a project. */
export interface Approval {
  /** Places whose servers need a yes. */
  scopes: readonly Scope[];
  /** Files that hold the answers, all of them read. `root` leads to the object with the keys below; `<project>` in it is a folder. */
  answers: readonly { os: readonly Os[]; path: string; root: readonly string[]; movedBy?: ConfigPlace['movedBy'] }[];
  /** Key of the list of names that were allowed. */
  allowed: string;
  /** Key of the list of names that were refused, which counts more. */
  refused: string;
  /** Key of the switch that allows all of them. */
  all: string;
  /** Key of the list of names that are switched off, whatever file they stand in. */
  switchedOff?: string;
}

export interface TimeoutField {
  /** With dots for a way down (`timeout.startup`). */
  key: string;
  unit: 'ms' | 's';
  /** What it limits. */
  limits: 'start' | 'call' | 'both';
  defaultMs: number | null;
  /** Bounds in `unit`; what lies beyond is ignored, or brought back to the bound. */
  min?: number;
  max?: number;
}

/** How an entry is written. */
export interface EntryForm {
  /** Keys of a local server. `program`: `command` holds the program alone; `list`: program and arguments as one list. */
  command: { key: string; holds: 'program' | 'list' };
  /** Null when the arguments stand in the command. */
  args: string | null;
  env: string;
  /** What the value of a variable may be besides text (VS Code: numbers, and null to take a variable away). */
  envTakes?: readonly ('number' | 'boolean' | 'null')[];
  cwd: string | null;
  /** Names of variables that are handed on from the client's own environment (Codex: `env_vars`). */
  passes?: string;
  /** Keys of an address, the best one first; empty when the file takes commands only. */
  url: readonly string[];
  /** Key of the HTTP headers, with dots for a way down (`requestOptions.headers`); null when not known, absent when there are none. */
  headers?: string | null;
  /** Key that names the variable with the token for an address (Codex: `bearer_token_env_var`). */
  tokenVariable?: string;
  /** The words for `type`. `needed`: without it an address is not understood. */
  type: {
    key: string;
    needed: 'always' | 'for-url' | 'no';
    stdio: string | null;
    http: string | null;
    sse: string | null;
    /** All that it accepts; null when it looks at the word not at all, or nobody knows. */
    words: readonly string[] | null;
  };
  /** What an address without `type` is taken for. */
  urlWithoutType: 'http' | 'sse' | 'http-then-sse' | 'stdio' | 'error' | null;
  /** Which one is used where a command and an address stand side by side. */
  both: 'error' | 'command' | 'url' | null;
  timeouts: readonly TimeoutField[];
  /** How an entry is switched off: any one of these; null when that is not done in the entry, or nobody knows. */
  off: readonly { key: string; when: boolean }[] | null;
  /** Older versions write `command` as an object with `path`, `args` and `env` (Zed). */
  commandObject?: true;
  /** Every key it knows; null when the list is not published. Keys above need not be repeated. */
  others: readonly string[] | null;
  /** Keys without which an entry is not read, beside the command or the address itself. */
  required?: { command: readonly string[]; url: readonly string[] };
  /** Keys that it refuses beside a command, or beside an address. */
  refuses?: { command: readonly string[]; url: readonly string[] };
  /** It refuses an entry that holds neither a command nor an address, unless one of the same name in another file completes it. */
  needsOne?: true;
  /** What a key that it does not know does; null when nobody knows. */
  unknownKey: 'error' | 'warning' | 'ignored' | null;
  /** The name of a server, as a regular expression; null when no rule is known. */
  name: { pattern: string; says: string } | null;
}

/** How values are filled in. */
export interface Variables {
  /**
   * Forms that are expanded, with NAME where the name stands: `${env:NAME}`, `$NAME`, `${workspaceFolder}`; `~` is the home folder at
   * the beginning of a value. Empty: none is.
   */
  forms: readonly string[];
  /** Keys in which that is done; null when it is all of them, or nobody knows. */
  fields: readonly string[] | null;
  /** Forms that are expanded in these keys alone, whatever `fields` says (Amazon Q: `~` in `command`). */
  only?: Readonly<Record<string, readonly string[]>>;
  /** Key at the top of the file of a list whose items, by `id`, are what `${input:NAME}` can name. */
  inputs?: string;
  /** What becomes of one that is not set. */
  unset: 'fails' | 'empty' | 'left' | null;
}

export interface Launch {
  /** Where the client itself comes from: `gui` apps get the environment of the desktop, `terminal` ones that of a shell. */
  kind: 'gui' | 'terminal';
  /**
   * What of its own environment a server gets, before the entry's variables. `sdk`: the list of the SDK. `list`: a list of its own.
   * `all-but`: everything but names that match.
   */
  environment:
    | { policy: 'sdk' }
    | { policy: 'list'; posix: readonly string[]; windows: readonly string[] }
    | { policy: 'all' }
    /** `names`: a regular expression, whatever the case; names that the entry sets are kept. */
    | { policy: 'all-but'; names: string }
    | null;
  /** The PATH is read from a login shell, whatever the client was started from (not on Windows). */
  loginPath?: true;
  /** Folders the client puts behind its own PATH. */
  extraPath?: Readonly<Partial<Record<Os, readonly string[]>>>;
  /** Variables the client adds of itself; `<project>` stands for the folder that is open, `<session>` for an id of the session. */
  adds?: Readonly<Record<string, string>>;
  /** The client's own environment wins over the entry's (Amazon Q). */
  ownWins?: true;
  shell: boolean | null;
  /** How `.cmd` files are started on Windows. `finds`: as the SDK does, by cross-spawn. `wraps`: cmd.exe /c before these, `*` for all. */
  windows: { how: 'finds' } | { how: 'wraps'; programs: readonly string[] } | { how: 'none' } | null;
  /** The working directory where the entry gives none. */
  cwd: 'root' | 'home' | 'project' | 'own' | null;
  /** How long a server may take to answer initialize, milliseconds; `none`: it waits for ever. */
  startMs: number | 'none' | null;
  /** How long a call may take. */
  callMs: number | 'none' | null;
  /** Variables of the client's own environment, or settings of its own, that change these limits; milliseconds. */
  limitsBy?: { start?: string; call?: string };
}

export interface ClientHandshake {
  name: string | null;
  version?: string;
  protocolVersion: string | null;
  capabilities: Readonly<Record<string, unknown>> | null;
  /** Methods that it calls although the server did not declare them. */
  probes: readonly string[];
  /** It opens with `server/discover`: to addresses only, or always. */
  discovers?: 'http' | 'always';
  /** It drops a server that answers with another revision than it asked for; null when nobody knows. */
  exactRevision: boolean | null;
}

export interface ClientHttp {
  /** Transports in the order in which they are tried, or all that `type` can choose from; empty: none. Null: nobody knows. */
  order: readonly ('streamable-http' | 'sse')[] | null;
  /** A failed first POST leads to the next transport; the statuses for which it does not. Null: nobody knows. */
  fallsBack: boolean | null;
  notOn?: readonly number[];
  /** Where the request begins: an address that only this machine reaches is out of reach for a vendor's cloud. */
  origin: 'local' | 'vendor-cloud' | null;
  /** A 404 to the GET of the event stream is an error for it, where the specification wants 405. */
  getMustBe405: boolean | null;
  oauth: boolean | null;
  redirectUri?: string;
}

export interface ToolLimits {
  /** How many tools of all servers together it hands to the model. */
  tools: { max: number; beyond: 'left-out' | 'error' | 'unknown'; confidence?: 'medium' | 'low' } | null;
  /**
   * The name that the model sees: `<server>` and `<tool>` are filled in. `pattern` and `max` hold for the whole, `own` is a pattern for
   * the tool's own name. `beyond`: what becomes of a name that does not fit.
   */
  toolName: {
    form: string;
    pattern?: string;
    own?: string;
    max?: number;
    beyond: 'left-out' | 'cut' | 'hashed' | 'replaced' | 'error' | 'unknown';
    confidence?: 'medium' | 'low';
  } | null;
  description: { maxBytes?: number; needed?: true; beyond: 'cut' | 'left-out' | 'unknown' } | null;
  /** JSON Schema keywords it drops from, or cannot take in, an input schema. */
  schema: { drops?: readonly string[]; refuses?: readonly string[] } | null;
}

export interface ClientLog {
  os: readonly Os[];
  /** As `ConfigPlace.path`; `<name>` is the server's name, `*` any characters of one name, `$TMPDIR` a variable. The newest of several counts. */
  path: string;
  /** It holds one server, or all of them. */
  of: 'one-server' | 'all-servers';
  /** Written only when something else is true, in words ("it was started with --debug"). */
  onlyIf?: string;
  confidence?: 'medium' | 'low';
}

/** A known defect, by versions. */
export interface Defect {
  /** Versions that have it; bounds are included. Both absent: reported, without a range. */
  from?: string;
  to?: string;
  os?: readonly Os[];
  /** What it does to a sound server: a sentence without a full stop. */
  effect: string;
  /** The transport in which it shows; absent: either, or not told. */
  when?: 'stdio' | 'http';
  /** When it shows: as the server starts, during a call, later of itself, or in what the configuration is worth. */
  phase: 'start' | 'call' | 'later' | 'configuration';
  fixedIn?: string;
  url: string;
}

export interface Client {
  /** Permanent. */
  id: string;
  name: string;
  /** The program that is typed in a terminal to start it, where there is one. */
  cli?: string;
  /** Names that people and reports give it. */
  is: RegExp;
  /** Words in a report that only this client's files and messages have. */
  marks?: RegExp;
  /** Paths of its own program, as stack traces show them. */
  program?: RegExp;
  /** The file of the servers, as people call it. */
  file: string;
  places: readonly ConfigPlace[];
  notRead: readonly NotRead[];
  /** Which scope wins where a name stands in several, the strongest first; null when nobody knows. */
  precedence: readonly Scope[] | null;
  /** Absent: it asks for none, or nobody knows where it keeps the answer. */
  approval?: Approval;
  entry: EntryForm;
  variables: Variables | null;
  launch: Launch;
  handshake: ClientHandshake;
  http: ClientHttp;
  limits: ToolLimits;
  logs: readonly ClientLog[];
  /** Where its log shows when there is no file, and how to make it say more. */
  logPanel?: string;
  debug?: string;
  /** Verbatim words with what they mean. */
  errors: readonly { text: string; means: string }[];
  defects: readonly Defect[];
  /** What else a reader needs to know: sentences. */
  notes?: readonly string[];
  /** How its configuration is read again after a change: a sentence. */
  reload: string;
  /** Pages that the facts come from. */
  sources: readonly string[];
  /** What is not known, or known with little confidence, by the part it belongs to: sentences. */
  doubts: Readonly<Record<string, string>>;
}

/** Declare a client. */
export const defineClient = (client: Client): Client => client;
