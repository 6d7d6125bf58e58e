/** The way to a host, phase by phase: name, TCP to every address, TLS with the certificate. Sends no request. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type PeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Evidence, SystemError } from '../case/evidence.js';
import { errorOf } from '../wire/http-exchange.js';

const MAX_ADDRESSES = 8;

type Network = Evidence['network'];

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
    socket.once('error', (error) => end(systemErrorOf(error)));
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

/** One TLS handshake. It is completed even when the certificate is not trusted, so that the certificate can be shown. */
function tryTls(
  host: string,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<Pick<Network, 'tlsMs' | 'tlsError' | 'certificate'>> {
  const from = performance.now();
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: address,
      port,
      servername: /^[\d.]+$|:/.test(host) ? undefined : host,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    const end = (facts: Pick<Network, 'tlsMs' | 'tlsError' | 'certificate'>) => {
      socket.destroy();
      resolve(facts);
    };
    socket.setTimeout(timeoutMs, () =>
      end({ tlsError: { code: 'ETIMEDOUT', message: `no TLS handshake within ${timeoutMs} ms` } }),
    );
    socket.once('error', (error) => end({ tlsError: systemErrorOf(error) }));
    socket.once('secureConnect', () => {
      const certificate = certificateOf(socket);
      const tlsMs = performance.now() - from;
      if (socket.authorized) return end({ tlsMs, certificate });
      const code = String(
        (socket.authorizationError as { code?: string } | undefined)?.code ?? socket.authorizationError ?? 'UNTRUSTED',
      );
      return end({ tlsMs, certificate, tlsError: { code, message: socket.authorizationError?.message ?? code } });
    });
  });
}

/** Whether a port answers plain HTTP: what it says to a bare request, read only as far as the first word. */
function answersPlainHttp(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port }, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('data', (chunk) => end(chunk.toString('latin1', 0, 5) === 'HTTP/'));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** Look at the way to the host of a URL. Never throws. */
export async function observeNetwork(url: URL, timeoutMs: number): Promise<Network> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'https:';
  const port = Number(url.port || (tls ? 443 : 80));
  const network: Network = { host, port, tls, addresses: [], attempts: [] };
  const from = performance.now();
  try {
    network.addresses = (await lookup(host, { all: true, verbatim: true })).slice(0, MAX_ADDRESSES);
    network.dnsMs = performance.now() - from;
  } catch (error) {
    network.dnsMs = performance.now() - from;
    network.dnsError = systemErrorOf(error);
    return network;
  }
  network.attempts = await Promise.all(network.addresses.map(({ address }) => tryTcp(address, port, timeoutMs)));
  const reached = network.attempts.find(({ error }) => !error);
  if (!tls || !reached) return network;
  Object.assign(network, await tryTls(host, reached.address, port, timeoutMs));
  if (network.tlsError && !network.certificate)
    network.plainHttpAnswers = await answersPlainHttp(reached.address, port, timeoutMs);
  return network;
}
