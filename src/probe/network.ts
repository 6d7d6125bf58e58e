/** The way to a host, phase by phase: name, TCP to every address, TLS with the certificate. Sends no request. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type PeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Evidence, SystemError } from '../case/evidence.js';
import { rangeOf } from '../wire/address.js';
import { errorOf } from '../wire/http-exchange.js';
import { observeProxy } from './proxy.js';

const MAX_ADDRESSES = 8;

type Network = Evidence['network'];
type TlsFacts = Pick<Network, 'tlsMs' | 'tlsError' | 'certificate' | 'chain' | 'alpn' | 'tlsVersion'>;

const systemErrorOf = (error: unknown): SystemError => {
  const { syscall } = error as NodeJS.ErrnoException;
  return { ...errorOf(error), syscall };
};

/** Try one TCP connection. */
function tryTcp(address: string, port: number, timeoutMs: number): Promise<Network['attempts'][number]> {
  const from = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (error?: SystemError) => {
      socket.destroy();
      resolve({ address, ms: performance.now() - from, ...(error && { error }) });
    };
    socket.setTimeout(timeoutMs, () =>
      end({ code: 'ETIMEDOUT', message: `connect ${address}:${port}: no answer within ${timeoutMs} ms` }),
    );
    socket.once('connect', () => end());
    socket.on('error', (error) => end(systemErrorOf(error)));
  });
}

const nameOf = (name: PeerCertificate['subject'] | undefined): string =>
  name ? String(name.CN ?? name.O ?? '').slice(0, 200) : '';

function certificateOf(socket: TLSSocket): Network['certificate'] {
  const found = socket.getPeerCertificate();
  if (!found?.valid_to) return undefined;
  return {
    subject: nameOf(found.subject),
    issuer: nameOf(found.issuer),
    altNames: found.subjectaltname?.slice(0, 1_000),
    validFrom: new Date(found.valid_from).toISOString(),
    validTo: new Date(found.valid_to).toISOString(),
    selfSigned: JSON.stringify(found.subject) === JSON.stringify(found.issuer),
  };
}

/** Common names of the certificates behind the first one, up to the root. */
function chainOf(socket: TLSSocket): string[] {
  const chain: string[] = [];
  let here = socket.getPeerCertificate(true);
  while (here?.issuerCertificate && here.issuerCertificate !== here && chain.length < 8) {
    here = here.issuerCertificate;
    chain.push(nameOf(here.subject));
  }
  return chain;
}

/** One TLS handshake. It is completed even when the certificate is not trusted, so that the certificate can be shown. */
function tryTls(host: string, address: string, port: number, timeoutMs: number): Promise<TlsFacts> {
  const from = performance.now();
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: address,
      port,
      servername: /^[\d.]+$|:/.test(host) ? undefined : host,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    const end = (facts: TlsFacts) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(facts);
    };
    // A limit for the whole: a handshake that trickles is never idle.
    const timer = setTimeout(
      () => end({ tlsError: { code: 'ETIMEDOUT', message: `no TLS handshake within ${timeoutMs} ms` } }),
      timeoutMs,
    );
    socket.on('error', (error) => end({ tlsError: systemErrorOf(error) }));
    socket.once('close', () =>
      end({ tlsError: { code: 'ECONNRESET', message: 'closed before the end of the handshake' } }),
    );
    socket.once('secureConnect', () => {
      const certificate = certificateOf(socket);
      const seen = {
        tlsMs: performance.now() - from,
        certificate,
        chain: chainOf(socket),
        alpn: socket.alpnProtocol || undefined,
        tlsVersion: socket.getProtocol() ?? undefined,
      };
      if (socket.authorized) return end(seen);
      const code = String(
        (socket.authorizationError as { code?: string } | undefined)?.code ?? socket.authorizationError ?? 'UNTRUSTED',
      );
      return end({ ...seen, tlsError: { code, message: socket.authorizationError?.message ?? code } });
    });
  });
}

/** Whether a port answers plain HTTP: what it says to a bare request, read only as far as the first word. */
function answersPlainHttp(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port }, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.once('data', (chunk) => end(chunk.toString('latin1', 0, 5) === 'HTTP/'));
    socket.on('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** Whether a port that was asked in plain HTTP answers a TLS handshake. */
export async function answersTls({ host, port, attempts }: Network, timeoutMs: number): Promise<boolean> {
  const reached = attempts.find(({ error }) => !error);
  if (!reached) return false;
  return (await tryTls(host, reached.address, port, timeoutMs)).tlsMs !== undefined;
}

const LOOPBACK = ['127.0.0.1', '::1'];

export interface NetworkOptions {
  timeoutMs: number;
  /** The environment of the user's shell, for its proxy variables. */
  env: Record<string, string | undefined>;
  /** A reason not to connect to an address. */
  refuse?(address: string): string | null;
}

/** Look at the way to the host of a URL. Never throws. */
export async function observeNetwork(url: URL, options: NetworkOptions): Promise<Network> {
  const { timeoutMs, env } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'https:';
  const port = Number(url.port || (tls ? 443 : 80));
  const network: Network = { host, port, tls, addresses: [], attempts: [] };
  const from = performance.now();
  // A proxy resolves the name by itself, and may lead to any address.
  const proxy = observeProxy(url, env, timeoutMs, options.refuse === undefined);
  try {
    const found = (await lookup(host, { all: true, verbatim: true })).slice(0, MAX_ADDRESSES);
    network.addresses = found.map(({ address, family }) => ({ address, family, range: rangeOf(address) }));
    network.dnsMs = performance.now() - from;
  } catch (error) {
    network.dnsMs = performance.now() - from;
    network.dnsError = systemErrorOf(error);
    network.proxy = await proxy;
    return network;
  }
  network.attempts = await Promise.all(
    network.addresses.map(({ address }) => {
      const why = options.refuse?.(address);
      if (why) return { address, ms: 0, error: { code: 'ADDRESS_REFUSED', message: `not connected to: ${why}` } };
      return tryTcp(address, port, timeoutMs);
    }),
  );
  const reached = network.attempts.find(({ error }) => !error);
  if (!options.refuse) await tryBeside(network, timeoutMs, /^localhost$|\.localhost$/i.test(host) || !reached);
  if (tls && reached) {
    Object.assign(network, await tryTls(host, reached.address, port, timeoutMs));
    if (network.tlsError && !network.certificate)
      network.plainHttpAnswers = await answersPlainHttp(reached.address, port, timeoutMs);
  }
  network.proxy = await proxy;
  return network;
}

/** A server on this machine may listen on the loopback address of the other family only. */
async function tryBeside(network: Network, timeoutMs: number, wanted: boolean): Promise<void> {
  if (!wanted || !network.addresses.some(({ range }) => range === 'loopback')) return;
  const known = new Set(network.addresses.map(({ address }) => address));
  const others = LOOPBACK.filter((address) => !known.has(address));
  const tried = await Promise.all(others.map((address) => tryTcp(address, network.port, timeoutMs)));
  network.attempts.push(...tried.map((attempt) => ({ ...attempt, beside: true as const })));
}
