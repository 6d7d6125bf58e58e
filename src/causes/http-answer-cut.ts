import type { Evidence, Exchange } from '../case/evidence.js';
import { answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { inContainer } from './listeners.js';
import { told as texts } from './told.js';
import { isRemote, targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

const example = (fields: Partial<Exchange>, network?: Partial<Evidence['network']>): Partial<Evidence> => ({
  http: {
    omitted: 0,
    exchanges: [
      {
        purpose: 'initialize',
        method: 'POST',
        url: 'http://acme.dev/mcp',
        atMs: 0,
        ms: 3,
        credentials: 'none',
        ...fields,
      },
    ],
  },
  ...(network && {
    network: { host: 'acme.dev', port: 443, tls: false, addresses: [], attempts: [], ...network },
  }),
});

/** Runtimes and curl that say so outright: a connection was there, and no whole answer came. */
const CUT =
  /\bcurl: \((?:18|52|56)\)|\bcURL error (?:18|52|56)\b|\bempty (?:reply|response) from (?:the )?server\b|\bERR_(?:EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH)\b|\bRemoteDisconnected\b|\bresponse ended prematurely\b|\bIncompleteRead\b|\bpeer closed connection without sending complete message body\b|\bUnexpected end of file from server\b|\bconnection closed before message completed\b|\btransfer closed with\b|\bunexpected end of (?:chunked|stream|content)\b|\bPrematureCloseException\b|\bConnection prematurely closed (?:BEFORE|DURING) response\b|\bsocket connection was closed unexpectedly\b/i;

const LASTED =
  /\b(?:SSE|event|GET|open|long|idle|silent)[- ]?(?:lived )?(?:streams?|connections?)\b|\bstreams? (?:is|was|are|were|gets?|got|drops?|dies|closed|ended)\b|\bidle\b|\binactiv\w+|\b(?:after|every|within|exactly) (?:about |around |~ ?)?\d+(?:\.\d+)? ?(?:s|sec(?:ond)?s?|m|min(?:ute)?s?|hours?)\b/i;

/** What a person tells of it: a best guess, because many things cut a connection. */
function told(given: Partial<Evidence>): Match<Found> | null {
  const { reported, handshake, network } = given;
  if (!reported || handshake || network || !isRemote(given) || inContainer(given)) return null;
  // Silence that lasted, and streams, are cut by limits: another cause tells of them.
  if (texts(given).some(({ text }) => LASTED.test(text))) return null;
  const hit = find(
    words(given).filter(({ from }) => from !== 'server-log'),
    CUT,
  );
  return hit
    ? {
        certainty: 'possible',
        cites: [hit.line.at],
        facts: {
          url: targetOf(given) ?? 'The server',
          request: 'the request',
          after: /\(18\)|IncompleteRead|complete message body|CHUNKED|transfer closed/i.test(hit.match[0])
            ? 'in the middle of the answer'
            : 'before it answers',
          reset: /56/.test(hit.match[0]),
          answered: false,
        },
      }
    : null;
}

type Found = { url: string; request: string; after: string; reset: boolean; answered: boolean };

export default defineCause({
  id: 'http-answer-cut',
  title: 'The connection is accepted, and closed before the answer is complete',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'TypeError: fetch failed (SocketError: other side closed)',
    'Streamable HTTP error: terminated',
    'read ECONNRESET',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'launch', 'network'],
  explains: [...FAILED_START, 'handshake-nonconforming', 'http-not-mcp'],

  match(given): Match<Found> | null {
    // Plain HTTP on a port that speaks TLS ends the same way.
    if (given.network?.tlsAnswers || given.network?.tlsError) return null;
    const hit = answers(given).find(
      ({ exchange: { error }, live }) =>
        live &&
        error &&
        error.phase !== 'connect' &&
        /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|HTTP2_GOAWAY)$/.test(error.code),
    );
    if (!hit) return told(given);
    const { url, purpose, status, bodyBytes = 0, error, headers = {} } = hit.exchange;
    const announced = headers['content-length'];
    const after =
      status === undefined
        ? 'before it answers'
        : `after ${bodyBytes} bytes of the answer${announced === undefined ? '' : ` (Content-Length: ${announced})`}`;
    return {
      // Who closed it, the server or something before it, does not show from here.
      certainty: 'likely',
      cites: [`${hit.at}/error`],
      facts: { url, request: purpose, after, reset: error?.code === 'ECONNRESET', answered: status !== undefined },
    };
  },
  say: ({ url, request, after, reset }) =>
    `${url} takes the connection and ${reset ? 'resets' : 'closes'} it ${after} to ${request}.`.replace(
      'answers to',
      'answers',
    ),
  fix: ({ url, answered }) => [
    {
      say: answered
        ? 'Look into the server log at this moment: a handler that crashes while it writes, or a worker that is killed, cuts the answer. A Content-Length set by hand must be the number of bytes, not of characters.'
        : 'Look into the server log at this moment: a process that crashes on the request, or a proxy or port mapping with nothing behind it, closes the connection without a word.',
    },
    { say: 'Try it from the machine of the server, past everything between:', run: `curl -v --max-time 5 ${url}` },
  ],
  why: 'The client sees a connection that was accepted and then dropped. The server process died over the request, a limit or a firewall cut in, or a port mapping accepts connections for a process that does not listen.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9112#section-8'],
  examples: [
    {
      name: 'closed without a word',
      finds: true,
      evidence: example({ error: { code: 'UND_ERR_SOCKET', message: 'other side closed', phase: 'headers' } }),
    },
    {
      name: 'cut in the body',
      finds: true,
      evidence: example({
        status: 200,
        bodyBytes: 11,
        headers: { 'content-length': '500' },
        error: { code: 'UND_ERR_SOCKET', message: 'other side closed', phase: 'body' },
      }),
    },
    {
      name: 'a port that speaks TLS',
      finds: false,
      evidence: example(
        { error: { code: 'UND_ERR_SOCKET', message: 'other side closed', phase: 'headers' } },
        { tlsAnswers: true },
      ),
    },
    {
      name: 'refused',
      finds: false,
      evidence: example({ error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', phase: 'connect' } }),
    },
    {
      name: 'curl told of it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:8000/mcp',
        clientError: 'curl: (52) Empty reply from server',
      },
    },
    {
      name: 'a published port of a container',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        url: 'http://localhost:8000/mcp',
        clientError: 'curl: (52) Empty reply from server',
      },
    },
    {
      name: 'a silent stream that a limit ended',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'peer closed connection without sending complete message body, after 60 s idle',
      },
    },
  ],
});
