/** What the series of experiments showed of an endpoint that works: streams, sessions, headers, odd input. */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { type Check, type CheckLevel, defineCheck, type Judgement } from './check.js';

const LEGACY = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports';
const MODERN = 'https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http';

type Given = Pick<Evidence, 'series' | 'http'>;
type Experiment = Evidence['series']['runs'][number]['experiment'];

const served = ({ status = 0 }: Exchange): boolean => status >= 200 && status < 300;
const codeIn = ({ body }: Exchange): number | undefined => {
  const found = /"code"\s*:\s*(-?\d+)/.exec(body ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
};
/** What an answer was, in few words. */
const saying = (exchange: Exchange): string => {
  if (exchange.status === undefined) return exchange.error?.code ?? 'no answer';
  const code = codeIn(exchange);
  return `HTTP ${exchange.status}${code === undefined ? '' : ` and error ${code}`}`;
};

/** One check on the answers of one experiment; `index` of an answer is its place in the run. */
function experimentCheck(
  id: string,
  title: string,
  level: CheckLevel,
  section: string,
  experiment: Experiment,
  test: (answers: Exchange[]) => Omit<Judgement, 'cites'> & { index?: number },
): Check {
  return defineCheck({
    id,
    title,
    level,
    section,
    transport: 'http',
    needs: ['series', 'http'],
    test({ series, http }: Given) {
      const run = series.runs.find((entry) => entry.experiment === experiment);
      const indices = (run?.exchanges ?? []).filter((index) => http.exchanges[index] !== undefined);
      if (!run || indices.length === 0) {
        const why = run?.skipped ?? 'nobody tried';
        // What the server does not have needs no proof; what was not tried has none.
        if (/2026-07-28/.test(why)) return { outcome: 'not-applicable', says: `applies to another revision: ${why}` };
        const absent = /^(?:the server gave|there is no|no event)/.test(why);
        return { outcome: absent ? 'not-applicable' : 'not-verified', says: why };
      }
      const closed = indices.find(
        (i) => http.exchanges[i]?.status === 401 && http.exchanges[i]?.credentials === 'none',
      );
      if (closed !== undefined)
        return {
          outcome: 'not-verified',
          says: 'it wants a sign-in (HTTP 401)',
          cites: [at('http', 'exchanges', closed)],
        };
      const { index = 0, ...judged } = test(indices.map((i) => http.exchanges[i] as Exchange));
      return { ...judged, cites: [at('http', 'exchanges', indices[index] ?? 0)] };
    },
  });
}

/** The answer must be one of these statuses, or the check ends with `otherwise`. */
const status =
  (wanted: number[], good: string, otherwise: 'fail' | 'warn', bad: string) =>
  ([first]: Exchange[]): Judgement => {
    if (!first) return { outcome: 'not-verified', says: 'nobody tried' };
    if (wanted.includes(first.status ?? 0)) return { outcome: 'pass', says: good };
    return { outcome: otherwise, says: `${saying(first)}; ${bad}` };
  };

/** The header rules of 2026-07-28: HTTP 400 (or 404) with the error code reserved for it. */
const refusal =
  (wantedStatus: number, wantedCode: number) =>
  ([first]: Exchange[]): Judgement => {
    const good = first?.status === wantedStatus && codeIn(first) === wantedCode;
    const says = `${first ? saying(first) : 'no answer'}${good ? '' : `; it must be HTTP ${wantedStatus} with error ${wantedCode}`}`;
    return { outcome: good ? 'pass' : 'fail', says };
  };

/** Every one of several answers must be served. */
const allServed = (answers: Exchange[]): Omit<Judgement, 'cites'> & { index?: number } => {
  const index = answers.findIndex((answer) => !served(answer));
  if (index < 0) return { outcome: 'pass', says: `${answers.length} of ${answers.length} answered` };
  const bad = answers.filter((answer) => !served(answer)).length;
  return { outcome: 'warn', says: `${bad} of ${answers.length}: ${saying(answers[index] as Exchange)}`, index };
};

export default [
  experimentCheck(
    'HTT-09',
    'GET stream',
    'MUST',
    `${LEGACY}#listening-for-messages-from-the-server`,
    'get-stream',
    ([first]) => {
      if (first?.status === 405) return { outcome: 'pass', says: 'none (405), which is allowed' };
      if (first?.status === 200 && /^text\/event-stream\b/i.test(first.contentType ?? ''))
        return { outcome: 'pass', says: 'an event stream' };
      return {
        outcome: 'fail',
        says: `${first ? saying(first) : 'no answer'} ${first?.contentType ?? ''}`
          .trim()
          .concat('; it must be an event stream, or 405'),
      };
    },
  ),
  experimentCheck(
    'HTT-22',
    'no session id',
    'SHOULD',
    `${LEGACY}#session-management`,
    'session-missing',
    status([400], 'refused with 400', 'warn', 'a request without the session id should get 400'),
  ),
  experimentCheck(
    'HTT-24',
    'unknown session',
    'advice',
    `${LEGACY}#session-management`,
    'session-unknown',
    status([404], 'refused with 404, so that clients start anew', 'warn', 'clients start a new session on 404 alone'),
  ),
  experimentCheck(
    'HTT-23',
    'ended session',
    'MUST',
    `${LEGACY}#session-management`,
    'session-ended',
    ([ended, after]) => {
      if (!after)
        return { outcome: 'not-applicable', says: `DELETE was answered with ${ended ? saying(ended) : 'nothing'}` };
      if (after.status === 404) return { outcome: 'pass', says: 'refused with 404 after DELETE', index: 1 };
      // Refused all the same: clients see an error, though not the one that makes them start anew.
      const refused = (after.status ?? 0) >= 400 && (after.status ?? 0) < 500;
      return { outcome: refused ? 'warn' : 'fail', says: `${saying(after)} after DELETE; it must be 404`, index: 1 };
    },
  ),
  experimentCheck('HTT-25', 'DELETE', 'MAY', `${LEGACY}#session-management`, 'session-ended', ([ended]) => {
    if (ended && served(ended)) return { outcome: 'pass', says: `the session was ended (${ended.status})` };
    if (ended?.status === 405) return { outcome: 'pass', says: 'the server ends sessions by itself (405)' };
    return { outcome: 'warn', says: `${ended ? saying(ended) : 'no answer'}; it should end the session, or be 405` };
  }),
  experimentCheck('HTT-35', 'new connections', 'advice', '', 'fresh-connections', allServed),
  experimentCheck('HTT-32', 'second client', 'advice', '', 'second-client', allServed),
  experimentCheck(
    'HTT-26',
    'unknown revision',
    'MUST',
    `${LEGACY}#protocol-version-header`,
    'version-unknown',
    status([400], 'refused with 400', 'fail', 'MCP-Protocol-Version 1999-01-01 must get 400'),
  ),
  experimentCheck(
    'HTT-27',
    'no revision',
    'SHOULD',
    `${LEGACY}#protocol-version-header`,
    'version-missing',
    status([200], 'served', 'warn', 'a request without MCP-Protocol-Version should be taken for 2025-03-26'),
  ),
  experimentCheck(
    'HTT-29',
    'Content-Type',
    'advice',
    '',
    'content-type-wrong',
    status([415, 400], 'text/plain is refused', 'warn', 'text/plain as Content-Type should get 415'),
  ),
  experimentCheck('HTT-02', 'foreign Origin', 'MUST', `${LEGACY}#security-warning`, 'origin-foreign', ([first]) =>
    first?.status === 403
      ? { outcome: 'pass', says: 'refused with 403' }
      : {
          outcome: 'warn',
          says: `${first ? saying(first) : 'no answer'}; a web page of another site may call this server from its visitor's browser`,
        },
  ),
  experimentCheck('HTT-36', 'foreign Host', 'advice', `${LEGACY}#security-warning`, 'host-foreign', ([first]) =>
    first && served(first)
      ? { outcome: 'warn', says: 'served; a local server that takes any Host is open to DNS rebinding' }
      : { outcome: 'pass', says: `refused: ${first ? saying(first) : 'no answer'}` },
  ),
  experimentCheck(
    'RPC-23',
    'malformed JSON',
    'advice',
    '',
    'json-malformed',
    status([400], 'refused with 400', 'warn', 'a body that is no JSON should get 400 and error -32700'),
  ),
  experimentCheck(
    'RPC-11',
    'unknown method',
    'MUST',
    'https://www.jsonrpc.org/specification#error_object',
    'method-unknown',
    ([first]) =>
      first && codeIn(first) === -32601
        ? { outcome: 'pass', says: 'error -32601' }
        : { outcome: 'fail', says: `${first ? saying(first) : 'no answer'}; it must be error -32601` },
  ),
  experimentCheck(
    'HTM-04',
    'unknown revision (2026-07-28)',
    'MUST',
    `${MODERN}#protocol-version-header`,
    'modern-version-unknown',
    ([first]) =>
      // With a header that is not what the body says, -32020 is right as well.
      first?.status === 400 && [-32020, -32022].includes(codeIn(first) ?? 0)
        ? { outcome: 'pass', says: saying(first) }
        : { outcome: 'fail', says: `${first ? saying(first) : 'no answer'}; it must be HTTP 400 with error -32022` },
  ),
  experimentCheck(
    'HTM-02',
    'revision and body differ',
    'MUST',
    `${MODERN}#protocol-version-header`,
    'modern-version-mismatch',
    refusal(400, -32020),
  ),
  experimentCheck(
    'HTM-06',
    'no Mcp-Method',
    'MUST',
    `${MODERN}#server-validation`,
    'modern-method-missing',
    refusal(400, -32020),
  ),
  experimentCheck(
    'HTM-07',
    'wrong Mcp-Method',
    'MUST',
    `${MODERN}#server-validation`,
    'modern-method-mismatch',
    refusal(400, -32020),
  ),
  experimentCheck(
    'HTM-05',
    'unknown method (2026-07-28)',
    'MUST',
    `${MODERN}#protocol-version-header`,
    'modern-method-unknown',
    refusal(404, -32601),
  ),
];
