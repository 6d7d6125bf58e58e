import { at } from '../case/pointer.js';
import { defineCheck } from './check.js';

const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports';

export default [
  defineCheck({
    id: 'HTT-06',
    title: 'transport',
    level: 'MUST',
    section: `${SPEC}#sending-messages-to-the-server`,
    transport: 'http',
    needs: ['http', 'endpoint', 'handshake'],
    test({ http, endpoint, handshake }) {
      if (handshake.used === undefined) return { outcome: 'not-verified', says: 'no conversation was opened' };
      if (endpoint.asked.answer === 'legacy-sse')
        return { outcome: 'warn', says: 'HTTP+SSE (2024-11-05), which later revisions deprecate' };
      const index = http.exchanges.findIndex(
        ({ purpose }) => purpose === (handshake.used === 'initialize' ? 'initialize' : 'server/discover'),
      );
      const type = http.exchanges[index]?.contentType ?? '';
      const proper = /^(?:application\/json|text\/event-stream)\b/i.test(type);
      return {
        outcome: proper ? 'pass' : 'fail',
        says: proper
          ? `Streamable HTTP, replies as ${type.split(';')[0]}`
          : `replies carry the content type ${type || '(none)'}; it must be application/json or text/event-stream`,
        cites: index >= 0 ? [at('http', 'exchanges', index)] : [],
      };
    },
  }),
  defineCheck({
    id: 'HTT-07',
    title: 'notifications',
    level: 'MUST',
    section: `${SPEC}#sending-messages-to-the-server`,
    transport: 'http',
    needs: ['http', 'endpoint'],
    test({ http, endpoint }) {
      if (endpoint.asked.answer === 'legacy-sse')
        return { outcome: 'not-applicable', says: 'HTTP+SSE leaves the status free' };
      const index = http.exchanges.findIndex(({ purpose }) => purpose === 'notifications/initialized');
      const sent = http.exchanges[index];
      if (!sent) return { outcome: 'not-verified', says: 'no notification was sent' };
      const proper = sent.status === 202 && (sent.bodyBytes ?? 0) === 0;
      const says = proper
        ? '202 without a body'
        : `notifications/initialized was answered with HTTP ${sent.status ?? 'nothing'} and ${sent.bodyBytes ?? 0} bytes; it must be 202 without a body`;
      return { outcome: proper ? 'pass' : 'fail', says, cites: [at('http', 'exchanges', index)] };
    },
  }),
];
