import { exitName } from '../case/exit-status.js';
import { at } from '../case/pointer.js';
import { defineCheck } from './check.js';

const SPEC = 'https://modelcontextprotocol.io/specification/2025-11-25/basic';

export default [
  defineCheck({
    id: 'STD-06',
    title: 'shutdown',
    level: 'SHOULD',
    section: `${SPEC}/lifecycle#shutdown`,
    transport: 'stdio',
    needs: ['process'],
    test({ process: { shutdown, exit } }) {
      if (!shutdown) return { outcome: 'not-verified', says: 'the process had ended before' };
      const cites = [at('process', 'shutdown')];
      if (shutdown.eofToExitMs !== null)
        return {
          outcome: 'pass',
          says: `ended ${Math.round(shutdown.eofToExitMs)} ms after stdin was closed, with ${exitName(exit?.code ?? null, exit?.signal ?? null)}`,
          cites,
        };
      const force = shutdown.needed === 'sigterm' ? 'SIGTERM' : 'SIGKILL';
      if (shutdown.needed === 'sigterm' && shutdown.asked)
        return {
          outcome: 'not-verified',
          says: `it asked ${shutdown.asked.join(', ')} after stdin was closed, and waited for the answer`,
          cites,
        };
      return {
        outcome: 'warn',
        says: `still there ${shutdown.waitedMs} ms after stdin was closed; it took ${force}`,
        cites,
      };
    },
  }),
  defineCheck({
    id: 'STD-08',
    title: 'children',
    level: 'advice',
    section: '',
    transport: 'stdio',
    needs: ['process'],
    test({ process: { leftBehind, leftBehindNames } }) {
      if (leftBehind === undefined) return { outcome: 'not-verified', says: 'nobody counted' };
      return leftBehind === 0
        ? { outcome: 'pass', says: 'no process left behind' }
        : {
            outcome: 'warn',
            says: `${leftBehind} process(es) outlived the server${leftBehindNames?.length ? ` (${leftBehindNames.join(', ')})` : ''}; mcp-verdict ended them`,
            cites: [at('process', 'leftBehind')],
          };
    },
  }),
];
