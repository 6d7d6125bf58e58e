import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, MILD, outdone, WORDS, words } from './words.js';

/** "Address in use" of every runtime; 98, 48 and 10048 are its numbers on Linux, macOS and Windows. */
const IN_USE = [
  /\bEADDRINUSE\b|\bAddrInUse\b|\baddress (?:is )?already in use\b|\bAddress in use\b|\[(?:Errno (?:98|48|10048)|WinError 10048)\]|\(os error (?:98|48|10048)\)|\bWSAEADDRINUSE\b/i,
  /\bport (?<port>\d{2,5}) (?:is |was )?(?:already |currently |still )?(?:in use|being used|taken|occupied|allocated|bound|not available|unavailable)\b|\bport is already allocated\b|\bports? (?:number )?(?:is |are |was |may )?(?:already |currently )?(?:be )?(?:already )?(?:in use|used by|taken|occupied|bound by|allocated)\b(?::? (?<after>\d{2,5}))?|\b(?:something|another (?:process|instance|program|application|server)|server|process) is already (?:running|listening|using|bound)[^.]{0,30}\bport (?<by>\d{2,5})|\bPorts? (?:is|are) not available: exposing port\b|\bPort(?:Already)?InUse\w*\b|Is port (?<bun>\d{2,5}) in use\?|\bConnection in use: \(/i,
  /Only one usage of each socket address|conflicts with an existing registration on the machine|与计算机上的现有注册冲突|Konflikt mit einer vorhandenen Registrierung|conflit avec une inscription existante|jede Socketadresse[^.]* nur jeweils einmal|seule utilisation de chaque adresse de socket|solo se permite un uso de cada direcci|通常每个套接字地址|端口 ?(?<cn>\d*) ?(?:已被|被)占用|地址已在使用|アドレスは(?:既|すで)に使用|(?:アドレス|ポート)\S{0,6}(?:既に)?使用(?:中|され)|Die Adresse wird bereits (?:verwendet|benutzt)|Port \d* ?(?:ist|wird) bereits (?:belegt|verwendet|in Benutzung)|(?:Adresse|port \d*) ?(?:est )?déjà (?:utilisée?|en cours d.utilisation)|La direcci[oó]n ya (?:se est[áa] usando|est[áa] en uso)|(?:direcci[oó]n|puerto) (?:\d+ )?(?:ya )?(?:est[áa] )?(?:ya )?en uso|[Ee]ndereço já em uso|porta \d* ?(?:já está|già) in? ?em? ?uso|[Ii]ndirizzo già in uso|Адрес уже используется|Порт \d* ?(?:уже )?(?:занят|используется)|주소가 이미 사용|포트(?:가|는)? ?\d* ?(?:이|가)? ?이미 사용|(?:地址|位址)已(?:被|在)?(?:使用|占用)|cannot bind\b.{0,60}(?:another|in use|taken|listening)|(?:another|other) (?:server|process|program|instance) is (?:already )?listening/i,
];
const ABOUT_PORTS = /EADDRINUSE|\baddress|\bbind|\blisten|\bport\b|Errno (?:98|48|10048)/i;
/** The server went on with another port. */
const EVADED =
  /\b(?:trying|using|switching to|fall(?:ing)? back|retry\w*|picked|selected)\b.{0,30}\b(?:another|next|instead|different|port \d+|\d{4,5})\b/i;
const PORT = [
  /\bport['"]?\s?(?:[:=]|number)?\s?(?<port>\d{2,5})\b/i,
  /[\d\]*\sa-z:]:(?<port>\d{2,5})(?!\d|\.\d|:\d)/,
  /['"], ?(?<port>\d{2,5})\)/,
];

export default defineCause({
  id: 'process-port-in-use',
  title: 'A port that the server wants to listen on is taken by another process',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'MCP error -32000: Connection closed',
    'Could not attach to MCP server',
    'listen EADDRINUSE: address already in use',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: ['process-config-rejected', 'deploy-crashed', 'container-exited', 'container-restarting', ...FAILED_START],

  match(given) {
    const lines = words(given);
    const hit = find(
      lines.filter(({ text }) => !EVADED.test(text)),
      ...IN_USE,
    );
    if (!hit) return null;
    // Node prints the port once more as a property below the trace, other programs in the sentence before.
    const i = lines.findIndex(({ at }) => at === hit.line.at);
    const near = [hit.line, ...lines.slice(i + 1, i + 12), ...lines.slice(Math.max(0, i - 2), i)];
    const port =
      hit.groups.port ??
      hit.groups.bun ??
      hit.groups.after ??
      hit.groups.by ??
      hit.groups.cn ??
      near.flatMap((line) => (/^\s+at /.test(line.text) ? [] : (find([line], ...PORT)?.groups.port ?? [])))[0];
    const path = given.launch?.lookup?.path.join(' ') ?? '';
    const guessed = /[A-Z]:\\/.test(path) ? 'windows' : /\/opt\/homebrew|\/Users\//.test(path) ? 'macos' : null;
    const remark = outdone(lines, hit.line, (text) => ABOUT_PORTS.test(text));
    const died = given.process?.exit?.by === 'itself';
    return {
      certainty:
        MILD.test(hit.line.text) && !/^(?:PHP )?Warning: .{0,40}(?:socket|bind|listen)/.test(hit.line.text)
          ? 'possible'
          : died && !remark
            ? 'certain'
            : 'likely',
      cites: [hit.line.at],
      facts: { port: port ? Number(port) : null, os: given.reported?.os ?? guessed },
    };
  },
  say: ({ port }) =>
    `The server could not listen on ${port ? `port ${port}` : 'its port'}, because another process holds it, and gave up. Often that is a second copy of the same server, started by another client or left over.`,
  fix: ({ port, os }) => {
    const p = port ?? '<port>';
    return [
      {
        say: 'See who holds the port, and end that process if it is a leftover:',
        run:
          os === 'windows'
            ? `netstat -ano | findstr :${p}`
            : os === 'linux'
              ? `ss -ltnp 'sport = :${p}'`
              : `lsof -nP -iTCP:${p} -sTCP:LISTEN`,
      },
      ...(os
        ? []
        : [
            {
              say: 'The same on Windows; the last column is the process id, for `taskkill /F /PID <id>`:',
              run: `netstat -ano | findstr :${p}`,
            },
          ]),
      {
        say: "If the other process must stay, give this server a port of its own in its entry (the variable or option is in the server's README, often PORT or --port), or switch its extra listener off:",
        edit: {
          file: 'the client config',
          at: 'env',
          to: `"env": { "PORT": "${port ? (port < 65535 ? port + 1 : port - 1) : '<free port>'}" }`,
        },
      },
    ];
  },
  why: 'Some stdio servers open a port as well: a dashboard, an OAuth callback, a bridge to a browser or an editor. Every client and every window starts its own copy of a server, so the second copy finds a fixed port taken. A server that treats the failed bind as fatal takes the stdio conversation down with it.',
  refs: [
    'https://nodejs.org/api/errors.html#common-system-errors',
    'https://man7.org/linux/man-pages/man2/bind.2.html',
  ],
  examples: [
    {
      name: 'in use after all',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'ERROR: Port 3026 is still in use, despite our checks!' },
    },
    {
      name: 'behind a remark about a variable that may be missing',
      finds: true,
      symptoms: {
        stderr:
          'GITHUB_TOKEN is not set. Rate limits will apply.\nError: listen EADDRINUSE: address already in use 127.0.0.1:3000',
        exitCode: 1,
      },
    },
    {
      name: 'Node.js',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle [as _listen2] (node:net:2008:16)',
        exitCode: 1,
      },
    },
    {
      name: 'Python',
      finds: true,
      symptoms: {
        stderr:
          "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
        exitCode: 1,
      },
    },
    {
      name: 'Go, without an exit code',
      finds: true,
      symptoms: { transport: 'stdio', stderr: '2025/06/01 10:00:00 listen tcp :8080: bind: address already in use' },
    },
    {
      name: 'Spring Boot',
      finds: true,
      symptoms: { stderr: 'Web server failed to start. Port 8080 was already in use.', exitCode: 1 },
    },
    {
      name: 'the listener of .NET on Windows',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          "Unhandled exception. System.Net.HttpListenerException (183): Failed to listen on prefix 'http://localhost:8765/' because it conflicts with an existing registration on the machine.",
        exitCode: 3762504530,
      },
    },
    {
      name: 'Docker',
      finds: true,
      symptoms: {
        stderr: 'docker: Error response from daemon: Bind for 0.0.0.0:9100 failed: port is already allocated.',
        exitCode: 125,
      },
    },
    {
      name: 'Django',
      finds: true,
      symptoms: { stderr: 'Error: That port is already in use.', exitCode: 1 },
    },
    {
      name: 'the server took the next port',
      finds: false,
      symptoms: { stderr: 'Port 3000 is in use, trying another one instead', exitCode: 1 },
    },
    {
      name: 'a refused connection',
      finds: false,
      symptoms: { stderr: 'Error: connect ECONNREFUSED 127.0.0.1:3000', exitCode: 1 },
    },
  ],
});
