import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { INDEX_OF, type Installer, installerOf, near, runWords, starterOf } from './installers.js';
import { find, findAll, type Hit, type Line, WORDS, words } from './words.js';

type Trouble = 'certificate' | 'proxy' | 'login' | 'dns' | 'offline' | 'config' | 'connection';

/** What stands between the installer and its index. The first that matches names it. */
const TROUBLES: [Trouble, RegExp][] = [
  [
    'certificate',
    /SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY)|DEPTH_ZERO_SELF|\bCERT_(?:HAS_EXPIRED|UNTRUSTED|NOT_YET)|self[- ]signed certificate|unable to (?:get (?:local )?issuer|verify the first) cert|CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid peer certificate|UnknownIssuer|SSL certificate problem|SSLCertVerificationError|\bSSLError\b|SSL_connect|schannel|x509:|PKIX path|remote certificate (?:is invalid|was rejected)|problem confirming the ssl certificate|ALTNAME_INVALID|unknown certificate verification|certificate has expired|not trusted|WRONG_VERSION_NUMBER|\bEPROTO\b|SSL connection could not be established/i,
  ],
  [
    'proxy',
    /\b407\b|\bE407\b|ProxyError|proxy authentication|tunnel(?:ing)? (?:socket|connection|failed)|Cannot connect to proxy|Unable to connect to proxy|could not resolve proxy|proxyconnect|(?:via|through) (?:the )?proxy|unsuccessful tunnel/i,
  ],
  [
    'login',
    /\bE(?:401|403)\b|\bENEEDAUTH\b|\bEOTP\b|\b(?:401|403)\b(?=\D{0,40}(?:unauthori[sz]ed|forbidden|error|client|failed|denied|- GET|$|for (?:url|uri)))|\b(?:unauthori[sz]ed|forbidden)\b|\b(?:status(?: code)?|code|returned|HTTP)\s*[:=]?\s*(?:401|403)\b|lack of valid authentication|Unable to authenticate|invalid authentication|[Ii]ncorrect or missing password|authentication (?:failed|required|token)|could not read (?:Username|Password)|terminal prompts disabled|Permission denied \(publickey|Host key verification failed|requires? (?:you to )?(?:be )?log(?:ged)? ?in|FETCH_40[13]|- 40[13]\b|GET \S+: \w+ - 40[13]/i,
  ],
  [
    'dns',
    /\bENOTFOUND\b|\bEAI_(?:AGAIN|FAIL|NONAME)\b|getaddrinfo|NameResolutionError|Name or service not known|nodename nor servname|Temporary failure in name resolution|Could not resolve host|no such host|dns error|failed to lookup address|name could not be resolved|UnknownHostException/i,
  ],
  [
    'offline',
    /network was disabled|are you offline|\bENOTCACHED\b|offline (?:mode|mirror)|only-if-cached|--offline|GOPROXY=off|module lookup disabled|NO_OFFLINE|\bUV_OFFLINE\b/i,
  ],
  [
    'config',
    /Failed to replace env in config|Invalid auth configuration|ERR_INVALID_AUTH|EINVALIDREGISTRY|Invalid URL|ERR_INVALID_URL|ERR_INVALID_PROTOCOL|Protocol "[^"]*" not supported|only http\(s\) registries|NU1301.*local source|No registry (?:url|configured)|Unsupported (?:URL|protocol)|relative URL without a base|must be scoped/i,
  ],
  [
    'connection',
    /\bE(?:CONN(?:RESET|REFUSED|ABORTED)|TIMEDOUT|SOCKETTIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|HOSTDOWN|ADDRNOTAVAIL)\b|ERR_SOCKET_(?:TIMEOUT|CLOSED|CONNECTION_TIMEOUT)|UND_ERR_|socket (?:hang up|timeout|disconnected|connection)|Socket timeout|ConnectionRefused|FailedToOpenSocket|ConnectionClosed|network (?:timeout|is unreachable|request|connectivity|error|failure|connection|socket)|connection (?:refused|reset|timed out|broken|aborted|closed|failed)|(?:connect|operation|read|request|connection)(?: \w+)? timed out|\btimed? ?out\b|NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|error sending request|client error \(Connect\)|tcp connect error|Failed to (?:connect|open TCP)|i\/o timeout|spurious network|[Uu]nable to load the service index|(?:[Cc]onnect|[Rr]ead) timed out|META_FETCH_FAIL|\b5\d\d\b(?= (?:Internal|Bad|Service|Gateway|- GET))|\b(?:E5\d\d|ERR_PNPM_FETCH_5\d\d|ERR_PNPM_META_FETCH)\b|status code(?: does not indicate success)?:? 5\d\d|trouble with your network connection|Retrying\b|could not be (?:downloaded|queried)|Failed to fetch: [`'"]?https?:|CONNECTION FAILED/i,
  ],
];

/** An installer speaks of its index: its own prefix, its own sentence, or the address of an index. */
const INDEX =
  /\bnpm (?:error|ERR!|http|verb\w*|sill\w*|info)\b|\bERR_PNPM_|\bYN\d{4}\b|\b(?:npm|pypi|registry|index|mirror|packages?|proxy|artifacts?)[\w.-]*\.registry\.|https?:\/\/[^\s'"`]*(?:registry|npmjs|yarnpkg|pypi|pythonhosted|\/simple\/|crates\.io|golang\.org|goproxy|nuget|rubygems|packagist|maven|jsr\.io|deno\.land|esm\.sh|anaconda|artifactory|jfrog|nexus|codeartifact|pkgs\.(?:dev\.azure|visualstudio)|npm\.pkg\.github|verdaccio)|\bdownloading (?:package manifest|tarball)|host='(?:pypi|files\.pythonhosted|[\w.-]*(?:pypi|index|registry|mirror))|\bpypi(?:\.org)?\b|registry\.(?:npmjs|yarnpkg)|\/simple\/|Failed to (?:fetch|download|resolve)\b(?:.{0,3}[`:]| https?:)|Could not fetch URL|Could not (?:fetch|reach) specs|service index|crates[.-]io|proxy\.golang|GOPROXY|\bNU1301\b|^go: \S+@|\b(?:GET|Get) "?https?:\S+\/@v\/|Could not transfer artifact|artifact descriptor|Gem::RemoteFetcher|rubygems|packagist|repo\d?\.maven|CondaHTTPError|CondaSSLError|An index URL|--native-tls\b|package (?:index|registry)|registry index|npm registry|(?:unable to access|could not read (?:Username|Password) for) 'https?:|git (?:operation|fetch) failed|Failed to (?:clone|download and build)|process didn't exit successfully: .*git|\buv(?:x)? .*(?:fetch|download)|\bpip (?:install|download)\b|Retry\(total=|corepack/i;

/** npm's closing line names the code of the failure. Text of one line has it anywhere. */
const NPM_CODE =
  /(?:npm (?:error|ERR!) |\berror )code (?<code>ENOTFOUND|EAI_AGAIN|ECONN(?:RESET|REFUSED|ABORTED)|E(?:SOCKET)?TIMEDOUT|E(?:HOST|NET)UNREACH|ERR_SOCKET_TIMEOUT|E40[137]|E5\d\d|ENEEDAUTH|EOTP|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|DEPTH_ZERO_\w+|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|ERR_INVALID_(?:URL|PROTOCOL|AUTH)|ENOTCACHED|EPROTO|ERR_OSSL_\w+|EPIPE)\b/;

/** What belongs to a program behind the installer, or to an image registry. */
const OTHERS =
  /error response from daemon|\bdocker\b|ghcr\.io|mcr\.microsoft|quay\.io|manifest unknown|\bpostinstall\b|playwright install|ms-playwright|puppeteer|Failed to (?:download|set up) [Cc]hrom|Registry request failed|\bpost_writer\b|https?:\/\/[^\s'"]{1,200}\/(?:sse|mcp|messages?)\b/i;
/** The cache could not be written while the index was asked: install-cache-broken. */
const CACHE = /\bE(?:ACCES|PERM|EXIST|NOTDIR|ROFS|NOSPC|INTEGRITY)\b|_cacache/;

/** Words of the entry that choose an index. */
const CHOOSES =
  /^--(?:registry|index-url|extra-index-url|index|default-index|find-links|source|add-source)\b|^https?:\/\/\S*\/simple\/?$/;
const VARIABLE =
  /^(?:npm_config_(?:\w*registry|proxy|https?_proxy|cafile)|UV_(?:INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL)|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|PROXY|CERT)|YARN_(?:NPM_)?REGISTRY\w*|BUN_CONFIG_REGISTRY|GOPROXY|NUGET_\w*SOURCE\w*)$/i;
/** Hosts of private indexes, and addresses on the own network. */
const PRIVATE =
  /https?:\/\/(?<host>(?:npm\.pkg\.github\.com|[\w.-]*(?:artifactory|jfrog|nexus|codeartifact|pkgs\.dev\.azure|pkgs\.visualstudio|verdaccio|gitlab|sonatype|cloudsmith|gemfury|corp|internal|intranet|company|local)[\w.-]*|localhost|127\.0\.0\.1|10\.[\d.]+|192\.168\.[\d.]+)(?::\d+)?)/i;

/** What a client says of its own connection. */
const OF_CLIENT = /\bMCP (?:error|server)\b|-3200[01]|connection closed|disconnected|transport|request timed out/i;
/** Said of fetching alone, by whichever installer. */
const UNMISTAKABLE =
  /network was disabled|\bENOTCACHED\b|module lookup disabled|trouble with your network connection|Failed to replace env in config|Could not connect, are you offline|UV_HTTP_TIMEOUT|only-if-cached|If you are behind a proxy, please make sure|Unable to authenticate, (?:your authentication token|need: )|[Ii]ncorrect or missing password|Failed to fetch: [`'"]?https?:/;

/** The end of uv's chain of causes, which names neither uv nor the index. */
const OF_UV =
  /invalid peer certificate|^[\s╰├─▶│>]*(?:Caused by: ?)?(?:operation timed out|dns error\b|tcp connect error|error sending request|client error \(Connect\)|connection (?:reset|closed)|failed to lookup address)/i;

const troubleOf = (text: string): Trouble | undefined => TROUBLES.find(([, pattern]) => pattern.test(text))?.[0];

/** A line of trouble that stands on or beside a line about the index. */
function troubled(lines: Line[], fetchedByUv: boolean): { hit: Hit; trouble: Trouble } | null {
  for (const [trouble, pattern] of TROUBLES) {
    // Time-outs and refusals are everybody's words: those have to stand closer.
    const reach = trouble === 'connection' || trouble === 'login' ? 2 : 4;
    for (const hit of findAll(lines, pattern))
      if (
        INDEX.test(hit.line.text) ||
        UNMISTAKABLE.test(hit.line.text) ||
        (fetchedByUv && hit.line.from !== 'client' && OF_UV.test(hit.line.text)) ||
        (!(hit.line.from === 'client' && OF_CLIENT.test(hit.line.text)) && near(lines, hit.line.at, INDEX, reach))
      )
        return { hit, trouble };
  }
  return null;
}

const SAYS: Record<Trouble, string> = {
  certificate: 'the certificate it was shown there is not trusted, as behind a proxy that reads TLS',
  proxy: 'the proxy in between refuses or cannot be reached',
  login: 'the index (or the repository) wants a login that was not given or not accepted',
  dns: 'its host name does not resolve',
  offline: 'the network was switched off for it',
  config: 'the address or login configured for it is not usable',
  connection: 'the connection failed or timed out',
};

export default defineCause({
  id: 'install-registry-unreachable',
  title: 'The package index cannot be reached as it is configured, so the server was not fetched',
  culprit: 'network',
  severity: 'broken',
  seenAs: [
    'npm error code ENOTFOUND',
    'npm error code SELF_SIGNED_CERT_IN_CHAIN',
    'invalid peer certificate: UnknownIssuer',
    'npm error code E401',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [
    ...FAILED_START,
    'install-package-not-found',
    'network-dns-failed',
    'network-refused',
    'network-tls-untrusted',
    'process-backend-unreachable',
  ],

  match(given) {
    const said = words(given).filter(({ text }) => !OTHERS.test(text));
    const lines = said.filter(({ text }) => !/^npm (?:warn|WARN)\b/.test(text));
    const code = find(lines, NPM_CODE);
    const cached = find(lines, CACHE);
    const { launch } = given;
    const troubleAt = troubled(lines, /^uvx?$/i.test(starterOf(launch)));
    if (!code && cached && !/invalid peer|UnknownIssuer/.test(troubleAt?.hit.line.text ?? '')) return null;
    const hit = code ?? troubleAt?.hit ?? null;
    const facts = (line: string, trouble: Trouble) => ({
      installer: installerOf(line, launch, said) ?? '',
      trouble,
      host: lines.map(({ text }) => PRIVATE.exec(text)?.groups?.host).find(Boolean) ?? '',
      windows: given.reported?.os === 'windows' || said.some(({ text }) => /\b[A-Z]:\\/.test(text)),
    });
    if (hit) {
      const trouble = (code && troubleOf(code.groups.code ?? '')) ?? troubleAt?.trouble ?? 'connection';
      const better = code && troubleAt && troubleAt.hit.line.at !== code.line.at ? [troubleAt.hit.line.at] : [];
      return {
        // npm says with its closing code that the connection to the index was what failed. A refused login may be a wrong name.
        certainty:
          code && given.handshake && given.process?.exit?.by === 'itself' && trouble !== 'login' ? 'certain' : 'likely',
        cites: [hit.line.at, ...better],
        facts: facts(hit.line.text, trouble),
      };
    }
    // A private index that does not know a public package is the wrong index: a runner-up to the name being wrong.
    const elsewhere = find(
      lines.filter(({ text }) => /\b404\b|not found|E404/i.test(text)),
      PRIVATE,
    );
    if (elsewhere)
      return { certainty: 'possible', cites: [elsewhere.line.at], facts: facts(elsewhere.line.text, 'config') };
    // Nothing was said, but the entry sends the installer to an index of its own.
    const silent = lines.every(({ from }) => from === 'client');
    const variable = launch?.env.findIndex(({ name }) => VARIABLE.test(name)) ?? -1;
    const installs = /^(?:np[mx]|pn(?:pm|px)|yarn|bunx?|uvx?|pipx?|pip3|poetry|dnx|dotnet)$/i.test(starterOf(launch));
    const word = installs ? runWords(launch).find((one) => CHOOSES.test(one)) : undefined;
    const arg = word === undefined ? -1 : (launch?.args.findIndex((one) => one.includes(word)) ?? -1);
    if (!silent || given.process?.spawnError || (variable < 0 && arg < 0)) return null;
    return {
      certainty: 'possible',
      cites: [variable >= 0 ? at('launch', 'env', variable) : at('launch', 'args', arg)],
      facts: facts('', 'config'),
    };
  },
  say: ({ installer, trouble, host }) =>
    `${installer ? `${installer} could` : 'The installer could'} not fetch the server from its package index${host ? ` (${host})` : ''}: ${SAYS[trouble]}. So nothing was started.`,
  fix: ({ installer, trouble, windows }) => {
    const { show: ask, file, variable, ca } = INDEX_OF[(installer || 'npm') as Installer];
    const env = (key: string, to: string) => ({
      file: 'the client config',
      at: 'env',
      to: `"env": { "${key}": "${to}" }`,
    });
    const show = { say: 'See which index is asked, and whether it answers:', run: ask };
    const proxy = {
      say: 'Clients do not pass the proxy of your shell on. Put it into the entry:',
      edit: {
        file: 'the client config',
        at: 'env',
        to: '"env": { "HTTPS_PROXY": "http://<proxy>:<port>", "NO_PROXY": "localhost,127.0.0.1" }',
      },
    };
    if (trouble === 'certificate')
      return [
        {
          say: `Make ${installer || 'the installer'} trust the authority of your company's proxy, in the entry:`,
          edit: env(ca, ca === 'UV_NATIVE_TLS' ? 'true' : '<certificate of that authority>.pem'),
        },
        ...(ca === 'NODE_EXTRA_CA_CERTS'
          ? [
              {
                say: 'Or, with Node.js 22.15 or newer, let it use the certificates of the operating system:',
                edit: env('NODE_OPTIONS', '--use-system-ca'),
              },
            ]
          : []),
        show,
      ];
    if (trouble === 'login')
      return [
        {
          say: `Look which index ${file} names and whether its login is still good. A public server does not need the company's index:`,
          run: ask,
        },
        {
          say: 'Send the entry to the public index, or give it the token that the index wants (clients do not pass on variables of the shell):',
          edit: env(variable, '<address of the index>'),
        },
      ];
    if (trouble === 'config')
      return [
        { say: `Correct the address or the login of the index in ${file}. What is in use:`, run: ask },
        { say: 'Or set it for this entry alone:', edit: env(variable, '<address of the index>') },
      ];
    if (trouble === 'offline')
      return [
        {
          say: 'Remove the offline switch (--offline, UV_OFFLINE, npm_config_offline) from the entry, or install the server once while online.',
        },
        show,
      ];
    return [
      show,
      proxy,
      {
        say: windows
          ? 'Or install the server once where the network allows it, and name the installed program in the entry:'
          : 'Or install the server once where the network allows it, and let the entry start what was installed:',
        run: installer === 'uv' || installer === 'pip' ? 'uv tool install <package>' : 'npm install -g <package>',
      },
    ];
  },
  why: 'npx, uvx and their like ask a package index at each start. Behind a company proxy, with a private registry in .npmrc or with a token that only the shell has, the same command works in a terminal and fails under a client, which passes on few variables.',
  refs: [
    'https://docs.npmjs.com/cli/v11/using-npm/config#registry',
    'https://docs.astral.sh/uv/concepts/authentication/certificates/',
    'https://nodejs.org/api/cli.html#node_extra_ca_certsfile',
  ],
  examples: [
    {
      name: 'npm and a name that does not resolve',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr:
          'npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\nnpm error network request to https://npm.corp.example/foo-mcp failed, reason: getaddrinfo ENOTFOUND npm.corp.example',
        exitCode: 1,
      },
    },
    {
      name: 'npm behind a proxy that reads TLS',
      finds: true,
      symptoms: {
        stderr:
          'npm ERR! code SELF_SIGNED_CERT_IN_CHAIN\nnpm ERR! errno SELF_SIGNED_CERT_IN_CHAIN\nnpm ERR! request to https://npm.registry.example/foo failed, reason: self-signed certificate in certificate chain',
      },
    },
    {
      name: 'uv in one line',
      finds: true,
      symptoms: {
        clientError:
          'failed to initialize server: × Failed to fetch: `https://pypi.registry.example/simple/foo/` ├─▶ error sending request ╰─▶ invalid peer certificate: UnknownIssuer: transport closed',
      },
    },
    {
      name: 'a private registry that wants a login',
      finds: true,
      symptoms: {
        stderr:
          'npm error code E401\nnpm error 401 Unauthorized - GET https://npm.pkg.github.com/@acme%2fmcp - authentication token not provided',
        exitCode: 1,
      },
    },
    {
      name: 'pip, which then says that it found nothing',
      finds: true,
      symptoms: {
        stderr:
          "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError(': Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/foo-mcp/\nERROR: Could not find a version that satisfies the requirement foo-mcp (from versions: none)\nERROR: No matching distribution found for foo-mcp",
        exitCode: 1,
      },
    },
    {
      name: 'pnpm',
      finds: true,
      symptoms: {
        stderr:
          ' ERR_PNPM_META_FETCH_FAIL  GET https://npm.registry.example/foo: request to https://npm.registry.example/foo failed, reason: connect ETIMEDOUT 104.16.0.1:443',
      },
    },
    { name: 'Bun', finds: true, symptoms: { stderr: 'error: ConnectionRefused downloading package manifest foo-mcp' } },
    {
      name: 'NuGet',
      finds: true,
      symptoms: {
        stderr:
          'error NU1301: Unable to load the service index for source https://feed.example/v3/index.json.\n  Response status code does not indicate success: 401 (Unauthorized).',
        exitCode: 1,
      },
    },
    {
      name: 'a token that only the shell has',
      finds: true,
      symptoms: { stderr: 'npm error Failed to replace env in config: ${NPM_TOKEN}', exitCode: 1 },
    },
    {
      name: 'Maven',
      finds: true,
      symptoms: {
        stderr:
          'Failed to read artifact descriptor for io.acme:mcp:jar:1.0: Could not transfer artifact io.acme:mcp:pom:1.0 from/to central: Connect timed out',
        exitCode: 1,
      },
    },
    {
      name: 'a backend that refuses',
      finds: false,
      symptoms: { stderr: 'Error: connect ECONNREFUSED 127.0.0.1:5432', exitCode: 1 },
    },
    {
      name: 'a package that is not there',
      finds: false,
      symptoms: {
        stderr:
          'npm error code E404\nnpm error 404 Not Found - GET https://npm.registry.example/foo-mcp-server - Not found',
        exitCode: 1,
      },
    },
    {
      name: 'a service that refuses the key',
      finds: false,
      symptoms: { stderr: 'Error: Request failed with status code 401: Unauthorized', exitCode: 1 },
    },
  ],
});
