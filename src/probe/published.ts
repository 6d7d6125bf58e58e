/**
 * A port of this machine that takes a connection and ends it without a byte is often published by a container engine, whose proxy
 * accepts for a program that does not listen where the port leads. The engine is asked what it published, and on Linux the kernel
 * where the programs inside listen; nothing is run in the container.
 */
import type { Evidence } from '../case/evidence.js';
import { ask } from './ask.js';
import type { World } from './world.js';

type Published = NonNullable<Evidence['network']['published']>;

const ENGINES = ['docker', 'podman'];
const LIMIT_MS = 2_000;
/** In /proc/net/tcp listening sockets come first: the first page of it is enough. */
const PAGE_BYTES = 4_096;
const LISTEN = '0A';
/** The name server that Docker puts into the containers of its networks. */
const OWN_RESOLVER = '127.0.0.11';
/** One line each; the whole of `inspect` would hold the environment of the container. */
const FORMAT = '{{.State.Pid}}\n{{.Name}}\n{{.Config.Image}}\n{{json .NetworkSettings.Ports}}';

/** An address of /proc/net/tcp: words of 32 bits in the byte order of the machine. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16));
  if (numbers.length === 4) return numbers.join('.');
  if (numbers.every((number) => number === 0)) return '::';
  if (numbers.slice(0, 15).every((number) => number === 0) && numbers[15] === 1) return '::1';
  return (bytes.join('').match(/.{4}/g) ?? []).join(':').toLowerCase();
}

/** Where the programs in the network namespace of a process listen; undefined where the kernel does not tell. */
export function listensIn(pid: number, world: World): Published['listens'] {
  const tables = ['tcp', 'tcp6'].flatMap((table) => world.head(`/proc/${pid}/net/${table}`, PAGE_BYTES) ?? []);
  if (!tables.length) return undefined;
  return tables
    .flatMap((table) => table.toString('latin1').split('\n'))
    .flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      return state === LISTEN && port ? [{ address: addressOf(address), port: Number.parseInt(port, 16) }] : [];
    })
    .filter(({ address }) => address !== OWN_RESOLVER)
    .slice(0, 20);
}

/** The port inside to which a port of the machine leads: `{"3000/tcp":[{"HostIp":"0.0.0.0","HostPort":"8000"}]}`. */
function innerPort(json: string, port: number): number | undefined {
  try {
    const ports = JSON.parse(json) as Record<string, { HostPort?: string }[] | null>;
    const found = Object.entries(ports).find(([, places]) => places?.some((place) => Number(place.HostPort) === port));
    return found && Number.parseInt(found[0], 10);
  } catch {
    return undefined;
  }
}

/** The container that publishes a port of this machine; undefined when there is none, or no engine that would tell. */
export async function publishedBy(port: number, world: World): Promise<Published | undefined> {
  const env = Object.fromEntries(
    Object.entries(world.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  for (const engine of ENGINES) {
    const tell = async (...args: string[]) => {
      const answer = await ask(engine, args, { env, limitMs: LIMIT_MS }, world);
      return answer?.code === 0 ? answer.stdout.trim() : '';
    };
    const [id] = (await tell('ps', '--quiet', '--no-trunc', '--filter', `publish=${port}`)).split(/\s+/);
    if (!id) continue;
    const [pid = '', name = '', image = '', ports = ''] = (await tell('inspect', '--format', FORMAT, id)).split('\n');
    const containerPort = innerPort(ports, port);
    if (containerPort === undefined) continue;
    const listens = Number(pid) > 0 ? listensIn(Number(pid), world) : undefined;
    return {
      engine,
      container: name.replace(/^\//, ''),
      image,
      port: containerPort,
      ...(listens && { listens }),
    };
  }
  return undefined;
}
