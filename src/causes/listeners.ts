/** Where a server listens and what a container publishes, as logs, `ss`, `docker ps` and entries tell it. */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Line, words } from './words.js';

type Seen = Partial<Evidence>;

export interface Listener {
  /** Null when only the port is told. */
  address: string | null;
  port: number;
  at: string;
}

/** `ss`, `netstat`, `lsof`: the local address stands before the one of the peer, or before "(LISTEN)". */
const SOCKET =
  /\bLISTEN\b.{0,40}?\s(?<a>\[?[\da-f:.*]{1,40}?\]?):(?<p>\d{2,5})\s|\s(?<a2>\[?[\da-f:.*]{1,40}?\]?):(?<p2>\d{2,5})\s+\S{1,40}\s+LISTEN(?:ING)?\b|\bTCP (?<a3>\[?[\w:.*-]{1,60}?\]?):(?<p3>\d{2,5}) \(LISTEN\)/;
/** The remark of a person beside such a command: "[::1]:8181 only", "bound to 127.0.0.1:3000". */
const REMARK =
  /\b(?:bound|binds|binding|bind|listens?|listening) (?:only )?(?:to|on|at)\W{1,3}(?:https?:\/\/)?(?<a>localhost|127\.0\.0\.1|0\.0\.0\.0|\[?::1?\]?)(?::(?<p>\d{2,5}))?|(?<a2>127\.0\.0\.1|localhost|\[?::1\]?):(?<p2>\d{2,5}) only\b/i;
/** What servers print when they are up: Uvicorn, Hypercorn, Kestrel, Vite, Express, Tomcat, FastMCP, Go, Rust. */
const BANNER =
  /\b(?:running|listening|started|serving|starting|available|ready|bound|up|server|now listening|listen|local:|url:)(?:\b|(?<=:)).{0,60}?\bhttps?:\/\/(?<a>\[[\da-f:]{2,40}\]|[\w.-]{1,60}):(?<p>\d{2,5})|\b(?:listening|listen|started|running|serving|bound|bind)\b.{0,40}?\b(?:on|at|to|addr(?:ess)?[=:]?|host[=:]?)\W{1,3}(?<a2>(?:\d{1,3}\.){3}\d{1,3}|localhost|\[::1?\]|::1?|\*)(?::(?<p2>\d{2,5})|,? port[ =:]{1,2}(?<p3>\d{2,5}))|\b(?:listening|started|running|serving|server)\b.{0,40}?\bport(?:\(s\))?[ :=]{1,3}(?<p4>\d{2,5})\b/i;

const of = (line: Line): Listener | null => {
  const groups = (SOCKET.exec(line.text) ?? REMARK.exec(line.text) ?? BANNER.exec(line.text))?.groups;
  if (!groups) return null;
  const address = groups.a ?? groups.a2 ?? groups.a3;
  const port = groups.p ?? groups.p2 ?? groups.p3 ?? groups.p4;
  return { address: address?.replace(/^\[|\]$/g, '') ?? null, port: Number(port ?? 0), at: line.at };
};

/** The client's own listener for sign-in, and the Inspector's. */
const ASIDE = /callback|oauth|inspector|proxy server listening/i;

/** Every place at which the server is said to listen. */
export const listeners = (given: Seen): Listener[] =>
  words(given).flatMap((line) => {
    const found = line.joined || ASIDE.test(line.text) ? null : of(line);
    return found ? [found] : [];
  });

/** The container is there no more, or comes and goes: nobody listens anywhere. */
const GONE = /\bExited \(\d|\bexited with code \d|\bRestarting \(\d/;
export const isGone = (given: Seen): boolean => words(given).some(({ text }) => GONE.test(text));

export const isLoopback = (address: string | null | undefined): boolean =>
  /^(?:localhost|127\.|::1$|ip6-localhost)/.test(address ?? '');

/** The entry of the client, or the part of a compose file, in one text; and where it stands. */
export const entryText = ({ launch, reported }: Seen): string =>
  `${launch ? [launch.command, ...launch.args].join(' ') : ''} ${reported?.entry ?? ''}`.trim();
export const entryAt = ({ launch, reported }: Seen): string | null =>
  reported?.entry !== undefined ? at('reported', 'entry') : launch ? at('launch', 'command') : null;

/** Pairs of host port and container port: `-p 8000:8000`, `"8000:8000"` of compose, `0.0.0.0:8000->8000/tcp` of docker ps. */
const PAIR =
  /(?:-p|--publish)[ =",]{1,4}(?:[\d.]{7,15}:)?(?<h>\d{2,5}):(?<c>\d{2,5})\b|"(?:[\d.]{7,15}:)?(?:(?<h2>\d{2,5})|\$\{\w{1,40}(?::?-(?<h3>\d{2,5}))?\}):(?<c2>\d{2,5})(?:\/tcp)?"|[\d.\]]:(?<h4>\d{2,5})->(?<c3>\d{2,5})\/tcp|"?targetPort"?\s{0,3}[:=]\s{0,3}"?(?<c4>\d{2,5})/g;

export const published = (given: Seen): { host: number; container: number }[] => {
  const text = [entryText(given), ...words(given).map((line) => line.text)].join('\n');
  return [...text.matchAll(PAIR)].map(({ groups = {} }) => ({
    host: Number(groups.h ?? groups.h2 ?? groups.h3 ?? groups.h4 ?? groups.c4 ?? 0),
    container: Number(groups.c ?? groups.c2 ?? groups.c3 ?? groups.c4),
  }));
};

const ENGINE =
  /\b(?:docker|podman|containers?|compose|kubernetes|k8s|ecs|fargate|devcontainer|swarm|nomad|openshift|helm|minikube|kind)\b/i;
const TOLD =
  /\bdocker[- ](?:compose|run|ps|exec|logs|inspect)\b|\bkubectl\b|\b(?:in|inside|outside|from) (?:the |a |its )?(?:\w{1,20} )?container\b|\bdocker host\b|host\.docker\.internal|->\d{2,5}\/tcp/i;

/** Whether the server, or its client, runs in a container, as far as it was told. */
export function inContainer(given: Seen): { at: string } | null {
  const { reported } = given;
  if (ENGINE.test(reported?.platform ?? '')) return { at: at('reported', 'platform') };
  const text = entryText(given);
  if (
    /\bdocker\b|\bpodman\b|"ports"|"docker_args"|"containerPort"|"image"/i.test(text) ||
    published(given).length > 0
  ) {
    const place = entryAt(given);
    if (place) return { at: place };
  }
  const line = words(given).find(({ text: said }) => TOLD.test(said));
  return line ? { at: line.at } : null;
}

/**
 * What stands behind the published port that was called, as its engine and the kernel told it: a program that listens there on the
 * loopback of the container alone, one that listens on another port, or nobody knows. Null: the port is fine, or nothing listens at all.
 */
export function behindPort({ network }: Seen): 'loopback' | 'other-port' | 'unknown' | null {
  const published = network?.published;
  if (!published) return null;
  if (!published.listens) return 'unknown';
  const there = published.listens.filter(({ port }) => port === published.port);
  if (there.length > 0) return there.every(({ address }) => isLoopback(address)) ? 'loopback' : null;
  return published.listens.length > 0 ? 'other-port' : null;
}

/** A status that only a server gives itself: whoever says it was reached. */
const ANSWERED =
  /\b(?:HTTP(?:\/[\d.]+)?|status(?: code)?|code)\W{1,3}(?:[1345]\d\d|2\d\d)\b(?<!50[234])|"jsonrpc"\s*:.{0,200}"(?:result|error)"/i;

/** Whether the report shows an answer of the server, as a status or as words of the client. */
export const wasReached = (given: Seen): boolean =>
  Boolean(
    given.http?.exchanges.some(
      // An access log may be that of a gateway: only requests to an MCP address count in it.
      ({ status, purpose, url }) =>
        status !== undefined &&
        (status < 502 || status > 504) &&
        (purpose !== 'logged' || /\/(?:mcp|sse|messages?)\b/.test(url)),
    ),
  ) || words(given).some(({ text, from, joined }) => from === 'client' && !joined && ANSWERED.test(text));
