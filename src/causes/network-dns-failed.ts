import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { platformOfHost } from './platforms.js';
import { hostOf, isGatewayLog, targetOf, wayWords } from './way.js';
import { find, WORDS, words } from './words.js';

/** A host name as the error prints it. */
const HOST = String.raw`(?<host>[\w][\w.-]*)`;

/** How runtimes word a failed look-up: those that name the host first. */
const UNRESOLVED = [
  new RegExp(String.raw`\bgetaddrinfo (?<code>E[A-Z_]+) ${HOST}`),
  // Go: "dial tcp: lookup mcp.example.com on 127.0.0.53:53: no such host"
  new RegExp(
    String.raw`\blookup ${HOST}(?: on [^ ]+)?: (?<code>no such host|server misbehaving|i/o timeout|Temporary failure)`,
  ),
  new RegExp(
    String.raw`\b(?:UnknownHostException|could not resolve (?:host|hostname|proxy)|unable to resolve host(?: address)?|failed to resolve|remote name could not be resolved|could not find host):? ['"\`‘]?${HOST}`,
    'i',
  ),
  // .NET: "No such host is known. (mcp.example.com:443)"
  new RegExp(
    String.raw`\b(?:no such host is known|name or service not known|nodename nor servname provided, or not known)\.? \(${HOST}:\d+\)`,
    'i',
  ),
  // aiohttp: "Cannot connect to host mcp.acme.dev:443 ssl:default [getaddrinfo failed]"; Ruby: "TCP connection to x:443 (getaddrinfo: ...)"
  new RegExp(
    String.raw`\b(?:connect to host|TCP connection to) ${HOST}:\d+ .{0,40}(?:getaddrinfo|not known|resolution|no address|nodename|Errno 11001)`,
    'i',
  ),
  // People and translations: "the host mcp could not be found", "Der Remotename konnte nicht aufgelöst werden: 'mcp.acme.de'".
  new RegExp(
    String.raw`\bhost(?:[ -]?name)? ['"\`‘]?(?!header)${HOST}['"\`’]? (?:(?:could|can) ?not be (?:found|resolved)|does(?: not|n't) (?:resolve|exist)|is (?:unknown|not (?:known|resolvable))|not resolved|(?:kann|konnte) nicht aufgelöst werden|no se pudo resolver|n'a pas pu être résolu)`,
    'i',
  ),
  new RegExp(
    String.raw`\b(?:Remotename|Hostname|Host|Servername|Name)\b.{0,20} (?:konnte|kann) nicht (?:aufgelöst|gefunden) werden:? ?['"\`‘(]?${HOST}`,
    'i',
  ),
  new RegExp(
    String.raw`\bDNS (?:error|(?:lookup |query |resolution )(?:error|fail\w*|timed out))\b.{0,20}\bfor ['"\`‘]?${HOST}`,
    'i',
  ),
  /\bDnsNameResolver\w*Exception\b|\bDNSError\b|\bDNS_ERROR\b|\bdns\.resolver\.(?:NXDOMAIN|NoAnswer|NoNameservers|LifetimeTimeout)\b|\bServFail\b/,
  /\b(?<code>ENOTFOUND|EAI_AGAIN|EAI_NONAME|EAI_FAIL|ESERVFAIL|NXDOMAIN|SERVFAIL|DNS_PROBE_\w+|ERR_NAME_NOT_RESOLVED|WSAHOST_NOT_FOUND|UnresolvedAddressException)\b/i,
  /\bErrno 11001\b|\bos error 1100[14]\b|\bWSATRY_AGAIN\b|\bdns (?:resolution|lookup) (?:failed|failure|error)|\bdns error\b|\bNSURLErrorDomain\b.{0,20}-1003\b|server with the specified hostname could not be found/i,
  // The C library's sentences, as Python, Rust, Ruby and PHP pass them on, and two translations of them.
  /\b(?:name or service not known|temporary failure in name resolution|nodename nor servname provided|no address associated with hostname|getaddrinfo failed|failed to lookup address information|no such host is known|could not resolve host|name oder dienst nicht bekannt|(?:es ist )?kein solcher host bekannt|nom ou service inconnu|hôte inconnu|host desconocido|name does not resolve|(?:unable|failed|could ?not|cannot|can't) (?:to )?(?:resolve|look up) (?:the )?(?:host\w*|server|name|DNS|domain|address)|(?:host|domain|server) name (?:cannot|could not|can't) be (?:resolved|found)|server IP address could not be found|konnte nicht aufgelöst werden|no se puede resolver|impossible de résoudre|не удалось разрешить)(?!\w)|(?:无法|無法|不能)解析(?:主机|主機|域名|服务器|伺服器)|(?:域名|主机名?)解析失败|名前解決(?:に失敗|できません)|호스트를 찾을 수 없|不知道这样的主机|無法識別這台主機|そのようなホストは不明/i,
];

/** The resolver did not answer, as opposed to: it answered that there is no such name. */
const NO_ANSWER =
  /EAI_AGAIN|WSATRY_AGAIN|os error 11002|temporary failure|server misbehaving|i\/o timeout|ETIMEOUT|LifetimeTimeout|DnsNameResolverTimeout/i;

export default defineCause({
  id: 'network-dns-failed',
  title: 'The host name of the server does not resolve',
  culprit: 'network',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'getaddrinfo ENOTFOUND',
    'SSE error: TypeError: fetch failed: getaddrinfo ENOTFOUND',
    'All connection attempts failed',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network'],
  // macOS numbers a name that is not known as the kernel numbers a program that it cannot run: 8.
  explains: [...FAILED_START, 'process-backend-unreachable', 'launch-binary-incompatible'],

  match(given) {
    const { dnsError, host } = given.network ?? {};
    if (dnsError && host) {
      const facts = {
        host,
        message: dnsError.message,
        resolverSilent: NO_ANSWER.test(`${dnsError.code} ${dnsError.message}`),
      };
      // A platform takes the name of a deployment out of the DNS together with it: deploy-not-found says that.
      const retired = !facts.resolverSilent && platformOfHost(host)?.forgets;
      return { certainty: retired ? 'likely' : 'certain', cites: [at('network', 'dnsError', 'message')], facts };
    }
    const hit = find(
      wayWords(given).filter(({ text }) => !isGatewayLog(text)),
      ...UNRESOLVED,
    );
    if (!hit) return null;
    const wanted = hostOf(targetOf(given));
    const named = hit.groups.host?.replace(/\.$/, '') ?? null;
    // Behind a proxy names are looked up by the proxy: that the client cannot do it is then no fault of the name.
    const proxied = [
      ...(given.launch?.env ?? []).map(({ name }) => name),
      given.reported?.entry ?? '',
      ...words(given).map(({ text }) => text),
    ].some((text) => /_proxy\b/i.test(text));
    return {
      // Another name than that of the URL belongs to something the client needs besides (a proxy, a sign-in server).
      certainty:
        named !== null && named === wanted && !proxied && !platformOfHost(named)?.forgets ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: {
        host: named ?? wanted ?? 'the server',
        message: hit.match[0],
        resolverSilent: NO_ANSWER.test(hit.match[0]),
      },
    };
  },
  say: ({ host, resolverSilent }) =>
    resolverSilent
      ? `The name of ${host} could not be looked up: the DNS resolver of the machine on which the client runs gave no answer.`
      : `No address is known for ${host}: the name does not exist in the DNS that the client asks.`,
  fix: ({ host, resolverSilent }) => [
    resolverSilent
      ? {
          say: 'Restore name resolution where the client runs (network, VPN, DNS server; in a container its --dns), then look the name up:',
          run: `nslookup ${host}`,
        }
      : {
          say: `Correct the host in the server's URL: take it from the vendor's current documentation, then look it up:`,
          run: `nslookup ${host}`,
        },
    host === 'host.docker.internal'
      ? {
          say: 'host.docker.internal is known inside containers of Docker Desktop only: outside a container write localhost, and on Linux start the container with this option:',
          run: 'docker run --add-host=host.docker.internal:host-gateway <image>',
        }
      : host.includes('.')
        ? { say: 'If the name is internal, connect the VPN or use the DNS server that knows it.' }
        : {
            say: `${host} has no dot: such a name is known only inside its own network (a Docker Compose service, for example). From outside use localhost with the published port.`,
          },
  ],
  why: 'Before anything is sent, the host of the URL must be turned into an address. Clients fold the failure into "fetch failed" and keep the reason in a nested cause. A misspelt or retired host and a resolver that does not answer look alike there, although the cures differ.',
  refs: ['https://nodejs.org/api/dns.html#error-codes'],
  examples: [
    {
      name: 'live, no such name',
      finds: true,
      evidence: {
        network: {
          host: 'mcp.nowhere.invalid',
          port: 443,
          tls: true,
          addresses: [],
          attempts: [],
          dnsError: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND mcp.nowhere.invalid', syscall: 'getaddrinfo' },
        },
      },
    },
    {
      name: 'Node behind fetch failed',
      finds: true,
      symptoms: {
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'TypeError: fetch failed\n  [cause]: Error: getaddrinfo ENOTFOUND mcp.acme.dev',
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Post "https://mcp.acme.dev/mcp": dial tcp: lookup mcp.acme.dev on 127.0.0.53:53: no such host',
      },
    },
    {
      name: 'Python httpx',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'httpx.ConnectError: [Errno -2] Name or service not known',
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: { transport: 'sse', clientError: 'Caused by: java.net.UnknownHostException: mcp.acme.dev' },
    },
    {
      name: 'mcp-remote cannot resolve its target',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'mcp-remote', 'https://mcp.acme.dev/sse'] },
        stderr: 'Fatal error: TypeError: fetch failed\n  cause: Error: getaddrinfo EAI_AGAIN mcp.acme.dev',
        exitCode: 1,
      },
    },
    {
      name: 'Windows',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        os: 'windows',
        clientError: 'httpx.ConnectError: [Errno 11001] getaddrinfo failed',
      },
    },
    {
      name: 'a name of Docker Desktop, on Linux',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://host.docker.internal:8931/sse',
        clientError: 'SSE error: TypeError: fetch failed: getaddrinfo ENOTFOUND host.docker.internal',
      },
    },
    {
      name: 'aiohttp',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Cannot connect to host mcp.acme.dev:443 ssl:default [Name or service not known]',
      },
    },
    {
      name: 'a server that cannot resolve its own database',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'node', args: ['server.js'] },
        stderr: 'Error: getaddrinfo ENOTFOUND db.internal',
        exitCode: 1,
      },
    },
    {
      name: 'the package registry is no MCP server',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'npm error request to https://npm.registry.example/x failed, reason: getaddrinfo ENOTFOUND npm.registry.example',
      },
    },
    {
      name: "Bun names the resolver's error",
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://mcp.acme.dev/mcp',
        clientError: 'Unable to connect. Is the computer able to access the url? code: DNSError',
      },
    },
    {
      name: '.NET Framework in German',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: "Der Remotename konnte nicht aufgelöst werden: 'mcp.acme.dev'",
      },
    },
    {
      name: 'in the words of a person',
      finds: true,
      symptoms: { transport: 'streamable-http', client: 'n8n', clientError: 'the host mcp-proxy could not be found' },
    },
  ],
});
