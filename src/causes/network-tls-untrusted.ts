import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { BY_NAME, FAULTS, INSPECTORS, PUBLIC, SAYS } from './certificates.js';
import { FAILED_START } from './consequences.js';
import { hostOf, targetOf, wayWords, withoutInstallers } from './way.js';
import { failed, find, WORDS, words } from './words.js';

/** Whether a name stands in the list of a certificate; `*` stands for one label. */
function covers(altNames: string, host: string): boolean {
  return altNames.split(/,\s*/).some((entry) => {
    const name = entry.replace(/^(?:DNS|IP Address):/i, '').toLowerCase();
    return (
      name === host.toLowerCase() ||
      (name.startsWith('*.') && host.toLowerCase().split('.').slice(1).join('.') === name.slice(2))
    );
  });
}

const CHECK_OFF =
  /\bNODE_TLS_REJECT_UNAUTHORIZED\b|\brejectUnauthorized\b|\bNODE_EXTRA_CA_CERTS\b|\bverify ?= ?False\b|\b(?:curl|wget)\b.{0,80} (?:-k|--insecure|--no-check-certificate)\b|\bInsecureSkipVerify\b|\bself[- ]signed\b/i;

/** With the check off, or with the authority made known, it works. */
const CHECK_CURES =
  /(?:\bNODE_TLS_REJECT_UNAUTHORIZED|\bNODE_EXTRA_CA_CERTS|\bNODE_USE_SYSTEM_CA|--use-system-ca|\bSSL_CERT_FILE|\bREQUESTS_CA_BUNDLE|\bverify ?= ?False|\brejectUnauthorized|\bInsecureSkipVerify|(?:disabl\w+|skipp?\w*|turn\w* off) (?:TLS|SSL|certificate) (?:verif\w+|check\w*|validation)).{0,60}\b(?:works?|worked|fix\w*|solve[sd]?|help(?:s|ed)|connects|resolve[sd]?)\b|\b(?:works?|worked|fix\w*|solve[sd]?|connects)\b.{0,30}(?:\bNODE_TLS_REJECT_UNAUTHORIZED|\bNODE_EXTRA_CA_CERTS|--use-system-ca|\bverify ?= ?False|\brejectUnauthorized|\bcurl -k\b|--insecure)/i;

/** Named in the line: `https://host/`, `host='api.acme.dev'`, `valid for a.dev, not api.acme.dev`. */
const PLACE = /https?:\/\/(?:[^\s/@]+@)?(?<url>[\w.-]+)|\bhost='(?<host>[\w.-]+)'|\bdial tcp (?<dial>[\w.-]+):\d/i;

type Found = {
  fault: string;
  /** The server's own connection to a service behind it, rather than the client's to the server. */
  behind: boolean;
  host: string | null;
  port: number;
  code: string;
  subject: string | null;
  issuer: string | null;
  altNames: string | null;
  validTo: string | null;
  /** Beside the fault: the certificate does not carry the name of the URL either. */
  otherName: boolean;
  /** A product that inspects TLS signed it. */
  inspector: string | null;
};

export default defineCause({
  id: 'network-tls-untrusted',
  title: "The server's TLS certificate is not trusted",
  culprit: 'network',
  severity: 'broken',
  seenAs: [
    'fetch failed',
    'self-signed certificate in certificate chain',
    'unable to get local issuer certificate',
    'certificate verify failed',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network'],
  explains: [...FAILED_START, 'process-backend-unreachable'],

  match(given): Match<Found> | null {
    if (given.handshake && !failed(given)) return null;
    const { tlsError, certificate, chain, host, port = 443 } = given.network ?? {};
    const seen =
      tlsError && FAULTS.find(({ codes, words }) => codes.test(tlsError.code) || words.test(tlsError.message));
    if (tlsError && seen && host) {
      const { subject = null, issuer = null, altNames = null, validTo = null } = certificate ?? {};
      const cites = [at('network', 'tlsError', 'message'), ...(certificate ? [at('network', 'certificate')] : [])];
      return {
        certainty: 'certain',
        cites,
        facts: {
          // A public authority is known to everybody: what is missing is the certificate in between.
          fault: seen.fault === 'unknown-issuer' && PUBLIC.test(issuer ?? '') ? 'chain-incomplete' : seen.fault,
          behind: false,
          host,
          port,
          code: tlsError.code,
          subject,
          issuer,
          altNames,
          validTo,
          otherName: altNames !== null && seen.fault !== 'wrong-name' && !covers(altNames, host),
          inspector: INSPECTORS.exec(`${issuer} ${(chain ?? []).join(' ')}`)?.[0] ?? null,
        },
      };
    }
    const all = withoutInstallers(words(given));
    const kept = new Set(all.map((line) => line.at));
    const way = wayWords(given).filter((line) => kept.has(line.at));
    for (const { fault, words: said, loose } of FAULTS) {
      const onWay = find(way, said);
      const hit = onWay ?? find(all, said);
      if (!hit) continue;
      const url = targetOf(given);
      const port = url !== undefined && URL.canParse(url) ? Number(new URL(url).port || 443) : 443;
      const place = PLACE.exec(hit.line.text)?.groups ?? {};
      const facts = {
        fault,
        behind: !onWay,
        host: onWay ? (hostOf(url) ?? null) : (place.url ?? place.host ?? place.dial ?? null),
        port: onWay ? port : 443,
        code: hit.match[0],
        subject: null,
        issuer: null,
        altNames: null,
        validTo: null,
        otherName: false,
        inspector: find(all, INSPECTORS)?.match[0] ?? null,
      };
      // The client's own sentence leaves no doubt about the certificate, only about whose it is: the sign-in server has one too.
      return {
        certainty:
          !loose && onWay && hit.line.from === 'client' && !/oauth|authorization|token/i.test(hit.line.text)
            ? 'certain'
            : 'likely',
        cites: [hit.line.at],
        facts,
      };
    }
    // Who switches the check off has met a certificate that does not pass it.
    const off =
      find(all, CHECK_OFF)?.line.at ?? (CHECK_OFF.test(given.reported?.entry ?? '') ? at('reported', 'entry') : null);
    const cured = find(all, CHECK_CURES);
    // Bare names: a product that opens TLS on the way, or a certificate that a person complains of.
    const named = find(way, BY_NAME) ?? find(way, INSPECTORS);
    const place =
      cured?.line.at ??
      (way.some(({ text }) =>
        /fail|error|unable|closed|reset|disconnect|can't|cannot|not (?:connect|reach)/i.test(text),
      )
        ? (off ?? named?.line.at ?? null)
        : named?.match[0] && BY_NAME.test(named.match[0])
          ? named.line.at
          : null);
    if (place === null) return null;
    return {
      certainty: cured ? 'likely' : 'possible',
      cites: [place],
      facts: {
        fault: 'untrusted',
        behind: false,
        host: hostOf(targetOf(given)) ?? null,
        port: 443,
        code: '',
        subject: null,
        issuer: null,
        altNames: null,
        validTo: null,
        otherName: false,
        inspector: null,
      },
    };
  },
  say: ({ fault, behind, host, subject, issuer, altNames, validTo, otherName, inspector }) => {
    const details =
      fault === 'wrong-name' ? (altNames ?? subject) : fault === 'expired' ? validTo : issuer && `issuer ${issuer}`;
    if (behind)
      return `The server could not open its own TLS connection${host ? ` to ${host}` : ''}: the certificate there ${SAYS[fault]}.`;
    return `The TLS certificate of ${host ?? 'the server'} ${SAYS[fault]}${details ? ` (${details})` : ''}, so the client broke the connection off before it sent anything.${inspector ? ` It was made by ${inspector}, which opens TLS on the way.` : ''}${otherName ? ` It is also made out to other names (${altNames}).` : ''}`;
  },
  fix: ({ fault, host, port, inspector }) => {
    const name = host ?? '<host>';
    const look = {
      say: 'See the whole chain that the server presents:',
      run: `openssl s_client -connect ${name}:${port} -servername ${name} -showcerts </dev/null`,
    };
    if (fault === 'expired')
      return [
        {
          say: 'Renew the certificate on the server (certbot renew, or the panel of the host) and reload the web server.',
        },
        look,
      ];
    if (fault === 'not-yet-valid')
      return [{ say: 'Set the clock of the client machine, then try again.', run: 'date -u' }, look];
    if (fault === 'wrong-name')
      return [
        {
          say: 'Use in the URL a host name that the certificate carries, or issue the certificate anew for the name that you use.',
        },
        look,
      ];
    const trust = {
      say: `Make the client's runtime trust ${inspector ? `the authority of ${inspector} (your administrators have it as a PEM file)` : 'the authority that signed it'}: for a server entry with a command (mcp-remote) add the variable below, for the client itself set it where the client is started. Python reads SSL_CERT_FILE and REQUESTS_CA_BUNDLE, Java its cacerts key store (keytool -importcert), .NET and Go the store of the system; Node.js 22.15 and later read that store with NODE_USE_SYSTEM_CA=1.`,
      edit: { file: 'the client config', at: 'env', to: '"env": { "NODE_EXTRA_CA_CERTS": "/path/to/ca.pem" }' },
    };
    const serve = {
      say: 'On a server of your own, serve the certificate together with its intermediate certificates (nginx: ssl_certificate fullchain.pem, not cert.pem; uvicorn: --ssl-certfile fullchain.pem; Node.js: cert with the whole file).',
    };
    const free = {
      say: 'Or put a certificate of a public authority on it: Caddy and certbot get one for a public name, a tunnel brings its own, mkcert makes one that this machine trusts.',
    };
    if (fault === 'chain-incomplete' && !inspector) return [serve, look, trust];
    if (fault === 'self-signed')
      return [
        { ...trust, say: trust.say.replace('the authority that signed it', 'this certificate itself') },
        free,
        look,
      ];
    return inspector ? [trust, look] : [trust, serve, look];
  },
  why: 'curl and browsers use the trust store of the system, while Node, Python and Java carry one of their own. A company proxy that inspects TLS, a private authority or a missing intermediate certificate therefore fails in the MCP client only. Turning verification off would hand the credentials to anybody in between.',
  refs: [
    'https://nodejs.org/api/cli.html#node_extra_ca_certsfile',
    'https://www.openssl.org/docs/man3.0/man1/openssl-verification-options.html',
  ],
  examples: [
    {
      name: 'live, self-signed',
      finds: true,
      evidence: {
        network: {
          host: 'localhost',
          port: 8443,
          tls: true,
          addresses: [{ address: '127.0.0.1', family: 4 }],
          attempts: [{ address: '127.0.0.1', ms: 1 }],
          tlsMs: 4,
          tlsError: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', message: 'self-signed certificate' },
          certificate: {
            subject: 'localhost',
            issuer: 'localhost',
            validFrom: '2026-01-01T00:00:00.000Z',
            validTo: '2056-01-01T00:00:00.000Z',
            selfSigned: true,
          },
        },
      },
    },
    {
      name: 'Node behind an inspecting proxy',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: fetch failed\n[cause]: Error: unable to get local issuer certificate; code: UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      },
    },
    {
      name: 'live, a certificate of a public authority without what lies between',
      finds: true,
      evidence: {
        network: {
          host: 'mcp.acme.dev',
          port: 443,
          tls: true,
          addresses: [{ address: '203.0.113.7', family: 4 }],
          attempts: [{ address: '203.0.113.7', ms: 1 }],
          tlsError: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', message: 'unable to verify the first certificate' },
          certificate: {
            subject: 'mcp.acme.dev',
            issuer: 'R11',
            altNames: 'DNS:mcp.acme.dev',
            validFrom: '2026-10-01T00:00:00.000Z',
            validTo: '2026-12-30T00:00:00.000Z',
            selfSigned: false,
          },
        },
      },
    },
    {
      name: 'Python',
      finds: true,
      symptoms: {
        transport: 'sse',
        clientError:
          "httpx.ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'mcp.acme.dev'. (_ssl.c:1006)",
      },
    },
    {
      name: 'Go',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Post "https://mcp.acme.dev/mcp": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      },
    },
    {
      name: 'Rust and Java',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target',
      },
    },
    {
      name: 'a stdio server towards its backend, Go',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'acme-mcp', args: ['stdio'] },
        stderr:
          'level=error msg="cannot list projects" error="Get "https://git.corp.example/api/v4": tls: failed to verify certificate: x509: certificate signed by unknown authority"',
      },
    },
    {
      name: 'the same in Python, with its end',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'uvx', args: ['acme-wiki-mcp'] },
        stderr:
          "requests.exceptions.SSLError: HTTPSConnectionPool(host='wiki.corp.example', port=443): Max retries exceeded with url: /rest (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain')))",
        exitCode: 1,
      },
    },
    {
      name: 'uv, whose reason stands below the registry',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'uvx', args: ['some-server'] },
        stderr:
          'error: Failed to fetch: `https://pypi.registry.example/simple/some-server/`\n  Caused by: client error (Connect)\n  Caused by: invalid peer certificate: UnknownIssuer',
        exitCode: 1,
      },
    },
    {
      name: 'npm behind the same proxy',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'some-server'] },
        stderr: 'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error self-signed certificate in certificate chain',
        exitCode: 1,
      },
    },
    {
      name: 'no TLS at all',
      finds: false,
      symptoms: {
        url: 'https://localhost:3000/mcp',
        clientError: 'write EPROTO 140:error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
      },
    },
    {
      name: 'with the check off it works',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://localhost:8443/mcp',
        clientError: 'NODE_TLS_REJECT_UNAUTHORIZED=0 makes it work',
      },
    },
    {
      name: 'a product on the way',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        clientError: "Zscaler intercepts TLS; the client can't connect",
      },
    },
    {
      name: 'an alert in the log of the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'failed to connect',
        serverLog: 'http: TLS handshake error from 10.0.0.5:51324: remote error: tls: bad certificate',
      },
    },
  ],
});
