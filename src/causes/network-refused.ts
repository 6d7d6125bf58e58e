import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { listeners } from './listeners.js';
import { hostOf, isGatewayLog, targetOf, wayWords } from './way.js';
import { find, WORDS, words } from './words.js';

/** "Refused" with the address, where it is named; then without. */
const REFUSED = [
  /\bECONNREFUSED:? (?<ip>\[?[\w.:-]+?\]?):(?<port>\d{1,5})(?![\w:])/,
  // asyncio: "[Errno 111] Connect call failed ('127.0.0.1', 8000)"
  /\bConnect call failed \('(?<ip>[\w.:]+)', (?<port>\d{1,5})/,
  // Netty and OkHttp: "Connection refused: localhost/127.0.0.1:8080", "Failed to connect to localhost/127.0.0.1:8080"
  /\b(?:connection refused|failed to connect to)\b.{0,20}?[\w.-]*\/(?<ip>\[?[\d.:a-f]+?\]?):(?<port>\d{1,5})(?![\w:])/i,
  // Go, Docker, curl: "dial tcp 127.0.0.1:3000: connect: connection refused"
  /\b(?:dial tcp|connect(?:ing)? to|reach) \[?(?<ip>::1|[\da-f:]{3,40}(?=\])|[\w.-]+)\]?(?::| port )(?<port>\d{1,5})(?![\w:]).{0,200}?\brefused/i,
  // .NET: "No connection could be made because the target machine actively refused it. (127.0.0.1:3000)"
  /\bactively refused it\.? ?\[?(?:\(?(?<ip>[\w.:-]+?)\]?:(?<port>\d{1,5})\))?/i,
  /\bECONNREFUSED\b|\bConnectionRefused(?:Error)?\b|\bERR_CONNECTION_REFUSED\b|\[Errno (?:111|61|10061)\]|\bos error (?:111|61|10061)\b|\bWinError 10061\b|\bconnection (?:was )?refused\b|\bVerbindungsaufbau abgelehnt\b|\bZielcomputer die Verbindung verweigerte\b|\bConnexion refusée\b|\bConexión (?:rechazada|denegada)\b|積極拒絕|积极拒绝|拒否されたため|\(10061\)|\bWSAECONNREFUSED\b|\bNSURLErrorDomain\b.{0,20}-1004\b/i,
];

/** Bun, Python's anyio and curl fold "refused" and "unreachable" into one sentence. */
const COULD_BE_REFUSED =
  /\bUnable to connect\. Is the computer able to access the url\?(?!.{0,40}\b(?:DNSError|CERT))|\bAll connection attempts failed\b|\bFailed to connect to (?<ip>[\w.:-]+) port (?<port>\d+)(?!.{0,40}\btim(?:ed|e) ?out)|\bconnect to (?<ip2>[\w.:-]+) port (?<port2>\d+) (?:failed|from)|\btcp connect error(?!: (?:deadline|operation timed))|\bjava\.net\.ConnectException\b(?!.*timed? ?out)|\bCould(?: not|n't) connect to (?:the )?server\b|\bcURL error 7\b/i;

/** Not reached, and nothing of the reason. */
const NOT_REACHED =
  /\bfetch failed\b|\bfailed to fetch\b|\bNetworkError when attempting to fetch\b|\bLoad failed\b|\b(?:not|un|in)-?(?:reach|access)[ai]ble\b|\b(?:cannot|can't|could ?n[o']t|unable to|failed to|not able to) (?:be )?(?:reach|connect|establish|open)(?:ed)?\b|\bis (?:the |your )?(?:\S+ ){1,4}(?:running|started|open)\?|\bnot running\b|\berror sending request for url\b|[✘✗×❌]\s?failed\b|\bconnection (?:error|failed|failure)\b|\bConnectError\b|连接失败|連線失敗|无法连接|接続できません|\bVerbindung\b.{0,20}\bfehlgeschlagen\b/i;
/** A reason, which then is another one. */
const MORE =
  /\b[45]\d\d\b(?![.:])|time[sd]? ?-?out|\btiming out\b|certificate|\bCERT_|\bSSL\b|\bTLS\b|\bEPROTO\b|\breset\b|hang up|other side closed|\bE(?:CONN|NOT|HOST|NET|AI_|PIPE|PROTO|INVAL|PERM|ACCES)\w*|-3\d{4}\b|\bCORS\b|\bAccess-Control|\boauth\b|unauthori[sz]ed|session|\bprotocol\b|\bmethod\b|\bproxy\b|\bparse|\bJSON\b|\btools?\b|\bdisconnect|\bbody\b|\bterminated\b|::1|IPv[46]/i;

/** A browser that comes back from a sign-in is refused by the client's listener, not by the server. */
const SIGN_IN = /callback|code verifier|redirect_uri|oauth/i;

const loopback = (host: string) => /^(?:localhost|127\.|::1$|0\.0\.0\.0$)/.test(host);

export default defineCause({
  id: 'network-refused',
  title: 'Nothing listens at the address and port of the URL',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'connect ECONNREFUSED 127.0.0.1:3000',
    'All connection attempts failed',
    'Unable to connect. Is the computer able to access the url?',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network', 'http'],
  explains: [...FAILED_START, 'process-backend-unreachable'],

  match(given) {
    const { attempts = [], host, port = 0 } = given.network ?? {};
    const first = attempts.findIndex(({ error }) => error?.code === 'ECONNREFUSED');
    if (host && first >= 0 && attempts.every(({ error }) => error)) {
      const everywhere = attempts.every(({ error }) => error?.code === 'ECONNREFUSED');
      const families = new Set(attempts.map(({ address }) => address.includes(':')));
      return {
        // "localhost" tried on one family only: a server may be listening on the other. And curl may have run in another place
        // than the client.
        certainty:
          everywhere && !given.reported && (host !== 'localhost' || families.size === 2) ? 'certain' : 'likely',
        cites: [at('network', 'attempts', first, 'error', 'message')],
        facts: { host, port, local: loopback(host), addresses: attempts.map(({ address }) => address) },
      };
    }
    // The log of nginx, HAProxy and the like belongs to edge-bad-gateway, which knows who answers in their place.
    const lines = wayWords(given).filter(({ text }) => !SIGN_IN.test(text) && !isGatewayLog(text));
    // What an Inspector or a person's curl printed beside it.
    const beside =
      given.reported?.transport === 'streamable-http' || given.reported?.transport === 'sse'
        ? words(given).filter(({ from, text }) => from === 'stdout' && !SIGN_IN.test(text))
        : [];
    const { status } = given.http?.exchanges.find((exchange) => exchange.status !== undefined) ?? {};
    const named = find(lines, /\bhttps?:\/\/[^\s'"()`,]{1,200}/)?.match[0];
    // A client that says no more than that it could not fetch from a port of this machine: mostly nobody listens there.
    const thin =
      status === undefined &&
      loopback(hostOf(targetOf(given) ?? named) ?? '') &&
      !lines.some(({ text }) => MORE.test(text))
        ? find(lines, NOT_REACHED)
        : null;
    const url = targetOf(given);
    const wanted = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
    const wantedPort = wanted ? Number(wanted.port || (wanted.protocol === 'https:' ? 443 : 80)) : null;
    const hit = find(lines, ...REFUSED) ?? find(lines, COULD_BE_REFUSED) ?? find(beside, ...REFUSED) ?? thin;
    // The server says that it listens on another port than the one of the URL, and nothing came back.
    const heard = listeners(given).filter(({ port: door }) => door > 0);
    if (!hit && status === undefined && wanted && loopback(wanted.hostname.replace(/^\[|\]$/g, '')) && heard[0]) {
      const vague = find(lines, /\bfail|\berror\b|unable|can(?:no|')t|closed|\bnot\b/i);
      if (vague && !lines.some(({ text }) => MORE.test(text)) && heard.every(({ port: door }) => door !== wantedPort))
        return {
          certainty: 'possible',
          cites: [vague.line.at, heard[0].at],
          facts: { host: wanted.hostname, port: wantedPort ?? 0, local: true, addresses: [] },
        };
    }
    if (!hit) return null;
    const ip = (hit.groups.ip ?? hit.groups.ip2)?.replace(/^\[|\]$/g, '') ?? null;
    const door = hit.groups.port ?? hit.groups.port2;
    const told = door === undefined ? null : Number(door);
    // A port other than that of the URL, or this machine in place of a remote host: a proxy refused, not the server.
    const name = hostOf(url) ?? ip ?? hostOf(named) ?? 'the server';
    const elsewhere =
      wanted !== undefined &&
      hit.line.from === 'client' &&
      ((told !== null && told !== wantedPort) || (ip !== null && loopback(ip) && !loopback(name)));
    // A program in front of the server says where it looked: that address counts, not the one of the client's URL.
    if (hit.line.from !== 'client' && ip !== null && told !== null && told !== wantedPort)
      return {
        certainty: 'likely',
        cites: [hit.line.at],
        facts: { host: ip, port: told, local: loopback(ip), addresses: [ip] },
      };
    return {
      certainty:
        elsewhere ||
        hit === thin ||
        hit.line.from === 'stdout' ||
        (COULD_BE_REFUSED.test(hit.match[0]) && !loopback(name))
          ? 'possible'
          : 'likely',
      cites: [hit.line.at],
      facts: { host: name, port: wantedPort ?? told ?? 0, local: loopback(name), addresses: ip ? [ip] : [] },
    };
  },
  say: ({ host, port, local }) =>
    `${host} refused the connection${port ? ` on port ${port}` : ''}: ${local ? 'no program on this machine listens there, so the server is not running or uses another port' : 'the host is up, but no program listens there'}.`,
  fix: ({ host, port, local }) => [
    local
      ? {
          say: `Start the server, and leave it running: for a URL entry the client starts nothing. Then see who listens${port ? ` on port ${port}` : ''}:`,
          run: port ? `lsof -nP -iTCP:${port} -sTCP:LISTEN || netstat -an | grep ${port}` : 'ss -ltnp || netstat -an',
        }
      : {
          say: `On ${host}: start the server, bind it to 0.0.0.0 rather than 127.0.0.1, and see who listens${port ? ` on port ${port}` : ''}:`,
          run: 'ss -ltnp',
        },
    { say: "When it listens on another port, write that port into the URL of the client's entry." },
    ...(local
      ? [
          {
            say: 'When client and server run in different containers or in WSL, localhost is not shared: use the service name, host.docker.internal or the address of the other side.',
          },
        ]
      : []),
  ],
  why: 'A refusal is an answer: the machine was reached and said that no program has this port open. A server that listens on 127.0.0.1 only refuses in just this way everybody who comes from another machine or container.',
  refs: ['https://nodejs.org/api/errors.html#common-system-errors'],
  examples: [
    {
      name: 'live, port closed',
      finds: true,
      evidence: {
        network: {
          host: '127.0.0.1',
          port: 3999,
          tls: false,
          addresses: [{ address: '127.0.0.1', family: 4 }],
          attempts: [
            {
              address: '127.0.0.1',
              ms: 1,
              error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:3999', syscall: 'connect' },
            },
          ],
        },
      },
    },
    {
      name: 'Node',
      finds: true,
      symptoms: {
        url: 'http://127.0.0.1:3000/mcp',
        clientError: 'TypeError: fetch failed (connect ECONNREFUSED 127.0.0.1:3000)',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "http://10.0.0.4:8080/mcp": dial tcp 10.0.0.4:8080: connect: connection refused',
      },
    },
    {
      name: 'Rust',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'error sending request for url (http://127.0.0.1:8000/mcp): tcp connect error: Connection refused (os error 111)',
      },
    },
    {
      name: '.NET on Windows',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError: 'No connection could be made because the target machine actively refused it. (localhost:5000)',
      },
    },
    {
      name: 'mcp-remote before its server runs',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['mcp-remote', 'http://localhost:8787/sse'] },
        stderr: 'Connection error: TypeError: fetch failed: connect ECONNREFUSED 127.0.0.1:8787',
      },
    },
    {
      name: 'Java behind a Netty client',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'io.netty.channel.AbstractChannel$AnnotatedConnectException: finishConnect(..) failed: Connection refused: localhost/127.0.0.1:8082',
      },
    },
    {
      name: 'Python on Windows',
      finds: true,
      symptoms: {
        transport: 'sse',
        os: 'windows',
        clientError:
          "Cannot connect to host 127.0.0.1:8931 ssl:default [Connect call failed ('127.0.0.1', 8931)] (WinError 10061)",
      },
    },
    {
      name: 'the log of a program that passes requests on',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:9090/mcp',
        clientError: 'Failed to connect',
        serverLog: '2026/03/04 10:11:12 http: proxy error: dial tcp 127.0.0.1:41873: connect: connection refused',
      },
    },
    {
      name: 'the database of a server behind a URL',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        serverLog: 'cache disabled: dial tcp 10.0.0.9:6379: connect: connection refused',
      },
    },
    {
      name: "a stdio server's database",
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'node', args: ['server.js'] },
        stderr: 'Error: connect ECONNREFUSED 127.0.0.1:5432',
        exitCode: 1,
      },
    },
    {
      name: "the client's own sign-in listener",
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'ERR_CONNECTION_REFUSED http://localhost:3334/oauth/callback',
      },
    },
    {
      name: 'a port of this machine, and no reason',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'cursor',
        url: 'http://localhost:3000/sse',
        clientError: 'SSE error: TypeError: fetch failed',
      },
    },
    {
      name: 'Go tells of the first address and has tried both',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "http://localhost:8080/mcp": dial tcp [::1]:8080: connect: connection refused',
      },
    },
    {
      name: 'the server listens on another port',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:3000/mcp',
        clientError: 'the client fails',
        serverLog: 'MCP server listening on port 3001',
      },
    },
    {
      name: 'a reason that is another one',
      finds: false,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:3000/sse',
        clientError: 'TypeError: fetch failed: self-signed certificate',
      },
    },
  ],
});
