import { at } from '../case/pointer.js';
import { defineCheck } from './check.js';

const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/basic';

export default [
  defineCheck({
    id: 'STD-01',
    title: 'stdout',
    level: 'MUST',
    section: `${SPEC}/transports#stdio`,
    transport: 'stdio',
    needs: ['stdout'],
    test({ stdout }) {
      if (stdout.bytes === 0) return { outcome: 'not-verified', says: 'nothing was written' };
      if (stdout.strayCount === 0)
        return {
          outcome: 'pass',
          says: `${stdout.messages} message${stdout.messages === 1 ? '' : 's'}, and nothing else`,
        };
      const [first] = stdout.strays;
      const place = first ? ` (line ${first.line}, byte ${first.offset})` : '';
      return {
        outcome: 'fail',
        says: `${stdout.strayCount === 1 ? '1 line is' : `${stdout.strayCount} lines are`} no message${first?.why ? `: ${first.why}` : ''}${place}`,
        cites: [at('stdout', 'strays', 0, 'text')],
      };
    },
  }),
  defineCheck({
    id: 'STD-15',
    title: 'line length',
    level: 'advice',
    section: '',
    transport: 'stdio',
    needs: ['stdout'],
    test({ stdout: { strays, remarks = [], longestBytes } }) {
      const over = strays.findIndex(({ kind }) => kind === 'over-long');
      if (over >= 0)
        return {
          outcome: 'fail',
          says: strays[over]?.why ?? 'a line is longer than SDK clients take',
          cites: [at('stdout', 'strays', over, 'text')],
        };
      const long = remarks.findIndex(({ kind }) => kind === 'long-line');
      if (long >= 0)
        return { outcome: 'warn', says: remarks[long]?.why ?? '', cites: [at('stdout', 'remarks', long, 'text')] };
      if (longestBytes === undefined) return { outcome: 'not-verified', says: 'no message was written' };
      return { outcome: 'pass', says: `the longest message has ${longestBytes} bytes` };
    },
  }),
  defineCheck({
    id: 'STD-16',
    title: 'line ends',
    level: 'advice',
    section: '',
    transport: 'stdio',
    needs: ['stdout'],
    test({ stdout: { messages, remarks = [] } }) {
      const index = remarks.findIndex(({ kind }) => kind === 'crlf');
      const crlf = remarks[index];
      if (crlf)
        return {
          outcome: 'warn',
          says: `${crlf.count === 1 ? '1 line ends' : `${crlf.count} lines end`} with CR LF, from line ${crlf.line} on (byte ${crlf.offset}); clients accept it`,
          cites: [at('stdout', 'remarks', index, 'text')],
        };
      return messages > 0
        ? { outcome: 'pass', says: 'every message ends with a newline alone' }
        : { outcome: 'not-verified', says: 'no message was written' };
    },
  }),
];
