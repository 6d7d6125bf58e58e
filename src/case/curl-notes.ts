/** The way to the host as curl -v and wget narrate it: addresses tried, how each failed, TLS and the certificate. */
import type { Evidence, SystemError } from './evidence.js';

type Network = Evidence['network'];

/** How the C library and Windows word a failed connection, with the name of the error. */
const ERRNO: [RegExp, string][] = [
  [/refused/i, 'ECONNREFUSED'],
  [/reset by peer|was reset|forcibly closed/i, 'ECONNRESET'],
  [/timed? ?out|timeout/i, 'ETIMEDOUT'],
  [/no route to host/i, 'EHOSTUNREACH'],
  [/network is (?:unreachable|down)|unreachable network/i, 'ENETUNREACH'],
  [/cannot assign requested|not available/i, 'EADDRNOTAVAIL'],
  [/permission denied|bad access|forbidden by its access/i, 'EACCES'],
];

/** The name of the error that words tell of; `fallback` when they tell of none. */
export const errnoOf = (words: string, fallback: string): string =>
  ERRNO.find(([pattern]) => pattern.test(words))?.[1] ?? fallback;

/** What is wrong with TLS, with the code that Node gives it. */
const TLS: [RegExp, string][] = [
  [/certificate has expired|CERT_EXPIRED/i, 'CERT_HAS_EXPIRED'],
  [/not yet valid|not yet activated/i, 'CERT_NOT_YET_VALID'],
  [/self[- ]signed certificate in certificate chain/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self[- ]signed certificate/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    /unable to get local issuer|UNTRUSTED_ROOT|unknown CA|known issuer|self-signed CA/i,
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
  [/unable to verify the first certificate/i, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/subject name|WRONG_PRINCIPAL|match(?:es)? (?:target )?host ?name/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/wrong version number/i, 'ERR_SSL_WRONG_VERSION_NUMBER'],
  [/packet length too long|record layer failure/i, 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
  [/alert handshake failure|handshake_failure/i, 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
  [/unrecognized name/i, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
  [/protocol version|unsupported protocol/i, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
  [/not trusted|certificate problem|verif/i, 'CERT_UNTRUSTED'],
  [/SSL_ERROR_SYSCALL|reset/i, 'ECONNRESET'],
];

export const tlsCodeOf = (words: string): string => TLS.find(([pattern]) => pattern.test(words))?.[1] ?? 'EPROTO';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "Nov 26 01:26:52 2026 GMT" in ISO 8601; as it was when it is written in another way. */
function iso(date: string): string {
  const { month, day, time, year } =
    /^(?<month>[A-Z][a-z]{2})\s+(?<day>\d{1,2}) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4}) GMT$/.exec(date)?.groups ?? {};
  const index = MONTHS.indexOf(month ?? '');
  if (index < 0) return date.slice(0, 60);
  return `${year}-${String(index + 1).padStart(2, '0')}-${day?.padStart(2, '0')}T${time}.000Z`;
}

const MAX_ATTEMPTS = 20;

/** The notes of one transfer. Lines come without their mark. */
export class Way {
  #host: string | undefined;
  #port: number | undefined;
  #tls = false;
  #dnsError: SystemError | undefined;
  #tlsError: SystemError | undefined;
  #attempts: (Network['attempts'][number] & { connected?: true })[] = [];
  readonly #certificate: Record<string, string> = {};
  #version: string | undefined;
  #alpn: string | undefined;
  #proxy: { variable?: string; exempt?: boolean; through?: NonNullable<Network['proxy']>['through'] } | undefined;
  /** The connection was closed: what comes after is another transfer. */
  over = false;

  /** The URL that was asked for, when a command line tells it. */
  aim(url: string): void {
    if (!URL.canParse(url)) return;
    const { hostname, port, protocol } = new URL(url);
    this.#host = hostname.replace(/^\[|\]$/g, '');
    this.#tls = protocol === 'https:';
    this.#port = Number(port || (this.#tls ? 443 : 80));
  }

  get tls(): boolean {
    return this.#tls;
  }

  get failed(): boolean {
    return (
      this.#dnsError !== undefined ||
      this.#tlsError !== undefined ||
      (this.#attempts.length > 0 && this.#attempts.every(({ error }) => error))
    );
  }

  #try(address: string): void {
    if (this.#attempts.length < MAX_ATTEMPTS && !this.#attempts.some((one) => one.address === address))
      this.#attempts.push({ address, ms: 0 });
  }

  #fail(address: string, words: string, syscall: string): void {
    this.#try(address);
    const attempt = this.#attempts.find((one) => one.address === address);
    if (attempt) attempt.error = { code: errnoOf(words, 'ECONNREFUSED'), message: words.slice(0, 300), syscall };
  }

  /** One line of the narration. */
  note(line: string): void {
    const address = /^\s*Trying \[?(?<address>[\da-fA-F:.]+?)\]?(?::(?<port>\d{1,5}))?\.\.\.\s*$/.exec(line)?.groups;
    if (address?.address) {
      this.#try(address.address);
      if (address.port) this.#port ??= Number(address.port);
      return;
    }
    const failure =
      /^\s*connect to \[?(?<address>[\da-fA-F:.]+?)\]? port (?<port>\d{1,5})(?: from \S+ port \d+)? failed: (?<words>.*)$/.exec(
        line,
      )?.groups ?? /^\s*Immediate connect fail for \[?(?<address>[\da-fA-F:.]+?)\]?: (?<words>.*)$/.exec(line)?.groups;
    if (failure?.address) {
      this.#fail(failure.address, `connect to ${failure.address} failed: ${failure.words}`, 'connect');
      return;
    }
    const to =
      /^\s*(?:Connected to (?<name>\S{1,253}) \((?<address>[\da-fA-F:.]+)\) port (?<port>\d{1,5})|Established connection to (?<name2>\S{1,253}) \((?<address2>[\da-fA-F:.]+) port (?<port2>\d{1,5})\))/.exec(
        line,
      )?.groups;
    if (to) {
      this.#host ??= to.name ?? to.name2;
      this.#port ??= Number(to.port ?? to.port2);
      const reached = to.address ?? to.address2 ?? '';
      this.#try(reached);
      const attempt = this.#attempts.find((one) => one.address === reached);
      if (attempt) attempt.connected = true;
      return;
    }
    const away = /^\s*Failed to connect to (?<name>\S{1,253}) port (?<port>\d{1,5})/.exec(line)?.groups;
    if (away) {
      this.#host ??= away.name;
      this.#port ??= Number(away.port);
      if (/timed? ?out|timeout/i.test(line)) this.#late(line);
      return;
    }
    const unknown = /^\s*Could not resolve (?:host|proxy): (?<name>[^\s(]{1,253})/i.exec(line)?.groups?.name;
    if (unknown) {
      this.dns(unknown, line.trim());
      return;
    }
    if (/^\s*Connection timed out after|^\s*connection timeout/i.test(line)) this.#late(line);
    if (/^\s*(?:Closing connection|shutting down connection|Closing TLS)/i.test(line)) this.over = true;
    this.#secure(line);
    const variable = /^\s*Uses proxy env variable (?<name>\w{1,20}) ==/.exec(line)?.groups?.name;
    if (variable) this.#proxy = { ...this.#proxy, ...(/no_proxy/i.test(variable) ? { exempt: true } : { variable }) };
  }

  /** What a proxy answered to CONNECT. */
  proxied(status: number | undefined, error: SystemError | undefined, body: string): void {
    const { code, message } = error ?? { code: '', message: '' };
    this.#proxy = {
      ...this.#proxy,
      through: {
        ms: 0,
        ...(status !== undefined && { status }),
        ...(error && { error: { code, message } }),
        ...(body && { body: body.slice(0, 1_000) }),
      },
    };
  }

  #late(line: string): void {
    for (const attempt of this.#attempts)
      if (!attempt.error && !attempt.connected)
        attempt.error = { code: 'ETIMEDOUT', message: line.trim().slice(0, 300), syscall: 'connect' };
  }

  /** TLS: its version, what was agreed on, the certificate, and what was wrong. */
  #secure(line: string): void {
    const agreed = /^\s*SSL connection using (?<version>TLSv?[\d.]{1,5}|SSLv?\d)/.exec(line)?.groups?.version;
    if (agreed) this.#version = agreed;
    if (agreed || /^\s*(?:TLSv|ALPN|schannel:|Server certificate:)/.test(line)) this.#tls = true;
    this.#alpn ??= /^\s*ALPN:? server accepted(?: to use)? (?<name>[\w./]{1,20})/.exec(line)?.groups?.name;
    const { name, value } =
      /^ {1,3}(?<name>subject|issuer|start date|expire date|subjectAltName): (?<value>.{1,500})$/.exec(line)?.groups ??
      {};
    if (name && value) this.#certificate[name] ??= value;
    if (
      /^\s*(?:SSL certificate problem|SSL: (?:no alternative certificate|certificate subject name|no certificate subject)|schannel: SNI or certificate check failed|OpenSSL\/\S+: error:|OpenSSL SSL_connect|error:[0-9A-F]{6})/i.test(
        line,
      )
    )
      this.tlsFailed(line.trim());
  }

  dns(name: string, words: string): void {
    this.#host ??= name;
    this.#dnsError = {
      code: /temporary failure|try again|timed? ?out/i.test(words) ? 'EAI_AGAIN' : 'ENOTFOUND',
      message: words.slice(0, 300),
      syscall: 'getaddrinfo',
    };
  }

  tlsFailed(words: string): void {
    this.#tls = true;
    this.#tlsError ??= { code: tlsCodeOf(words), message: words.slice(0, 300) };
  }

  /** wget: `Connecting to host (host)|127.0.0.1|:3000... failed: Connection refused.` */
  wget(name: string, address: string | undefined, port: string | undefined, outcome: string): void {
    this.#host ??= name;
    if (port) this.#port ??= Number(port);
    if (!address) return;
    if (/^failed/.test(outcome)) this.#fail(address, `connect to ${address}: ${outcome}`, 'connect');
    else {
      this.#try(address);
      const attempt = this.#attempts.find((one) => one.address === address);
      if (attempt && /^connected/.test(outcome)) attempt.connected = true;
    }
  }

  /** What curl said at its end. Codes of curl(1). */
  curl(code: number, words: string): void {
    const name = /(?:resolve (?:host|proxy)(?: name)?|[Cc]onnect to) ?:? ?(?<name>[\w.-]{1,253})/.exec(words)?.groups
      ?.name;
    if ((code === 5 || code === 6) && name && !this.#dnsError) this.dns(name, words);
    if ([35, 51, 58, 60, 77, 83, 90, 91].includes(code)) this.tlsFailed(words);
    if (code === 28 && /connect/i.test(words)) this.#late(words);
  }

  /** The evidence; undefined when the notes name no host. */
  evidence(): Network | undefined {
    if (this.#host === undefined) return undefined;
    // An address that neither failed nor answered was overtaken by another.
    const attempts = this.#attempts
      .filter(({ error, connected }) => error || connected)
      .map(({ connected: _, ...attempt }) => attempt);
    if (!this.#dnsError && !this.#tlsError && attempts.length === 0) return undefined;
    const { subject, issuer, 'start date': from, 'expire date': to, subjectAltName } = this.#certificate;
    return {
      host: this.#host,
      port: this.#port ?? (this.#tls ? 443 : 80),
      tls: this.#tls,
      addresses: this.#attempts.map(({ address }) => ({ address, family: address.includes(':') ? 6 : 4 })),
      attempts,
      ...(this.#dnsError && { dnsError: this.#dnsError }),
      ...(this.#tlsError && { tlsError: this.#tlsError }),
      ...(this.#version && { tlsVersion: this.#version }),
      ...(this.#alpn && { alpn: this.#alpn }),
      ...(subject &&
        issuer &&
        from &&
        to && {
          certificate: {
            subject,
            issuer,
            ...(subjectAltName && { altNames: subjectAltName }),
            validFrom: iso(from),
            validTo: iso(to),
            selfSigned: subject === issuer,
          },
        }),
      ...(this.#proxy && {
        proxy: {
          variables: this.#proxy.variable ? [this.#proxy.variable] : [],
          ...(this.#proxy.variable && { applies: this.#proxy.variable }),
          exempt: this.#proxy.exempt ?? false,
          ...(this.#proxy.through && { through: this.#proxy.through }),
        },
      }),
    };
  }
}
