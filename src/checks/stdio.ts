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
      return {
        outcome: 'fail',
        says: `${stdout.strayCount === 1 ? '1 line is' : `${stdout.strayCount} lines are`} no message${first?.why ? `: ${first.why}` : ''}`,
        cites: [at('stdout', 'strays', 0, 'text')],
      };
    },
  }),
];
