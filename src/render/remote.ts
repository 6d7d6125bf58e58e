/** Quoted evidence of a remote server, in words: the way to it, the exchanges, what answers where, the stream that was watched. */
import type { CaseFile } from '../case/case-file.js';
import type { Evidence, Exchange } from '../case/evidence.js';
import { resolve } from '../case/pointer.js';
import { duration } from './duration.js';

interface Fact {
  label: string;
  text: string;
}

/** A URL as short as it can be told: on the host of the target its path is enough. */
function shortUrl(file: CaseFile, url: string): string {
  const home = file.target.url;
  if (home === undefined || !URL.canParse(home) || !URL.canParse(url)) return url;
  const [a, b] = [new URL(home), new URL(url)];
  return a.origin === b.origin ? b.pathname + b.search : url;
}

/** Headers that an experiment set on purpose, as far as they tell something. */
const setOnPurpose = ({ requestHeaders = {} }: Exchange): string =>
  Object.entries(requestHeaders)
    .filter(([, value]) => value !== '<set>')
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');

function exchangeFact(file: CaseFile, at: string, quote: string): Fact {
  const tokens = at.split('/');
  const record = resolve(file, tokens.slice(0, 6).join('/')) as Exchange | undefined;
  if (!record) return { label: 'HTTP', text: quote };
  const label = `${record.method} ${shortUrl(file, record.url)}`.trim() || 'HTTP';
  if (tokens.length > 6) return { label: `${label}, ${tokens.slice(6).join(' ')}`, text: quote };
  const rpc =
    record.rpc !== undefined && record.rpc !== record.purpose && record.rpc !== 'initialize' ? record.rpc : '';
  const purpose =
    record.purpose.includes('/') || /^(?:initialize|reported|logged|auth-.*)$/.test(record.purpose)
      ? ''
      : record.purpose;
  const asked = [purpose, rpc, record.requestHeaders && file.origin === 'live' ? setOnPurpose(record) : ''].filter(
    Boolean,
  );
  const answer =
    record.status === undefined
      ? (record.error?.code ?? (record.body ? 'answer, without its status' : 'no answer'))
      : [`HTTP ${record.status}`, record.contentType, record.error?.code, record.stopped].filter(Boolean).join(' ');
  const body = (record.body ?? '').replace(/\s+/g, ' ').trim();
  const said = body && !/^</.test(body) ? `: ${body.slice(0, 160)}` : '';
  return { label, text: `${answer}${said}${asked.length ? ` (${asked.join('; ')})` : ''}` };
}

const NETWORK: Record<string, string> = {
  dnsError: 'name resolution',
  addresses: 'name resolution',
  tlsError: 'TLS, handshake',
  certificate: 'TLS, certificate',
  chain: 'TLS, chain',
  alpn: 'TLS',
  proxy: 'proxy of the environment',
  published: 'published port',
};

function networkFact(file: CaseFile, at: string, quote: string): Fact {
  const part = at.split('/')[4] ?? '';
  // An attempt is told whole, also when only its address or its error is cited.
  const place = part === 'attempts' ? at.split('/').slice(0, 6).join('/') : at;
  const value = resolve(file, place) as Record<string, unknown> | undefined;
  if (part === 'attempts' && typeof value?.address === 'string') {
    const { address, ms, error } = value as Evidence['network']['attempts'][number];
    return { label: `connection to ${address}`, text: error ? error.message : `accepted after ${duration(ms)}` };
  }
  if (part === 'certificate' && typeof value?.subject === 'string')
    return {
      label: 'TLS, certificate',
      text: `for ${value.altNames ?? value.subject}, by ${value.issuer}, valid ${String(value.validFrom).slice(0, 10)} to ${String(value.validTo).slice(0, 10)}`,
    };
  if (part === 'published' && typeof value === 'object' && 'container' in value) {
    const { engine, container, port, listens } = value as NonNullable<Evidence['network']['published']>;
    const heard = listens?.map((place) => `${place.address}:${place.port}`).join(', ');
    return {
      label: NETWORK.published ?? '',
      text: `leads to port ${port} of the container ${container}${heard === undefined ? '' : heard ? `, in which ${heard} is listened on` : ', in which nothing listens'} (${engine})`,
    };
  }
  if (part === 'proxy' && typeof value === 'object' && 'variables' in value) {
    const { applies, exempt, through } = value as NonNullable<Evidence['network']['proxy']>;
    const met = through ? `, and it answers ${through.status ? `HTTP ${through.status}` : through.error?.code}` : '';
    return {
      label: NETWORK.proxy ?? '',
      text: applies ? `${applies} applies${met}` : exempt ? 'NO_PROXY exempts the host' : quote,
    };
  }
  return { label: NETWORK[part] ?? 'connection', text: quote };
}

function streamFact(value: Evidence['stream']): Fact {
  const { via, aliveMs, end, comments, events, longestSilenceMs, watchMs } = value;
  const lived =
    end === 'by-us'
      ? `still open after ${duration(watchMs)}`
      : `${end === 'reset' ? 'reset' : 'ended'} after ${duration(aliveMs)}`;
  return {
    label: via === 'get-stream' ? 'the GET stream' : 'the SSE stream',
    text: `${lived}; ${comments} comment${comments === 1 ? '' : 's'}, ${events} event${events === 1 ? '' : 's'}, silent for up to ${duration(longestSilenceMs)}`,
  };
}

function endpointFact(file: CaseFile, at: string, quote: string): Fact {
  const part = at.split('/')[4];
  const value = resolve(file, at) as Record<string, unknown> | undefined;
  if (part === 'hops' && typeof value?.from === 'string')
    return {
      label: `redirect ${value.status}`,
      text: `${shortUrl(file, value.from)} → ${String(value.to)}${Array.isArray(value.loses) && value.loses.length ? ` (loses the ${value.loses.join(' and the ')})` : ''}`,
    };
  if (part === 'health' && typeof value?.url === 'string')
    return { label: `GET ${shortUrl(file, value.url)}`, text: `HTTP ${value.status}` };
  if (typeof value?.answer === 'string' && typeof value.url === 'string')
    return {
      label: part === 'others' ? 'another path' : 'this URL',
      text: `${shortUrl(file, value.url)} (${value.answer}${value.title ? `: ${value.title}` : ''})`,
    };
  return { label: part === 'others' ? 'another path' : 'this URL', text: quote };
}

/** A label and the text of a citation in the evidence of a remote server. */
export function remoteFact(file: CaseFile, kind: string, at: string, quote: string): Fact {
  switch (kind) {
    case 'http':
      return exchangeFact(file, at, quote);
    case 'network':
      return networkFact(file, at, quote);
    case 'endpoint':
      return endpointFact(file, at, quote);
    case 'stream': {
      const value = resolve(file, '/evidence/stream/value') as Evidence['stream'] | undefined;
      return value ? streamFact(value) : { label: 'stream', text: quote };
    }
    default:
      return { label: 'experiment', text: quote };
  }
}
