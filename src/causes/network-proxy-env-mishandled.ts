import { at } from '../case/pointer.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { entryAt, entryText, isLoopback } from './listeners.js';
import { hostOf, targetOf, withoutInstallers } from './way.js';
import { find, type Line, WORDS, words } from './words.js';

const VARIABLE =
  /\b(?:HTTPS?|ALL|NO)_PROXY\b|\bhttps?_proxy\b|\bno_proxy\b|\ball_proxy\b|\bGLOBAL_AGENT_HTTPS?_PROXY\b/;
/** What proxies and the libraries that speak to them say. */
const PROXY_SAID =
  /\bERR_(?:PROXY_CONNECTION_FAILED|TUNNEL_CONNECTION_FAILED|PROXY_\w+)\b|\bProxyError\b|\bProxyConnectionError\b|\b(?:cannot|can't|unable to|failed to|could not) connect to (?:the )?proxy\b|\bTunnel(?:l?ing)? (?:connection )?(?:failed|socket could not be established)|\bproxyconnect tcp\b|\bProxy response \(\d{3}\) !== 200\b|\breceived HTTP code \d{3} from proxy\b|\bCONNECT tunnel failed\b|\b407\b.{0,30}\bproxy|\bproxy authentication required\b|\bsocksio\b|\bunknown (?:url )?scheme for proxy\b|\bproxy (?:server )?(?:refused|rejected|denied|returned|responded|request failed|connect failed)\b|\bUnsupported proxy\b|\bInvalid proxy\b|ERR_ACCESS_DENIED|\b(?:cntlm|privoxy|tinyproxy|polipo|mitmproxy)\b|\bproxy failed to\b|\baccepted (?:tcp:|udp:)?(?:\/\/)?[\w.:[\]-]{1,80} \[\S{1,30} (?:->|>>) \S{1,30}\]|\[TCP\] \S{1,60} --> \S{1,60} (?:match|using)\b|\bsquid\b|\bThe requested URL could not be retrieved\b/i;
/** A client or a runtime that does not read the variables, or reads too much into them, as people tell it. */
const DISREGARD =
  /\b(?:ignor\w+|does(?: not|n't) (?:respect|honou?r|use|support|read|pick|obey|go through)|not (?:respect|honou?r)\w*|bypass\w*|respect|honou?r\w*|without (?:using )?(?:the )?|support for|behind (?:a |the |an )?(?:corporate |company |http |https )?)\b.{0,40}(?:\b|_)prox(?:y|ies)\b|(?:\b|_)prox(?:y|ies)\b.{0,60}(?:\b(?:ignored|not (?:used|respected|honou?red|supported|applied|picked)|bypassed|not bypassed)|n't (?:used|respected|honou?red|supported|applied|picked|read|passed))\b|(?:不走|不支持|不读取|忽略|没有(?:走|使用|读取)|未(?:走|使用|读取)|绕过).{0,12}(?:代理|PROXY|proxy)|(?:代理|PROXY|proxy).{0,10}(?:不生效|未生效|没有生效|无效|不起作用)|(?:プロキシ|PROXY).{0,12}(?:無視|使われ|効か)|\bNODE_USE_ENV_PROXY\b|\b--use-env-proxy\b|\bEnvHttpProxyAgent\b|\bproxy-agent\b|\btrust_env\b|\b(?:localhost|loopback|127\.0\.0\.1|local)\b.{0,40}\b(?:through|via|to|sent to|routed|captured by|intercepted by)\b.{0,20}\bproxy\b|\b(?:system|global|corporate|company|http|vpn) proxy\b.{0,60}\b(?:localhost|127\.0\.0\.1|loopback|local)/i;
/** What cured it: the variables or the program away, or an exemption. */
const CURE =
  /\b(?:unset(?:ting)?|without|disabl\w+|turn\w* off|switch\w* off|remov\w+|clear\w+|clos\w+|quit\w*|stopp?\w*|kill\w*|env -u)\b.{0,30}(?:prox(?:y|ies)\b|\bVPN\b|\bClash\b|\bv2ray\w*|\bSurge\b|\bShadowsocks\w*|\bProxyman\b|\bCharles\b).{0,80}\b(?:works?|worked|fix\w*|solve[sd]?|help(?:s|ed)|connects|resolve[sd]?|ok)\b|\b(?:works?|worked|connects|fine|ok) (?:only )?(?:when|if|once|after|without)\b.{0,40}(?:prox(?:y|ies)\b|\bVPN (?:off|disabled)|\bClash\b)|\bNO_PROXY\b.{0,60}\b(?:works?|worked|fix\w*|solve[sd]?|help(?:s|ed)|resolve[sd]?)\b|\b(?:fix\w*|solve[sd]?|worked)\b.{0,40}\bNO_PROXY\b|\btrust_env ?= ?False\b|\bproxies ?= ?(?:None|\{\})|\bUSE_ENV_PROXY\b.{0,30}\b(?:works?|fix\w*|helps?)|关闭.{0,8}代理.{0,12}(?:正常|可以|成功|好了|解决)|代理.{0,20}(?:关闭|关掉|取消).{0,12}(?:正常|可以|成功|好了)/i;
/** Another program gets through because it reads the variables. */
const OBEYS =
  /\b(?:curl|wget|browser|python|pip|npm|git|postman)\b.{0,60}\b(?:works?|succeeds?|goes through|connects|fine|ok)\b/i;
/** Programs that set the proxy of a whole system, and the word in the languages of those who use them. */
const SYSTEM_PROXY =
  /\bclash\b|\bv2ray\w*|\bshadowsocks\w*|\bsurge\b|\bproxyman\b|\bsing-?box\b|\bmihomo\b|(?:系统|全局|开启|打开|使用|设置|走|通过|本地|網路)(?:了)?代理|代理(?:服务器|软件|设置|环境变量)|プロキシ|프록시|\bprox(?:i|y)serv\w+\b|прокси/i;
/** A failure of which the way may be the reason. */
const VAGUE =
  /\bfetch failed\b|\bECONNRESET\b|\bsocket hang up\b|\bENOTFOUND\b|\bEAI_AGAIN\b|\bgetaddrinfo\b|\bETIMEDOUT\b|\bCONNECT_TIMEOUT\b|\bConnect ?Timeout|\btime[sd]? ?out\b|\btiming out\b|\bEHOSTUNREACH\b|\bENETUNREACH\b|\bECONNREFUSED\b|\b50[234]\b|\b40[37]\b|\bBad Gateway\b|\bService Unavailable\b|\b(?:un|not )reachable\b|\bconnect(?:ion)? (?:error|failed|closed|refused|reset)\b|\b(?:failed|unable|could not|cannot) (?:to )?connect\b|\berror sending request\b|\bbefore secure TLS connection\b|\bConnectError\b|\bother side closed\b|连接(?:超时|失败)|無法連線|无法连接|タイムアウト|接続(?:失敗|できません)/i;
const HERE =
  /\bECONNREFUSED:? (?:127\.0\.0\.1|\[?::1\]?):\d{2,5}|\bdial tcp (?:127\.0\.0\.1|\[::1\]):\d{2,5}.{0,40}refused|\b(?:localhost|127\.0\.0\.1)(?:\/127\.0\.0\.1)?:\d{2,5}.{0,40}refused/i;
/** The certificate of an inspecting proxy is a fault of its own. */
const CERTIFICATE = /certificate|\bCERT_|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/i;

type Found = {
  names: string[];
  target: string | null;
  local: boolean;
  way: 'ignored' | 'captured' | 'refused' | 'gone' | 'open';
  said: string | null;
};

/** Names of the proxy variables of the entry, or in its words. */
const named = (text: string): string[] => [
  ...new Set([...text.matchAll(/\b(?:HTTPS?|ALL|NO)_PROXY\b|\b(?:https?|all|no)_proxy\b/g)].map(([name]) => name)),
];

export default defineCause({
  id: 'network-proxy-env-mishandled',
  title: 'The client ignores the proxy of its environment, or sends to it what should go direct',
  culprit: 'client',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'getaddrinfo ENOTFOUND',
    'Proxy response (403) !== 200 when HTTP Tunneling',
    'tunneling socket could not be established',
    '407 Proxy Authentication Required',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network', 'http'],
  explains: [
    ...FAILED_START,
    'network-dns-failed',
    'network-unreachable',
    'network-refused',
    'edge-bad-gateway',
    'process-backend-unreachable',
    'lifetime-idle-cut',
    'http-server-error',
    // The package that httpx lacks is the one for SOCKS proxies.
    'runtime-dependency-missing',
  ],

  match(given): Match<Found> | null {
    const { network, handshake, reported, http, launch } = given;
    const { proxy } = network ?? {};
    const url = targetOf(given);
    const host = network?.host ?? hostOf(url);
    if (network) {
      if (!proxy?.applies || proxy.exempt || !proxy.through) return null;
      const { status, error } = proxy.through;
      const local = isLoopback(network.host) || /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(network.host);
      // In plain HTTP the proxy passes on what the server says: a status that comes directly, too, is not the proxy's.
      if (status !== undefined && http?.exchanges.some((exchange) => exchange.status === status && status >= 400))
        return null;
      const refused = error !== undefined || status === 403 || status === 407 || (status ?? 0) >= 500;
      const direct = !network.dnsError && network.attempts.some((attempt) => !attempt.error && !attempt.beside);
      const cites = [at('network', 'proxy', 'applies'), at('network', 'proxy', 'through')];
      const facts = {
        names: proxy.variables,
        target: network.host,
        local,
        said: error?.message ?? (status === undefined ? null : `HTTP ${status}`),
      };
      // The way without the proxy is closed, and the one through it is open: a client must read the variables.
      if (!direct && !refused) return { certainty: 'certain', cites, facts: { ...facts, way: 'ignored' } };
      // What is here works directly and not through the proxy: a client that obeys the variables fails.
      if (direct && refused)
        return {
          certainty: 'certain',
          // The server was seen to work: whoever uses clients that do not read the variables never meets it.
          severity: handshake?.used ? 'risky' : 'degraded',
          cites,
          facts: { ...facts, way: local ? 'captured' : 'refused' },
        };
      return null;
    }
    if (!reported || handshake) return null;
    const lines = withoutInstallers(words(given)).filter(({ text }) => !CERTIFICATE.test(text));
    const env = launch?.env.map(({ name }) => name).filter((name) => VARIABLE.test(name)) ?? [];
    const entry = named(entryText(given));
    const remote = url !== undefined || (reported.transport ?? 'stdio') !== 'stdio';
    const said = remote ? find(lines, PROXY_SAID) : null;
    const body =
      http?.exchanges.findIndex(
        (exchange) =>
          PROXY_SAID.test(exchange.body ?? '') ||
          exchange.status === 407 ||
          exchange.headers?.['x-squid-error'] !== undefined,
      ) ?? -1;
    const told = remote ? find(lines, DISREGARD) : null;
    const mentioned = find(lines, VARIABLE);
    const cured = remote ? find(lines, CURE) : null;
    const captor = remote ? find(lines, SYSTEM_PROXY) : null;
    // httpx needs a package for a SOCKS proxy, and says so beside the command that installs it.
    const socks = remote
      ? find(words(given), /\bUsing SOCKS proxy, but\b|\bsocksio\b|\bMissing dependencies for SOCKS support\b/i)
      : null;
    const vague = find(lines, VAGUE) ?? null;
    const status = http?.exchanges.find(({ status: code }) => [502, 503, 504, 403, 407].includes(code ?? 0));
    const certified = words(given).some(({ text }) => CERTIFICATE.test(text));
    // A server elsewhere, and a refusal by a port of this machine: that port was to be a proxy.
    const elsewhere =
      host !== undefined && !isLoopback(host) && !/docker\.internal/.test(host)
        ? find(
            lines.filter(({ from, text }) => from === 'client' && !/oauth|callback/i.test(text)),
            HERE,
          )
        : null;
    const names = [...new Set([...env, ...entry, ...(mentioned ? named(mentioned.line.text) : [])])];
    const set = names.length > 0;
    if (!remote) return null;
    const local = isLoopback(host);
    let certainty: Certainty;
    if (body >= 0 || socks || cured || (said && !/squid/i.test(said.match[0]))) certainty = 'likely';
    else if (set && (env.length > 0 || entry.length > 0))
      certainty = certified ? 'possible' : vague || status || lines.length === 0 ? 'likely' : 'possible';
    else if (
      told &&
      (vague ||
        mentioned ||
        status ||
        /prox(?:y|ies)\b.{0,60}n't|not (?:respect|honou?r|support|use)|ignor/i.test(told.line.text))
    )
      certainty = 'likely';
    // The client fails, and what obeys the variables gets through.
    else if (mentioned && vague && find(lines, OBEYS)) certainty = 'likely';
    else if (elsewhere || ((mentioned || captor) && local && (vague || status))) certainty = 'likely';
    else if (said || told || ((mentioned || captor) && vague)) certainty = 'possible';
    else return null;
    const way =
      elsewhere && body < 0 && !said && !socks
        ? 'gone'
        : local ||
            /^no_proxy$/i.test(names.length === 1 ? (names[0] ?? '') : '') ||
            names.some((name) => /^no_proxy$/i.test(name) && status?.status === 502)
          ? 'captured'
          : said || socks || body >= 0
            ? 'refused'
            : set || told
              ? 'ignored'
              : 'open';
    const places: (Line | undefined)[] = [
      elsewhere?.line,
      socks?.line,
      cured?.line,
      captor?.line,
      said?.line,
      told?.line,
      mentioned?.line,
      vague?.line,
    ];
    const own = env.length > 0 && launch ? at('launch', 'env') : entry.length > 0 ? entryAt(given) : null;
    return {
      certainty,
      cites: [
        ...new Set([
          ...(body >= 0 ? [at('http', 'exchanges', body)] : []),
          ...(own ? [own] : []),
          ...places.flatMap((line) => (line ? [line.at] : [])),
        ]),
      ],
      facts: { names, target: host ?? null, local, way, said: (elsewhere ?? socks ?? said)?.match[0] ?? null },
    };
  },
  say: ({ names, target, local, way, said }) => {
    const set =
      names.length > 0
        ? `The environment names a proxy (${names.join(', ')})`
        : 'A proxy stands between the client and the outside';
    if (way === 'captured')
      return `${set}, and the client sends it what should go direct${target ? `: ${target} is ${local ? 'this machine, which the proxy cannot reach' : 'to be exempt by NO_PROXY'}` : ''}.`;
    if (way === 'gone')
      return `The client does not call ${target ?? 'the server'} but a port of its own machine ("${said}"), as one does with a proxy, and no proxy listens there.`;
    if (way === 'refused')
      return `${set}, and it does not let the client through to ${target ?? 'the server'}${said ? ` ("${said}")` : ''}.`;
    return `${set}, but the client goes to ${target ?? 'the server'} directly, where this network lets nothing through.`;
  },
  fix: ({ way, target }) => {
    const host = target ?? 'localhost';
    return [
      ...(way === 'captured'
        ? [
            {
              say: 'Exempt the host from the proxy, in both spellings, since programs read one or the other; write names and addresses, because few programs understand ranges such as 10.0.0.0/8:',
              edit: {
                file: 'the client config',
                at: 'env',
                to: `"env": { "NO_PROXY": "localhost,127.0.0.1,::1${host === 'localhost' || host === '127.0.0.1' ? '' : `,${host}`}", "no_proxy": "localhost,127.0.0.1,::1${host === 'localhost' || host === '127.0.0.1' ? '' : `,${host}`}" }`,
              },
            },
            {
              say: 'A client that has no way to exempt hosts (Rust reqwest: `.no_proxy()`; Python httpx: `trust_env=False`; Node.js: `new EnvHttpProxyAgent({ noProxy })`) needs that change in its code, or a start without the variables.',
              run: 'env -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY <client>',
            },
          ]
        : way === 'gone'
          ? [
              {
                say: 'Start that proxy, or take it out of the settings that the client reads where it runs: the variables HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, the proxy of the system, and http.proxy of the editor (on a remote host these are other settings than on the desktop):',
                run: 'env | grep -i _proxy',
              },
            ]
          : way === 'refused'
            ? [
                {
                  say: `Have ${host} allowed in the proxy, and give it the user name and password where it asks for them (407): http://user:password@proxy:8080.`,
                },
              ]
            : [
                {
                  say: 'Let the client read the variables. Node.js 24 does with the variable below, mcp-remote with the option --enable-proxy; earlier versions of Node.js and programs on plain fetch need a proxy agent in their code.',
                  edit: {
                    file: 'the client config',
                    at: 'env',
                    to: '"env": { "HTTPS_PROXY": "http://proxy.corp.example:8080", "NODE_USE_ENV_PROXY": "1" }',
                  },
                },
              ]),
      { say: 'Compare both ways by hand:', run: `curl -v https://${host}/ ; curl -v --noproxy '*' https://${host}/` },
    ];
  },
  why: 'HTTP_PROXY, HTTPS_PROXY and NO_PROXY are a habit, not a standard: curl, Go and Python read them, Node.js did not before version 24, and every library has its own idea of NO_PROXY. Programs started by a desktop client may also see other variables than your shell.',
  refs: [
    'https://nodejs.org/api/http.html#built-in-proxy-support',
    'https://about.gitlab.com/blog/we-need-to-talk-no-proxy/',
    'https://github.com/geelen/mcp-remote#readme',
  ],
  examples: [
    {
      name: 'live, only the proxy leads outside',
      finds: true,
      evidence: {
        network: {
          host: 'mcp.acme.dev',
          port: 443,
          tls: true,
          addresses: [],
          attempts: [],
          dnsError: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND mcp.acme.dev' },
          proxy: {
            variables: ['HTTPS_PROXY'],
            applies: 'HTTPS_PROXY',
            exempt: false,
            through: { ms: 20, status: 200 },
          },
        },
      },
    },
    {
      name: 'mcp-remote in a company',
      finds: true,
      symptoms: {
        transport: 'stdio',
        client: 'mcp-remote',
        entry: {
          command: 'npx',
          args: ['-y', 'mcp-remote', 'https://mcp.acme.dev/'],
          env: { https_proxy: 'http://proxy.corp.example:8080' },
        },
        clientError: 'ECONNRESET',
      },
    },
    {
      name: 'undici and a proxy that refuses',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError:
          'TypeError: fetch failed\n  [cause]: RequestAbortedError [AbortError]: Proxy response (403) !== 200 when HTTP Tunneling',
      },
    },
    {
      name: 'loopback goes to the proxy',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:8000/mcp',
        entry: { env: { HTTP_PROXY: 'http://proxy.corp.example:3128', NO_PROXY: '127.0.0.1' } },
      },
    },
    {
      name: 'Python, which wants a package for SOCKS',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:8000/sse',
        clientError: "ImportError: Using SOCKS proxy, but the 'socksio' package is not installed.",
      },
    },
    {
      name: 'the certificate of an inspecting proxy',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'self-signed certificate in certificate chain (behind the corporate proxy)',
      },
    },
    {
      name: 'a reverse proxy is no proxy of the environment',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'HTTP 502 Bad Gateway from the nginx reverse proxy',
      },
    },
    {
      name: 'a package that is fetched through a proxy',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'some-server'], env: { HTTPS_PROXY: 'http://proxy:8080' } },
        stderr: 'npm error code ECONNRESET',
        exitCode: 1,
      },
    },
    {
      name: 'a proxy of the whole system',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:8000/mcp',
        clientError: '开启代理(clash)后无法连接本地 MCP 服务,502 Bad Gateway',
      },
    },
    {
      name: 'what cured it',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:8080/sse',
        clientError: 'unset http_proxy https_proxy all_proxy and it works',
      },
    },
    {
      name: 'SOCKS without its package',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          "ImportError: Using SOCKS proxy, but the 'socksio' package is not installed. Make sure to install httpx using `pip install httpx[socks]`.",
      },
    },
    {
      name: 'a proxy that signs its answer, for a server on this machine',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:3846/mcp',
        clientError: '502 Connection refused: Cntlm proxy failed to complete the request.',
      },
    },
    {
      name: 'the log of a SOCKS proxy',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:9080/mcp',
        clientError: 'fetch failed',
        stderr: 'from 127.0.0.1:51312 accepted //127.0.0.1:9080 [socks -> direct]',
      },
    },
  ],
});
