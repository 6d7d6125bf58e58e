import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { hostOf, isGatewayLog, targetOf, wayWords } from './way.js';
import { find, WORDS, words } from './words.js';

/** The network itself says that there is no way. */
const NO_WAY =
  /\b(?<code>EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)\b|\bno route to (?:the )?host\b|\bNoRouteToHostException\b|\bnetwork (?:is )?(?:unreachable|down)\b|\b(?:destination )?host (?:is )?(?:unreachable|down)\b|\bERR_(?:ADDRESS_UNREACHABLE|INTERNET_DISCONNECTED|NETWORK_CHANGED|NETWORK_ACCESS_DENIED)\b|\[Errno (?:113|101|51|65)\]|\bos error (?:113|101|51|65|10051|10065)\b|\bWinError (?:10051|10065)\b|\bunreachable (?:host|network)\b|\bsocket operation was attempted to an unreachable\b|\bNetzwerk ist nicht erreichbar\b|\bKeine Route zum Zielrechner\b|\bRéseau inaccessible\b|\bLa red es inaccesible\b|\bNo hay ruta hasta el host\b|\bAucun chemin d'accès pour atteindre\b|网络不可达|網路無法連線|没有到主机的路由|ネットワークに到達できません|ホストへのルートがありません|NSURLErrorDomain.{0,20}-1009/i;
/** Packets get no answer until somebody stops waiting for the connection. */
const NO_ANSWER =
  /\b(?<code>UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|ESOCKETTIMEDOUT)\b|\bConnect Timeout Error\b|\bConnectTimeout(?:Error|Exception)?\b|\bERR_CONNECTION_TIMED_OUT\b|\btime[sd]? ?-?out\b.{0,20}\bconnecting\b|\b(?:connect(?:ion)?|connecting|dial|dialing)\b(?!.{0,20}\b(?:established|opened|accepted|closed|dropped|lost|idle)\b).{0,40}\btime[sd]? ?-?out\b(?!.{0,20}\b(?:triggered|waiting for|after \d+ ?ms)\b| of \d)|\bdial tcp \S{1,80}:.{0,20}i\/o timeout|\[Errno (?:110|60|10060)\]|\bos error (?:110|60|10060)\b|\bWinError 10060\b|\bconnected party did not properly respond\b|\btcp connect error: (?:deadline has elapsed|operation timed out)|\bZeitüberschreitung\b.{0,30}\bVerbind\w*|\bVerbindungs?(?:aufbau)?\w*(?:zeitüberschreitung|timeout)\b|\bDélai (?:d'attente )?de (?:la )?connexion\b|\btiempo de (?:espera de )?(?:la )?conexión\b|连接(?:已)?超时|連線逾時|\bcurl: \(28\) SSL connection timeout|\bHttpConnectTimeoutException\b|\bconnect timed out\b|\bbefore secure TLS connection was established\b|\bcurl: \(28\) (?:Failed to connect|Connection timed? ?out)|\bTCP connection (?:timeout|timed out)\b|\bConnection timed out: \S+:\d|接続がタイムアウト|NSURLErrorDomain.{0,20}-1001/i;
/** Who keeps packets away, in the words of the person. */
const BARRIER =
  /\b(?:firewall|security group|ufw|iptables|nftables|network ?policy|VPN|zero ?trust|air-?gapped|NAT gateway|private subnet|no (?:internet|outbound|egress) (?:access|connect\w*|traffic)|whitelist\w*|allow-?list\w* (?:the )?(?:IP|address|port)\w*|防火墙|ファイアウォール|local network (?:privacy|access|permission)|egress (?:rule|blocked|restrict\w*)|(?:network|outbound) (?:access|traffic) (?:is )?(?:blocked|disabled|denied|restricted)|sandbox\w*.{0,20}network)\b/i;
/** Packet filters and their logs: Cilium's Hubble, Calico, iptables, ufw, flow logs of clouds, and ICMP. */
const FILTER_LOG =
  /\bPolicy denied\b|\bpolicy-verdict:\S* .{0,80}\bDENIED\b|\b(?:DROPPED|DROP)\b.{0,60}\b(?:ICMP\w*|TCP|SYN|policy|flow|packet)\b|\b(?:ICMP\w*|TCP|SYN)\b.{0,80}\bDROPPED\b|\bDestination ?(?:Host |Net(?:work)? |Port )?Unreachable\b|\b(?:UFW|IPTABLES?|NFT|FIREWALL|calico-packet)\W{0,3}(?:BLOCK|DROP|REJECT|DENY)\w*|\bREJECT OK\b|\b(?:admin(?:istratively)?[- ]prohibited|communication administratively (?:prohibited|filtered))\b|\bfilter(?:ed)?\b.{0,20}\btcp\b.{0,20}\bport\b|\b\d{2,5}\/tcp filtered\b/i;
/** The barrier itself is what the person blames. */
const PLAIN_BARRIER =
  /\bno NAT gateway\b|\bprivate subnet\b|\bfirewalls? (?:is |was |rules? )?(?:block|drop|den|reject|prevent|clos)\w*|\b(?:blocked|dropped|denied|rejected|closed|filtered) (?:by|in|at) (?:the |a |our |my |its )?(?:\w+ )?(?:firewall|security group|network ?policy|ufw|iptables)|\b(?:security group|network ?policy|ufw|iptables) (?:\w+ )?(?:block|drop|den|reject|prevent)\w*|\b(?:not connected to|without|outside) (?:the |our |a )?(?:\w+ )?VPN\b/i;
/** The patience of a client is for answers, not for connections. */
const PATIENCE =
  /-32001|\brequest timed out\b|\bRead ?Time-?d? ?-?out\b|\bHeaders Timeout\b|\bBody Timeout\b|\b50[24]\b|\bHTTP\b.{0,10}\b5\d\d\b|\bgateway\b|\binitiali[sz]e\b.{0,30}timed? ?out|\bMCP (?:server )?(?:["'`][^"'`]{1,80}["'`] )?connection\b.{0,20}timed? ?out|\bconnection timeout (?:triggered|after|of)\b/i;

const CODES =
  /^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EADDRNOTAVAIL|EACCES|EPERM)$/;

const rangeOf = (host: string): 'loopback' | 'private' | 'public' => {
  if (/^(?:localhost|127\.|::1$)/.test(host)) return 'loopback';
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][\da-f]{2}:|fe80:)|\.(?:local|lan|internal|corp|home|intranet)$/i.test(
    host,
  )
    ? 'private'
    : 'public';
};

export default defineCause({
  id: 'network-unreachable',
  title: 'Packets to the server get no answer: there is no way to its address, or a firewall drops them',
  culprit: 'network',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'Connect Timeout Error',
    'connect ETIMEDOUT',
    'connect EHOSTUNREACH',
    'All connection attempts failed',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network', 'http'],
  explains: [...FAILED_START, 'process-backend-unreachable', 'lifetime-timeout-before-answer', 'lifetime-idle-cut'],

  match(given) {
    const { attempts = [], host: looked, port: lookedPort = 0 } = given.network ?? {};
    const tried = attempts.filter(({ beside }) => !beside);
    const first = tried.findIndex(({ error }) => error && CODES.test(error.code));
    if (looked && first >= 0 && tried.every(({ error }) => error && CODES.test(error.code))) {
      const codes = tried.map(({ error }) => error?.code ?? '');
      const silent = codes.every((code) => /TIME/.test(code));
      return {
        certainty: 'certain',
        cites: [
          at('network', 'attempts', attempts.indexOf(tried[first] as (typeof attempts)[number]), 'error', 'message'),
        ],
        facts: {
          host: looked,
          port: lookedPort,
          silent,
          range: rangeOf(tried[0]?.address ?? looked),
          barrier: null,
          mac: false,
        },
      };
    }
    if (given.network) return null;
    // An answer came through: whatever timed out was no connection.
    if (given.http?.exchanges.some(({ status }) => status !== undefined)) return null;
    const way = wayWords(given).filter(({ text }) => !isGatewayLog(text));
    // What a person tried beside it (curl, nc, ping) is told on stdout.
    const beside =
      given.reported && given.reported.transport !== 'stdio'
        ? words(given).filter(({ from }) => from === 'stdout')
        : [];
    const lines = [...way, ...beside].filter(({ text }) => !/oauth|callback/i.test(text));
    const none = find(lines, NO_WAY);
    const late = find(
      lines.filter(({ text }) => !PATIENCE.test(text)),
      NO_ANSWER,
    );
    const barrier = find(lines, BARRIER);
    const dropped = given.reported && given.reported.transport !== 'stdio' ? find(words(given), FILTER_LOG) : null;
    const hit = none ?? late ?? dropped;
    const url = targetOf(given);
    const host = hostOf(url) ?? null;
    const failed =
      barrier &&
      find(
        lines,
        /\b(?:fetch failed|timed? ?out|cannot be reached|not reachable|inaccessible|un(?:reachable|able to (?:connect|reach))|(?:cannot|can't|could not|failed to) (?:connect|reach|access)|connection (?:failed|error)|blocked|drops?|dropped|times? out|timed out|hang)/i,
      );
    if (!hit && !failed) return null;
    const line = (hit ?? barrier)?.line;
    if (!line) return null;
    const wanted = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
    return {
      certainty: !hit
        ? PLAIN_BARRIER.test(barrier?.line.text ?? '')
          ? 'likely'
          : 'possible'
        : none ||
            hit === dropped ||
            /CONNECT|Connect Timeout|connect(?:ion)?\b.{0,20}time|dial tcp|10060|respond/i.test(hit.match[0]) ||
            hit.match[0] === 'ETIMEDOUT'
          ? 'likely'
          : 'possible',
      cites: [...new Set([line.at, ...(barrier ? [barrier.line.at] : [])])],
      facts: {
        host: host ?? 'the server',
        port: wanted ? Number(wanted.port || (wanted.protocol === 'https:' ? 443 : 80)) : 0,
        silent: !none,
        range: rangeOf(host ?? ''),
        barrier: barrier?.match[0].toLowerCase() ?? null,
        mac: given.reported?.os === 'macos' && none !== null && none !== undefined && rangeOf(host ?? '') === 'private',
      },
    };
  },
  say: ({ host, port, silent, range, barrier }) => {
    const where = `${host}${port ? `:${port}` : ''}`;
    const how = silent
      ? `Nothing came back from ${where}: the packets of the client are dropped on the way, or the machine is off`
      : `The network knows no way to ${where}`;
    return `${how}${barrier ? ` (${barrier})` : ''}. ${range === 'private' ? 'The address is a private one, which leads somewhere only inside its own network or VPN.' : 'No request was sent, so the server and its settings play no part yet.'}`;
  },
  fix: ({ host, port, range, mac, silent }) => {
    const name = host === 'the server' ? '<host>' : host;
    const door = port || '<port>';
    const look = {
      say: 'See from the machine (or container) on which the client runs whether the port can be reached at all:',
      run: `nc -vz -w 5 ${name} ${door}`,
      windows: `Test-NetConnection ${name} -Port ${door}`,
    };
    return [
      ...(mac
        ? [
            {
              say: 'On macOS 15 and later, allow the program that runs the client in System Settings > Privacy & Security > Local Network; programs that the system ships (curl) need no permission, which is why they get through.',
            },
          ]
        : []),
      range === 'private'
        ? {
            say: `Join the network or VPN in which ${name} lives, or use an address of the server that is reachable from here.`,
          }
        : silent
          ? {
              say: `Open port ${door} for this client in the firewall, security group or network policy before ${name}, and in the outgoing rules of your own network.`,
            }
          : {
              say: 'Restore the connection of this machine: interface, default route, VPN.',
              run: 'ip route get 1.1.1.1',
              windows: 'Get-NetRoute -DestinationPrefix 0.0.0.0/0',
            },
      look,
      {
        say: 'Where only a proxy leads outside, hand it to the client: Node.js reads the variables since version 24 with NODE_USE_ENV_PROXY=1, earlier ones do not.',
        edit: {
          file: 'the client config',
          at: 'env',
          to: '"env": { "HTTPS_PROXY": "http://proxy.corp.example:8080", "NODE_USE_ENV_PROXY": "1" }',
        },
      },
    ];
  },
  why: 'A closed port answers at once with a refusal. Silence, or the word of a router that there is no way, comes from the network in between: a firewall, a security group, a VPN that is not connected, an address of another network, or an IPv6 address on a machine without IPv6.',
  refs: [
    'https://nodejs.org/api/errors.html#common-system-errors',
    'https://developer.apple.com/documentation/technotes/tn3179-understanding-local-network-privacy',
  ],
  examples: [
    {
      name: 'live, no answer',
      finds: true,
      evidence: {
        network: {
          host: '192.0.2.1',
          port: 443,
          tls: true,
          addresses: [{ address: '192.0.2.1', family: 4 }],
          attempts: [
            {
              address: '192.0.2.1',
              ms: 5000,
              error: { code: 'ETIMEDOUT', message: 'connect 192.0.2.1:443: no answer within 5000 ms' },
            },
          ],
        },
      },
    },
    {
      name: 'undici',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError:
          'TypeError: fetch failed\n  [cause]: ConnectTimeoutError: Connect Timeout Error (attempted address: mcp.acme.dev:443, timeout: 10000ms)',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "https://10.2.0.4:8080/mcp": dial tcp 10.2.0.4:8080: i/o timeout',
      },
    },
    {
      name: 'Python',
      finds: true,
      symptoms: { transport: 'sse', clientError: 'httpx.ConnectError: [Errno 113] No route to host' },
    },
    {
      name: '.NET on Windows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'A connection attempt failed because the connected party did not properly respond after a period of time (10.0.0.9:443)',
      },
    },
    {
      name: 'macOS keeps a program from the local network',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        os: 'macos',
        url: 'https://192.168.10.7/mcp',
        clientError: 'fetch failed: connect EHOSTUNREACH 192.168.10.7:443 - Local (192.168.10.20:52114)',
      },
    },
    {
      name: 'a request that got no answer',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'MCP error -32001: Request timed out',
      },
    },
    {
      name: 'a client that waited for initialize',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'MCP server "notes" connection timed out after 30000ms' },
    },
    {
      name: 'a closed port',
      finds: false,
      symptoms: { transport: 'streamable-http', clientError: 'connect ECONNREFUSED 10.0.0.4:8080' },
    },
    {
      name: 'the database of a stdio server',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'node', args: ['server.js'] },
        stderr: 'Error: connect ETIMEDOUT 10.0.0.9:5432',
        exitCode: 1,
      },
    },
    {
      name: "a packet filter's log",
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'default/agent <> mcp/gateway Policy denied DROPPED (TCP Flags: SYN)',
      },
    },
    {
      name: 'curl that waited for the connection',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'curl: (28) Connection timed out after 10001 milliseconds',
      },
    },
    {
      name: 'a subnet without a way outside',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'the function in the private subnet has no NAT gateway and cannot reach the MCP server',
      },
    },
  ],
});
