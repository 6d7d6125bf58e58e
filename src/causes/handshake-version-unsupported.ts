import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause, type Match } from './cause.js';
import { versionDropped } from './played.js';
import { PLAYED } from './played-example.js';
import { find, WORDS, words } from './words.js';

/** Revisions of the specification that clients know. */
const PUBLISHED = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];
/** A draft that SDKs of TypeScript accept and others refuse. */
const DRAFT = '2024-10-07';

const VERSION = String.raw`(?:mcp[ -])?protocol[ _-]?version`;
const BAD = String.raw`unsupported|not (?:be )?supported|unknown|incompatible|mismatch\w*|not accepted|rejected|invalid|no common|failed to negotiate`;
const REFUSAL = [
  new RegExp(String.raw`(?:${BAD})['":]{0,2}(?: or \w+)?[ _-]?.{0,30}?${VERSION}`, 'i'),
  new RegExp(String.raw`${VERSION}.{0,60}?\b(?:${BAD})\b`, 'i'),
  /-32022\b|\bnegotiated (?:MCP )?protocol (?:era|version|revision)\b|\bprotocol era\b.{0,60}\b(?:mismatch|differ|not match|unsupported)/i,
  // The revisions are the values of an enumeration.
  /\b(?:unknown variant|invalid (?:enum )?value|invalid option|unexpected value|not one of)\b.{0,80}\b20(?:24|25|26)-(?:11-05|10-07|03-26|06-18|11-25|07-28)\b/i,
  // The revision itself stands where the words "protocol version" would.
  new RegExp(String.raw`\b(?:mcp|protocol)\b.{0,40}?\b20\d\d-\d\d-\d\d\b.{0,40}?\b(?:${BAD})\b`, 'i'),
  /\b(?:server|client) (?:speaks|supports|knows|accepts) (?:only )?20\d\d-\d\d-\d\d only\b|\b(?:server|client) only (?:speaks|supports|knows|accepts) (?:MCP |protocol |version )?20\d\d-\d\d-\d\d\b/i,
  /\b(?:server|client) (?:only )?(?:supports?|speaks?|requires?|wants?|expects?|knows?|offers?|sent|got)\b.{0,20}\b20\d\d-\d\d-\d\d\b.{0,40}\b(?:client|server) (?:only )?(?:supports?|speaks?|requires?|wants?|expects?|knows?|requested|asks? for)\b.{0,20}\b20\d\d-\d\d-\d\d\b/i,
  /\b(?:unsupported|unknown|incompatible) (?:mcp|protocol) (?:version|revision)/i,
  new RegExp(String.raw`${VERSION}.{0,40}\b20\d\d-\d\d-\d\d\b.{0,40}\bsupports?\b.{0,60}\bonly\b`, 'i'),
  new RegExp(
    String.raw`${VERSION}.{0,20}\b20\d\d-\d\d-\d\d\b.{0,40}\b(?:expect(?:s|ed)?|requires?|wants?)\b.{0,20}\b20\d\d-\d\d-\d\d\b`,
    'i',
  ),
  /\bno (?:mutually |commonly )?(?:supported|common|compatible|shared) protocol[ _-]?version|\bprotocol[ _-]?version negotiation failed|\bversion negotiation failed\b.{0,60}(?:\bserver\b|\bclient\b|\b20\d\d-)/i,
  /协议版本.{0,20}(?:不受?支持|不匹配|不兼容)|(?:不支持|不兼容)的.{0,6}协议版本|プロトコル ?バージョン.{0,20}(?:サポート|対応)(?:され|し)てい(?:ない|ません)|프로토콜 버전.{0,20}(?:지원|호환)|Protokollversion.{0,40}nicht unterstützt|version (?:du|de) protocole.{0,40}(?:non|pas) (?:prise en charge|supportée|compatible)|versi[óo]n del? protocolo.{0,40}no (?:es )?(?:compatible|soportada|admitida)|верси[яи] протокола.{0,40}не поддерживается|неподдерживаемая версия протокола/i,
];
/** TLS, databases and lock files have protocol versions too; a schema error over the field `protocolVersion` is another failure. */
const NOT_MCP =
  /\b(?:ssl|tls|http\/|postgres|mysql|mongo|bolt|redis|grpc|frontend protocol|lock ?file|docker)|invalid_type|required|missing|validation error/i;

/** The two sides found another revision, or go on without: a remark, not the end. */
const SETTLED =
  /\bwarn|\bnegotiated\b|\bfall(?:ing)? ?back\b|\bdowngrad\w+|\bcontinu(?:e|ing)\b|\banyway\b|\bproceed|\binstead\b|\bagreed\b/i;

/** A server that demands the headers of a later revision than the client speaks (2025-06-18, 2026-07-28). */
const HEADER =
  /\b(?:missing|required?|requires|without|invalid|absent|expected)\b.{0,30}\b(?:mcp-protocol-version|mcp-method|mcp-name)\b|\b(?:mcp-protocol-version|mcp-method)\b.{0,30}\b(?:missing|required|mismatch\w*|invalid|does not match)\b|-32020\b|\bHeaderMismatch\b/i;

const isRefusal = (text: string) =>
  HEADER.test(text) || (!NOT_MCP.test(text) && REFUSAL.some((pattern) => pattern.test(text)));
const dates = (text: string) => [...new Set(text.match(/\b20\d\d-\d\d-\d\d\b(?![T ]\d)/g) ?? [])];

/** The answer to initialize that was told names another revision than the one that was asked for, and the client did not go on. */
function answeredOtherwise({ http, reported }: Partial<Evidence>): Match<Found> | null {
  for (const [index, { purpose, body = '' }] of (http?.exchanges ?? []).entries()) {
    const revision = /"protocolVersion"\s*:\s*"(?<v>20\d\d-\d\d-\d\d)"/.exec(body)?.groups?.v;
    if (purpose !== 'reported' || revision === undefined || !/"result"/.test(body)) continue;
    const told = [reported?.entry ?? '', ...(reported?.clientError ?? [])];
    const asked = told
      .map(
        (text) =>
          /\b(?:request\w*|offer\w*|sent|sends|asks?|limited to|only (?:knows|supports?))\b.{0,40}?(?<v>20\d\d-\d\d-\d\d)/i.exec(
            text,
          )?.groups?.v,
      )
      .find((v) => v !== undefined && v !== revision);
    if (asked === undefined) continue;
    return {
      certainty: 'likely',
      cites: [at('http', 'exchanges', index, 'body'), ...(reported?.entry ? [at('reported', 'entry')] : [])],
      facts: { side: 'client', versions: [revision], requested: asked, said: '' },
    };
  }
  return null;
}

/** A bare 400 to a request whose header names another revision than the one that was agreed on. */
function refusedHeader({ http, reported }: Partial<Evidence>): Match<Found> | null {
  for (const [index, { purpose, status, headers = {}, body = '' }] of (http?.exchanges ?? []).entries()) {
    const version = headers['mcp-protocol-version'];
    if (purpose !== 'reported' || status !== 400 || version === undefined || /session/i.test(body)) continue;
    const agreed = dates(/"negotiated[^"]*"\s*:\s*"[^"]*/i.exec(reported?.entry ?? '')?.[0] ?? '').find(
      (v) => v !== version,
    );
    return {
      certainty: agreed ? 'likely' : 'possible',
      cites: [at('http', 'exchanges', index), ...(agreed ? [at('reported', 'entry')] : [])],
      facts: {
        side: 'server',
        versions: agreed ? [agreed] : [],
        requested: dates(version)[0] ?? '',
        said: body.slice(0, 160),
      },
    };
  }
  return null;
}

type Found = { side: string; versions: string[]; requested: string; said: string };

export default defineCause({
  id: 'handshake-version-unsupported',
  title: 'Client and server agree on no protocol version',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    "Server's protocol version is not supported: 2099-01-01",
    'MCP error -32602: Unsupported protocol version',
    'Bad Request: Unsupported protocol version (supported versions: 2025-06-18, 2025-03-26, 2024-11-05)',
    'Unsupported protocol version from the server: 2024-11-05',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'client'],
  explains: ['handshake-refused', 'handshake-nonconforming', 'handshake-unanswered', 'catalog-list-fails'],

  live: versionDropped,
  match(given) {
    const { handshake, http } = given;
    // Servers of the era of initialize may refuse the revision of server/discover, and the other way round: that is healthy.
    if (handshake?.discover.status === 'answered') return null;
    if (handshake) {
      const { status, revision, requested = '', error, problems = [] } = handshake.initialize;
      const place = (key: string) => [at('handshake', 'initialize', key)];
      const odd = revision !== undefined && revision !== requested && !PUBLISHED.includes(revision);
      if (odd && (status === 'answered' || status === 'invalid'))
        return {
          certainty: 'certain',
          severity: revision === DRAFT ? 'degraded' : 'broken',
          cites: place('revision'),
          facts: { side: 'client', versions: [revision], requested, said: '' },
        };
      if (error && status === 'refused' && (error.code === -32022 || isRefusal(error.message)))
        return {
          certainty: 'certain',
          cites: place('error'),
          facts: {
            side: 'server',
            versions: dates(`${error.message} ${error.data ?? ''}`).filter((v) => v !== requested),
            requested,
            said: error.message.slice(0, 160),
          },
        };
      const problem = status === 'invalid' ? problems.findIndex(isRefusal) : -1;
      if (problem >= 0)
        return {
          certainty: 'certain',
          cites: [at('handshake', 'initialize', 'problems', problem)],
          facts: { side: 'client', versions: [], requested, said: problems[problem]?.slice(0, 160) ?? '' },
        };
      // Agreed on in the answer, and then refused in the header of what follows.
      const later = (http?.exchanges ?? []).findIndex(
        (e) =>
          /^(?:notifications\/initialized|ping|(?:tools|resources|prompts)\/list)$/.test(e.purpose) &&
          e.status === 400 &&
          isRefusal(e.body ?? ''),
      );
      const body = http?.exchanges[later]?.body;
      if (status === 'answered' && body !== undefined)
        return {
          certainty: 'certain',
          cites: [at('http', 'exchanges', later, 'body'), ...place('revision')],
          facts: {
            side: 'header',
            versions: dates(body).filter((v) => v !== revision),
            requested: revision ?? requested,
            said: body.trim().slice(0, 160),
          },
        };
      if (status === 'answered') return null;
    }
    const other = answeredOtherwise(given);
    if (other) return other;
    const index =
      http?.exchanges.findIndex(
        (e) => /^(?:initialize|reported)$/.test(e.purpose) && (e.status ?? 0) >= 400 && isRefusal(e.body ?? ''),
      ) ?? -1;
    const hit = find(
      words(given).filter(({ text, from }) => isRefusal(text) && (from === 'client' || !SETTLED.test(text))),
      ...REFUSAL,
      HEADER,
    );
    const sticky = index < 0 && !hit ? refusedHeader(given) : null;
    if (sticky) return sticky;
    const text = index >= 0 ? http?.exchanges[index]?.body : hit?.line.text;
    if (text === undefined) return null;
    const fromServer = /server'?s? protocol|from the server|expected .{0,20}got/i.test(text);
    const requested = /(?:"?requested"?\W{1,4}|version:? )(?<date>20\d\d-\d\d-\d\d)/.exec(text)?.groups?.date ?? '';
    const marked = index >= 0 || dates(text).length > 0 || /-32(?:602|022)\b/.test(text);
    return {
      certainty: marked && !SETTLED.test(text) ? 'certain' : hit?.line.from === 'client' ? 'likely' : 'possible',
      cites: [...(index >= 0 ? [at('http', 'exchanges', index, 'body')] : []), ...(hit ? [hit.line.at] : [])],
      facts: {
        side: fromServer ? 'client' : 'server',
        versions: dates(text).filter((v) => fromServer || v !== requested),
        requested: fromServer ? '' : requested,
        said: text.trim().slice(0, 160),
      },
    };
  },
  say: ({ side, versions, requested, said }) => {
    const list = versions.join(', ');
    if (side === 'client')
      return list
        ? `The server answered initialize with protocol version ${list}, which the client does not support.`
        : `The client does not support the protocol version of the server ("${said}").`;
    if (side === 'header')
      return `The server agreed on protocol version ${requested} in initialize and then refuses it in the header MCP-Protocol-Version of the requests that follow ("${said}").`;
    const wanted = requested ? `protocol version ${requested}` : 'the protocol version that the client offered';
    return `The server refused ${wanted} instead of answering with one of its own${list ? ` (named: ${list})` : ''}.`;
  },
  fix: ({ side, versions, requested }) => [
    side === 'header'
      ? {
          say: 'Make the two parts of the server agree: what answers initialize must offer only versions that the check of the header accepts. Update the SDK, or add the version to the list of the check:',
          edit: {
            file: 'the source of the server',
            to: `const SUPPORTED = [${[requested, ...versions].map((v) => `'${v}'`).join(', ')}];`,
          },
        }
      : side === 'client'
        ? {
            say: `Update the client or the server so that both know one of ${PUBLISHED.slice(0, 4).join(', ')}. A server answers with the version that was requested if it knows it, else with the latest it knows:`,
            edit: {
              file: 'the source of the server',
              to: `protocolVersion: known.includes(requested) ? requested : '${PUBLISHED[3]}'`,
            },
          }
        : {
            say: 'Update the server (its MCP SDK): it has to answer initialize with a version of its own rather than with an error, and the client then decides. As its author:',
            edit: {
              file: 'the source of the server',
              to: `protocolVersion: known.includes(requested) ? requested : '${versions.toSorted().at(-1) ?? PUBLISHED[3]}'`,
            },
          },
    {
      say: `Where the server cannot be changed, use a client version that offers ${side === 'server' && versions.length ? versions.join(' or ') : 'what it supports'}, and send as MCP-Protocol-Version only what was negotiated.`,
    },
  ],
  why: 'The client offers its latest version in initialize, and the server answers with that version or with another one it supports. It must not refuse. A server with a fixed list turns away every client that is newer than itself.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation',
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header',
  ],
  examples: [
    ...PLAYED.version,
    {
      name: 'two eras of the protocol',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: "Request does not match the connection's negotiated MCP protocol era",
      },
    },
    {
      name: 'refused with a list',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError:
          'JSON-RPC error: -32602: Unsupported protocol version({"supported":["2025-11-25"],"requested":"2025-06-18"})',
      },
    },
    {
      name: 'refused as HTTP 400',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        http: { status: 400, body: 'Bad Request: Unsupported protocol version (supported versions: 2025-06-18)' },
      },
    },
    {
      name: 'the client refuses',
      finds: true,
      symptoms: { clientError: "Error: Server's protocol version is not supported: 2099-01-01" },
    },
    {
      name: 'an unknown revision, live',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', requested: '2025-11-25', revision: '2099-01-01' },
          discover: { status: 'refused' },
          used: 'initialize',
        },
      },
    },
    {
      name: 'a server that names what it knows',
      finds: true,
      symptoms: { clientError: 'Client requested protocolVersion 2025-11-25 but server supports 2025-06-18 only' },
    },
    {
      name: 'in Chinese',
      finds: true,
      symptoms: { transport: 'stdio', clientError: '协议版本不受支持: 2025-06-18' },
    },
    {
      name: 'a server that answers with a newer one than was asked for',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { 'requested protocolVersion': '2024-11-05', after: 'the client disconnected' },
        http: { status: 200, body: '{"result":{"protocolVersion":"2025-06-18"}}' },
      },
    },
    {
      name: 'TLS',
      finds: false,
      symptoms: {
        clientError: 'fetch failed: tlsv1 alert protocol version: SSL alert number 70, unsupported protocol version',
      },
    },
    {
      name: 'a server of the modern era only',
      finds: false,
      evidence: {
        handshake: {
          initialize: {
            status: 'refused',
            error: { code: -32022, message: 'Unsupported protocol version', data: '{"supported":["2026-07-28"]}' },
          },
          discover: { status: 'answered', revisions: ['2026-07-28'] },
          used: 'discover',
        },
      },
    },
    {
      name: 'one side names what it expects',
      finds: true,
      symptoms: {
        transport: 'stdio',
        clientError: 'server reported protocol version 2024-11-05, but this client expects 2025-06-18',
      },
    },
    {
      name: 'a mismatch that was settled',
      finds: false,
      symptoms: {
        transport: 'stdio',
        stderr: 'protocol version mismatch: requested 2025-11-25, negotiated 2025-06-18 instead',
      },
    },
  ],
});
