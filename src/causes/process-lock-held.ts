import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, lastRecovery, MILD, outdone, WORDS, words } from './words.js';

/** Databases and libraries of locks, in their own words: nothing but another process can be the reason. */
const EXACT = [
  /\bSQLITE_BUSY\b|\bdatabase (?:file |table )?is locked\b|\bCould not set lock on file\b|\bConflicting lock is held\b|already locked by another process|\b(?:is|be|been) already (?:accessed|opened|used) by another (?:instance|process|client)|\block (?:hold|held) by (?:current|another|the other|PID|process)|\bLEVEL_LOCKED\b/i,
  /\bLock(?:ObtainFailed|Acquisition|Busy|Failure|Held|Timeout)\w*(?:Exception|Error)?\b|\bStoreLockException\b|\bstore_lock\b|\bDatabase may be already in use\b|\bThe file is locked: |\bMVStoreException\b.{0,40}locked|Another instance of Derby may have|Database lock acquisition failure|\bELOCKED\b|Lock file is already being held|Cannot acquire directory lock|\bDatabase already open\b.{0,40}lock|file lock ['"`]?\S+['"`]? could not be acquired|\bAlreadyLocked\b|\bLockException\b/i,
  /profile appears to be in use by another|\bprofile is (?:already |still )?(?:in use|locked)\b|\bprofile lock\b|\bSingletonLock\b|\bProcessSingleton\b|[Bb]rowser is already (?:running|in use) for|user data dir(?:ectory)? is already in use|Opening in existing browser session/i,
  /Conflict\. The container name .{1,80} is already in use|the container name .{1,80} is already in use|make sure that only one bot instance|terminated by other getUpdates request|Another git process seems to be running/i,
];
/** A server that guards itself: a file with a process id, a lock file, a word on the other copy. */
const GUARD = [
  /\b(?:another|other|second|previous|existing|one)\b.{0,30}\b(?:instance|copy|process|session|server|daemon)\b.{0,40}\b(?:is |was |are |has )?(?:already |still |currently )?(?:running|active|using|holding (?:the |a |an |its )?(?:lock|database|file|port|mutex|profile)|holds (?:the |a |an |its )?(?:lock|database|file|port|mutex|profile)|owns|has (?:the |a |an )?(?:lock|database|exclusive)|started|locked|open)\b|\b(?:instance|server|daemon|process)\b.{0,60}\b(?:is )?already (?:running|started|active|up)\b(?!.{0,20}\bport\b)|\balready running\b.{0,40}\b(?:pid|process|instance|as)\b|\b(?:pid|process)(?: id)?:? ?\(?(?:\d+|<\w+>)\)?.{0,40}\b(?:is )?already (?:using|running|holding|has)\b|\bin use by (?:another|process|pid|other)\b/i,
  /\b(?:pid|lock)[ -]?file\b.{0,100}\b(?:exists?|held|locked|present|in use|is not stale|belongs to|owned by)\b|\b(?:found|existing|stale|active)\b.{0,20}\b(?:pid|lock)[ -]?file\b|\b(?:failed|unable|could not|couldn't|cannot|can't|could ?n[o']t) (?:to )?(?:acquire|obtain|get|take|grab|set|create|gain)\b.{0,40}\b(?:lock(?:file)?|mutex|flock|exclusive access)\b|\b(?:failed|unable|cannot|could not) (?:to )?lock\b.{0,60}\b(?:file|database|db|dir\w*|store|index)\b|\b(?:exclusive |write |file |database |db |directory |index |the )?lock (?:is |was )?(?:(?:already )?(?:held|taken|owned)|already acquired)\b|\b(?:is |already )locked by\b|\btimeout waiting (?:for|to)\b.{0,30}\block\b|\bsingle[- ]instance\b.{0,60}\b(?:lock|guard|running|refus\w+)/i,
  /\bflock\b.{0,60}\b(?:EAGAIN|EWOULDBLOCK|Resource temporarily unavailable|would block)|\bLOCK: (?:Resource temporarily unavailable|.{0,40}process)|\b(?:EAGAIN|EWOULDBLOCK)\b.{0,80}\block|\bBlockingIOError\b|\bWould ?Block\b.{0,40}lock|\bResource temporarily unavailable\b.{0,60}\b(?:lock|db|sock)/i,
  /\b(?:being used|in use) by another process\b|\bWinError (?:32|33)\b|os error (?:32|33)\)|\bEBUSY\b(?!.{0,80}(?:rename|unlink|rmdir|node_modules))|von einem anderen Prozess verwendet|utilis. par un autre processus|siendo utilizado por otro proceso|sendo usado por outro processo|utilizzato da un altro processo|занят другим процессом|(?:另一个|另一個|其他)(?:程序|进程|程式|處理程序)(?:正在使用|占用|锁定)|别的进程占用|別のプロセス(?:で|が)使用|다른 프로세스에서 사용|\b(?:kuzu|sqlite|duckdb|leveldb|rocksdb|ladybugdb|lancedb|chroma\w*|db|database|index|graph|store)\b.{0,12}\block(?:ed)?\b(?!file)|数据库(?:已|被)(?:锁定|占用)|已(?:经)?在运行|既に(?:実行中|起動)|läuft bereits|déjà en cours d.ex.cution|ya se est. ejecutando/i,
];
/** Package managers and builds lock their caches: another cause, or only a pause. */
const OTHERS =
  /_npx|_cacache|npm (?:ERR!|error|warn)|\b(?:package|poetry|uv|yarn|pnpm|bun|cargo|composer|Gemfile)[-.]lock\b|lockfile (?:is |v)|frozen[- ]lockfile|node_modules|site-packages|dpkg|\bapt\b|\bpip\b|waiting for (?:file )?lock on (?:package|build)|\buv\b.{0,40}\block\b|\baccount (?:is )?locked|EADDRINUSE|address already in use|\bport \d|\block ?screen|\bdeadlock\b|\bevent loop\b/i;
/** Waiting is not refusing. */
const WAITS =
  /\bwait(?:ing|s)? (?:for|a short time|until)\b|\bretry(?:ing)?\b|\bblocking waiting\b|\btaking over\b|\bremov(?:ing|ed)\b.{0,20}\bstale\b|\bstale\b.{0,40}\bremov(?:ing|ed)\b|\bdeleting it\b|\bcleaned up\b/i;
const ABOUT = /\block|\bbusy\b|already|another|EAGAIN|EWOULDBLOCK|in use|Errno (?:11|35)\b|database/i;

const FILE =
  /(?:file:?|lock(?:file)?:?|at|on|for|path:?|database:?|accessing|open(?:ing)?|dir(?:ectory)?:?|folder|storage) ['"`]?(?<path>(?:[A-Za-z]:[\\/]|~?[\\/])[^'"`:\s,)]{2,160})/i;
const NAMED_FILE = /\b(?<path>[\w-]{1,60}\.(?:db|sqlite3?|duckdb|lbug|kuzu|lock|pid|mv\.db))\b/i;
const PID = /\bpid[ :=]*\(?(?<pid>\d{1,7})\b|\bprocess(?: id)?:? (?<pid2>\d{2,7})\b/i;

export default defineCause({
  id: 'process-lock-held',
  title: 'Another copy of the server holds a lock that only one may have',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'database is locked', 'already running'],
  needs: [],
  uses: [...WORDS],
  explains: [
    'process-config-rejected',
    'process-backend-unreachable',
    'container-exited',
    'container-restarting',
    'deploy-crashed',
    'http-server-error',
    ...FAILED_START,
  ],

  match(given) {
    const all = words(given);
    const lines = all.filter(({ text }) => !OTHERS.test(text));
    const firm = lines.filter(({ text }) => !WAITS.test(text));
    const exact = find(firm, ...EXACT);
    const hit = exact ?? find(firm, ...GUARD) ?? find(lines, ...EXACT, ...GUARD);
    if (!hit) return null;
    const i = lines.indexOf(hit.line);
    const near = [hit.line, ...lines.slice(i + 1, i + 4), ...lines.slice(Math.max(0, i - 2), i)];
    const file = near.map((line) => find([line], FILE, NAMED_FILE)?.groups.path).find(Boolean);
    const pid = near.map((line) => find([line], PID)?.groups).find(Boolean);
    const died = given.process?.exit?.by === 'itself' && given.process.exit.code !== 0;
    const remark = outdone(all, hit.line, (text) => ABOUT.test(text));
    // The lock's own words may tell how to do without it. Said at every try up to the last, it is no mere remark.
    const again = lines.filter(({ text }) => EXACT.some((pattern) => pattern.test(text))).length > 1;
    const mild =
      !again && ((!exact && MILD.test(hit.line.text)) || /\bwarn/i.test(hit.line.text) || WAITS.test(hit.line.text));
    return {
      certainty:
        mild || (remark && !exact) || lastRecovery(all) > all.indexOf(hit.line)
          ? 'possible'
          : died && exact && !remark
            ? 'certain'
            : 'likely',
      cites: [hit.line.at],
      facts: {
        path: file ?? null,
        pid: pid?.pid ?? pid?.pid2 ?? null,
        container: /container name/i.test(hit.line.text),
        browser: /profile|Singleton|[Bb]rowser|user data dir/.test(hit.line.text),
        os: given.reported?.os ?? (/[A-Za-z]:\\|WinError/.test(hit.line.text) ? 'windows' : null),
        said: hit.line.text.trim().slice(0, 200),
      },
    };
  },
  say: ({ path, pid, container, browser, said }) =>
    container
      ? `A container with the name of the entry exists already, left by an earlier run or another client, so this one was not created: "${said}".`
      : `Another process${pid ? ` (PID ${pid})` : ''} holds the exclusive lock${path ? ` on ${path}` : browser ? ' on the browser profile' : ''}, most often a second copy of the same server that another client or window started, or that was left over: "${said}".`,
  fix: ({ path, pid, container, browser, os }) => {
    if (container)
      return [
        { say: 'Remove the old container (its name stands in the message):', run: 'docker rm -f <name>' },
        {
          say: 'Leave --name out of the entry and let the engine remove the container at its end, so that every client can have its own:',
          edit: { file: 'the client config', at: 'args', to: '"run", "-i", "--rm"' },
        },
      ];
    const windows = os === 'windows';
    const held = path ?? '<path of the file>';
    return [
      {
        say: 'See who holds it, and end that process if it is a leftover:',
        run: pid
          ? windows
            ? `tasklist /FI "PID eq ${pid}"`
            : `ps -fp ${pid}`
          : windows
            ? `powershell -Command "Get-CimInstance Win32_Process | Select-Object ProcessId,CommandLine | Format-List"`
            : browser
              ? "pgrep -afi 'chrom|user-data-dir'"
              : `lsof ${held}`,
      },
      {
        say: browser
          ? 'If both must run, give this copy a profile of its own (for Playwright and Chrome DevTools servers: --isolated, or another --user-data-dir):'
          : 'If both must run, give this copy a data folder of its own in its entry (the variable or option is in the README), or use the server over HTTP so that all clients share one process:',
        edit: browser
          ? { file: 'the client config', at: 'args', to: '"--isolated"' }
          : { file: 'the client config', at: 'env', to: '"env": { "<DATA FOLDER VARIABLE>": "<another folder>" }' },
      },
      { say: 'When no process holds it, the lock file is a leftover of a crash: delete it and start again.' },
    ];
  },
  why: 'Every client, window and session starts a stdio server of its own. An embedded database, a browser profile or a lock file allows one owner, so the second copy cannot start; and a copy that outlived its client keeps the lock for days.',
  refs: [
    'https://github.com/GlitterKill/sdl-mcp/issues/15',
    'https://www.sqlite.org/rescode.html#busy',
    'https://duckdb.org/docs/stable/connect/concurrency.html',
  ],
  examples: [
    {
      name: 'an embedded graph database',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Fatal error: graph initialization failed at ~/.notes/graph.db:\nIO exception: Could not set lock on file: ~/.notes/graph.db',
        exitCode: 1,
      },
    },
    {
      name: 'a guard with a process id',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Error: [database] Refusing startup because Notes PID 4711 is already using notes.db',
      },
    },
    {
      name: 'SQLite in Python',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Traceback (most recent call last):\n  File "server.py", line 9, in <module>\n    db.execute("BEGIN EXCLUSIVE")\nsqlite3.OperationalError: database is locked',
        exitCode: 1,
      },
    },
    {
      name: 'a browser profile',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Error: Browser is already in use for /home/me/.cache/ms-playwright/mcp-chrome, use --isolated to run multiple instances of the same browser',
        exitCode: 1,
      },
    },
    {
      name: 'RocksDB',
      finds: true,
      symptoms: {
        stderr: 'Error: IO error: While lock file: /data/notes/LOCK: Resource temporarily unavailable',
        exitCode: 1,
      },
    },
    {
      name: 'H2 in Java',
      finds: true,
      symptoms: {
        stderr:
          'org.h2.jdbc.JdbcSQLNonTransientConnectionException: Database may be already in use: "/srv/notes.mv.db". Possible solutions: close all other connection(s)',
        exitCode: 1,
      },
    },
    {
      name: 'Windows in German',
      finds: true,
      symptoms: {
        os: 'windows',
        transport: 'stdio',
        stderr:
          "PermissionError: [WinError 32] Der Prozess kann nicht auf die Datei zugreifen, da sie von einem anderen Prozess verwendet wird: 'C:\\\\notes\\\\notes.db'",
        exitCode: 1,
      },
    },
    {
      name: 'in the words of a client',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'Failed to start notes: another instance is already running (PID 4711)',
      },
    },
    {
      name: 'the name of a container',
      finds: true,
      symptoms: {
        entry: { command: 'docker', args: ['run', '-i', '--rm', '--name', 'notes', 'acme/notes'] },
        stderr:
          'docker: Error response from daemon: Conflict. The container name "/notes" is already in use by container "3f4e9c". You have to remove (or rename) that container to be able to reuse that name.',
        exitCode: 125,
      },
    },
    {
      name: 'a port is no lock',
      finds: false,
      symptoms: { stderr: 'Error: another process is already running on port 3000 (EADDRINUSE)', exitCode: 1 },
    },
    {
      name: 'a stale lock that was removed',
      finds: false,
      symptoms: { stderr: 'poetry.lock is not up to date with pyproject.toml', exitCode: 1 },
    },
    {
      name: 'the profile of a browser, in prose',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'The browser cannot start a new session because the profile is in use.',
      },
    },
  ],
});
