import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { find, hinted, type Line, lastRecovery, MILD, outdone, repeatsServer, WORDS, words } from './words.js';

/** The refusals and silences of every runtime; the numbers are ECONNREFUSED and ETIMEDOUT on Linux, macOS and Windows. */
const REFUSED =
  /\bECONNREFUSED\b|connection refused\b|actively refused|\[?Errno (?:111|61)\]?|os error (?:111|61|10061)|WinError 10061|\bError 111 connecting\b|\bConnection to \S+ refused|TNS:no listener|Verbindung(?:saufbau)? (?:abgelehnt|verweigert)|积极拒绝|積極拒絕|対象のコンピューターによって拒否|연결을 거부|expressément refusé|(?:denegó|rechazó) (?:expresamente|activamente)|conexión rechazada|connexion refusée|recusou ativamente|conexão recusada|rifiuto persistente|connessione rifiutata|отверг запрос на подключение|отказано в соединении/i;
const UNKNOWN =
  /getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|\bENOTFOUND\b|no such host\b|Name or service not known|nodename nor servname|could not translate host name|failed to lookup address|UnknownHostException|Temporary failure in name resolution/i;
const SILENT =
  /\b(?:connect|read) ETIMEDOUT\b|\bconnect(?:ion)?\b(?!.{0,20}\bwith (?:a )?timeout of\b).{0,60}\btimed? ?out\b|\bE(?:HOST|NET)UNREACH\b|no route to host|ServerSelectionTimeout|Server selection timed out|\bdial tcp\b.{0,80}(?:i\/o timeout|deadline exceeded)|ConnectTimeout(?:Error)?\b/i;
/** Clients of a backend that name it in words, and sockets of editors and desktop programs. */
const NAMED =
  /P1001: Can't reach database server|Can't connect to (?:local )?(?:MySQL|MariaDB|server)|Couldn't connect to \S+:\d+ \(resolved|Communications link failure|error occurred while establishing a connection to SQL Server|\b(?:could(?: not|n't)|cannot|can't|unable to|failed to) (?:connect to|reach|establish (?:a )?connection (?:to|with)) (?:the )?(?<who>Postgres\w*|MySQL|MariaDB|MongoDB|Mongo|Redis|Neo4j|Elasticsearch|OpenSearch|Kafka|RabbitMQ|Qdrant|Milvus|Chroma\w*|Weaviate|Ollama|LM Studio|Oracle|SQL Server|Clickhouse|Cassandra|Blender|Unity(?: Editor)?|Unreal\w*|Figma|Obsidian|Ghidra|IDA|Chrome|browser|Home Assistant|Kubernetes|database|backend)\b|\bconnect ENOENT (?:\/\S+|\\\\\S+)/i;
/** The same in the words of HTTP clients, and of servers that speak of an editor, an add-on or a local program. */
const WORDED = [
  /\b(?:not|n't) (?:be )?(?:reachable|running|responding|available|connected|listening|accessible|reached|open)\b.{0,60}(?:https?:\/\/|wss?:\/\/|tcp:\/\/|\blocalhost\b|\b127\.0\.0\.1\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|\bport \d{2,5})/i,
  /\b(?:could(?: not|n't)|cannot|can't|unable to|failed to|failure to|error) (?:connect\w*|reach|contact|establish)\b.{0,80}(?:https?:\/\/|wss?:\/\/|\blocalhost\b|\b127\.0\.0\.1\b|[\w.-]+:\d{2,5}\b|\bport \d{2,5})/i,
  /\bMax retries exceeded with url\b|\bAll connection attempts failed\b|\bNewConnectionError\b|\bCannot connect to host \S+|\bClientConnectorError\b|\bHttpHostConnectException\b|\bConnection attempt \d.{0,20}failed|\bServiceUnavailable(?:Error|Exception)?: /i,
  /\b(?:is|are) (?:not|n't) (?:running|reachable|responding|connected|open)\b.{0,60}\b(?:start|launch|open|run|enable|connect|install) (?:it|the|your|[A-Z])|\b(?:make sure|ensure|check|verify) (?:that )?(?:the )?(?<who>[A-Z][\w .-]{1,30}?) (?:server |app |application |plugin |add-?on |extension |editor |instance |service )?is (?:running|open|started|up|reachable|installed and running)\b|\bIs (?:the |your )?(?<who2>[A-Z][\w .-]{1,30}?) (?:server |app |plugin |add-?on |editor |service )?(?:running|open|started|up)\?/,
];

/** Package registries, proxies and reverse proxies: other causes speak of them. */
const OTHERS =
  /address (?:is )?already in use|EADDRINUSE|registry\.|npmjs|pypi\.|pythonhosted|crates\.io|proxy\.golang|\bnpm (?:ERR!|error|warn)|\bupstream\b|origin service|x509:|certificate|PKIX|SELF_SIGNED|wrong version number|HTTP response to HTTPS|docker(?:\.sock|Desktop| daemon| is not running)|dockerd|unhealthy|^curl:|\bproxy\b/i;
const BRIDGE = /\b(?:mcp-remote|mcp-proxy|supergateway)\b/;
/** The server says that it goes on, or tries again. */
const GOES_ON = /\bretry|\bcontinu|\bwithout\b/i;
/** Errors that speak of the same backend. */
const ABOUT =
  /connect|refus|time(?:d )?.?out|unreach|reach|resol|database|Operational|ENOTFOUND|EAI_AGAIN|\bETIME|backend|\bsocket|host/i;

const PORTS: Record<string, string> = {
  1433: 'SQL Server',
  1521: 'Oracle',
  1883: 'MQTT broker',
  3306: 'MySQL',
  5432: 'PostgreSQL',
  5433: 'PostgreSQL',
  5672: 'RabbitMQ',
  5984: 'CouchDB',
  6333: 'Qdrant',
  6334: 'Qdrant',
  6379: 'Redis',
  6443: 'Kubernetes API',
  7687: 'Neo4j',
  8086: 'InfluxDB',
  8123: 'ClickHouse or Home Assistant',
  9042: 'Cassandra',
  9092: 'Kafka',
  9200: 'Elasticsearch',
  9222: 'Chrome remote debugging',
  9876: 'Blender add-on',
  11434: 'Ollama',
  19530: 'Milvus',
  27017: 'MongoDB',
  27123: 'Obsidian Local REST API',
  27124: 'Obsidian Local REST API',
};
/** Words of drivers and exceptions, by the backend they speak of. */
const KINDS: [RegExp, string][] = [
  [/postgres|psycopg|PSQLException|\bpgx?\b/i, 'PostgreSQL'],
  [/mysql|mariadb/i, 'MySQL or MariaDB'],
  [/mongo/i, 'MongoDB'],
  [/redis/i, 'Redis'],
  [/neo4j/i, 'Neo4j'],
  [/elasticsearch/i, 'Elasticsearch'],
  [/opensearch/i, 'OpenSearch'],
  [/kafka/i, 'Kafka'],
  [/rabbitmq|amqp/i, 'RabbitMQ'],
  [/qdrant/i, 'Qdrant'],
  [/milvus/i, 'Milvus'],
  [/ollama/i, 'Ollama'],
  [/\bORA-\d|oracle/i, 'Oracle'],
  [/SQL ?Server|SqlClient/i, 'SQL Server'],
  [/prisma|sequelize|typeorm|sqlalchemy|hikari|\bdatabase\b/i, 'database'],
];

const PLACE = [
  /host(?:=|:)? ?['"](?<host>[\w.:-]+)['"](?:,| \(| and).{0,60}?port[= ](?:['"])?(?<port>\d{2,5})/i,
  /server at ['"`](?<host>[\w.-]+)['"`]:['"`](?<port>\d{2,5})|server at ['"](?<h2>[\w.-]+)['"].{0,40}port (?<p2>\d{2,5})/,
  /\('(?<host>[\w.:-]+)', (?<port>\d{2,5})/,
  /(?:^|[\s[('"`/@])(?<host>[A-Za-z][\w-]*(?:\.[\w-]+)*|\d{1,3}(?:\.\d{1,3}){3}|::1)\]?:(?<port>\d{2,5})(?!\d|\.\d|:\d)/,
  /(?:ENOTFOUND|EAI_AGAIN|lookup|host name|server on) ['"]?(?<host>[\w-]+(?:\.[\w-]+)*)['"]?/,
  /connect (?:ENOENT|ECONNREFUSED) (?<host>[/\\]\S+)/,
];

/** Somewhere else, however it is spoken of. */
const REMOTE =
  /\b(?:connect\w*|reach\w*|database|network|socket|hosts?|daemon|backend|upstream|unavailable|time[d -]?out)\b/i;

export default defineCause({
  id: 'process-backend-unreachable',
  title: 'A database or service that the server needs cannot be reached',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'connect ECONNREFUSED 127.0.0.1:5432'],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: ['process-config-rejected', 'deploy-crashed', 'container-exited', 'container-restarting', ...FAILED_START],

  match(given) {
    // A client says the same of the server itself (network-refused), and so does a bridge to a remote server.
    if (BRIDGE.test([given.launch?.command, ...(given.launch?.args ?? [])].join(' '))) return null;
    // uv and pip name the index a few lines above the reason.
    const fetching = words(given).some(({ text }) =>
      /Failed to (?:fetch|download): ?`|\/simple\/|Retry\(total=/.test(text),
    );
    if (fetching) return null;
    const overStdio = given.reported?.transport === 'stdio' && !given.reported.url;
    // Over stdio there is no way that could be refused: a client that says so repeats what the server said.
    const lines = words(given).filter(
      (line) => (line.from !== 'client' || (overStdio && repeatsServer(line))) && !OTHERS.test(line.text),
    );
    const back = lastRecovery(lines);
    const firm = lines.filter(({ text }, i) => i > back && !MILD.test(text) && !GOES_ON.test(text));
    const patterns = [REFUSED, UNKNOWN, SILENT, NAMED, ...WORDED];
    const hit = find(firm, ...patterns) ?? find(lines, ...patterns);
    const hint = hit || given.handshake ? null : hinted(given, REMOTE);
    if (hint)
      return {
        certainty: 'possible',
        cites: [hint.at],
        facts: { host: null, port: null, kind: null, how: 'not reached' },
      };
    if (!hit) return null;
    const i = lines.findIndex(({ at }) => at === hit.line.at);
    const near: Line[] = [hit.line, ...lines.slice(i + 1, i + 8), ...lines.slice(Math.max(0, i - 3), i)];
    const frame = /^\s+at |^\s*File "|\bnode:/;
    const found = near
      .filter(({ text }) => !frame.test(text))
      .map((line) => find([line], ...PLACE)?.groups)
      .find(Boolean);
    const host = found?.host ?? found?.h2 ?? null;
    const around = near
      .filter(({ text }) => !frame.test(text))
      .map(({ text }) => text)
      .join(' ');
    const port = found?.port ?? found?.p2 ?? (/\bport:? (\d{2,5})/i.exec(around) ?? [])[1] ?? null;
    const word = KINDS.find(([pattern]) => pattern.test(around))?.[1] ?? hit.groups.who ?? hit.groups.who2 ?? null;
    const kind = (port && PORTS[port]) ?? word;
    const overHttp = given.http || given.reported?.url || /http|sse/.test(given.reported?.transport ?? '');
    // Behind an URL, a refusal in some log may as well be the way to the server itself.
    if (overHttp && !kind) return null;
    const how = REFUSED.test(hit.line.text)
      ? 'refused'
      : UNKNOWN.test(hit.line.text)
        ? 'unknown host'
        : SILENT.test(hit.line.text)
          ? 'no answer'
          : 'not reached';
    const sure =
      given.process?.exit?.by === 'itself' &&
      given.process.exit.code !== 0 &&
      (kind ?? host) &&
      !outdone(words(given), hit.line, (text) => ABOUT.test(text));
    return {
      certainty: !firm.includes(hit.line) ? 'possible' : sure ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: { host, port: port ? Number(port) : null, kind, how },
    };
  },
  say: ({ host, port, kind, how }) => {
    const place = host ? ` at ${host}${port ? `:${port}` : ''}` : '';
    const end = {
      refused: 'refused the connection: nothing listens there',
      'unknown host': 'has a host name that cannot be resolved',
      'no answer': 'did not answer in time',
      'not reached': 'could not be reached',
    }[how];
    return `The server needs ${kind ? `its backend (${kind})` : 'another service'}${place} before it can serve, and that ${end}.`;
  },
  fix: ({ host, port, kind, how }) => [
    how === 'unknown host'
      ? {
          say: `Correct the host name${host ? ` ${host}` : ''} in the server's entry; a name of a Docker network or a VPN is known only inside it. Test it:`,
          run: `nslookup ${host ?? '<host>'}`,
        }
      : {
          say: `Start ${kind ?? 'the service'} (or its tunnel, VPN or add-on) and see that it listens:`,
          run: host && /^[/\\]/.test(host) ? `ls -l ${host}` : `nc -vz ${host ?? '<host>'} ${port ?? '<port>'}`,
          windows: `Test-NetConnection ${host ?? '<host>'} -Port ${port ?? '<port>'}`,
        },
    {
      say: 'If it runs elsewhere, set the right address in the entry; inside a container localhost is the container, the host is host.docker.internal:',
      edit: {
        file: 'the client config',
        at: 'env',
        to: `"env": { "<HOST VARIABLE OF THE SERVER>": "<host>:${port ?? '<port>'}" }`,
      },
    },
    {
      say: 'Then start the server again from the client: clients seldom start a server that ended a second time by themselves.',
    },
  ],
  why: 'Many servers open their database pool, editor socket or API session before they answer initialize. When that fails they end, and the client only sees a closed connection. A server should answer initialize first and report the backend as an error of the tool.',
  refs: [
    'https://modelcontextprotocol.io/docs/tools/debugging',
    'https://nodejs.org/api/errors.html#common-system-errors',
  ],
  examples: [
    {
      name: 'Node.js and PostgreSQL',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'Error: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)',
        exitCode: 1,
      },
    },
    {
      name: 'Python and MariaDB',
      finds: true,
      symptoms: {
        stderr: `pymysql.err.OperationalError: (2003, "Can't connect to MySQL server on 'localhost' ([Errno 111] Connection refused)")`,
        exitCode: 1,
      },
    },
    {
      name: 'Go, host unknown',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'failed to ping: dial tcp: lookup db.internal on 127.0.0.53:53: no such host',
        exitCode: 1,
      },
    },
    {
      name: 'an editor that does not run',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Could not connect to Blender. Make sure the Blender addon is running.',
        exitCode: 1,
      },
    },
    {
      name: 'the package registry',
      finds: false,
      symptoms: {
        stderr:
          'npm error request to https://npm.registry.example/x failed, reason: connect ECONNREFUSED 104.16.0.35:443',
        exitCode: 1,
      },
    },
    {
      name: 'the client speaks of the server itself',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:8000/mcp',
        clientError: 'TypeError: fetch failed: connect ECONNREFUSED 127.0.0.1:8000',
      },
    },
    {
      name: 'Windows in German',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr:
          'System.Net.Http.HttpRequestException: Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung verweigerte. (localhost:8080)',
        exitCode: 1,
      },
    },
    {
      name: 'a client that tells its own limit',
      finds: false,
      symptoms: {
        transport: 'stdio',
        client: 'claude-code',
        clientError: '[DEBUG] MCP server "notes": Starting connection with timeout of 30000ms',
      },
    },
  ],
});
