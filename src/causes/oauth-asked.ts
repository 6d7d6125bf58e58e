/** What was asked for in vain on a walk, in the words of a report. */
import type { Exchange } from '../case/evidence.js';
import { edgeAnswer } from './edges.js';
import type { Authorization } from './oauth-faults.js';

type Asked = Authorization['resourceMetadata'][number] | Authorization['serverMetadata'][number];

/** Of several addresses that were asked in vain, the one that tells most: an answer before silence, a fault before a plain 404. */
const TELLING = ['invalid', 'too-large', 'not-json', 'server-error', 'redirect', 'refused', 'not-found', 'no-answer'];
export const mostTelling = <T extends Asked>(asked: T[]): T | undefined =>
  [...asked].sort((a, b) => TELLING.indexOf(a.outcome) - TELLING.indexOf(b.outcome))[0];

const statusOf = (exchanges: Exchange[], { exchange }: Asked): number | null =>
  exchange === undefined ? null : (exchanges[exchange]?.status ?? null);

/** An edge that signs what it answers in place of the server. */
export const edgeOf = (exchanges: Exchange[], { exchange }: { exchange?: number | undefined }): string | null => {
  const record = exchange === undefined ? undefined : exchanges[exchange];
  const answer = record ? edgeAnswer(record) : null;
  return answer?.signed ? answer.edge : null;
};

/**
 * Whether something else than the absence of a document may have stood in the way: an error that passes, a rate limit, a name or a
 * certificate that this machine cannot follow, a firewall, the challenge page of a CDN, a redirect that we do not follow and clients do.
 */
export const hindered = (exchanges: Exchange[], asked: Asked[]): boolean =>
  asked.some(
    (one) =>
      one.outcome === 'server-error' ||
      one.outcome === 'no-answer' ||
      one.outcome === 'redirect' ||
      (one.outcome === 'refused' && statusOf(exchanges, one) !== 401) ||
      edgeOf(exchanges, one) !== null,
  );

/** What was asked in vain, in the words of a report. */
export const inVain = (exchanges: Exchange[], asked: Asked[]) => {
  const telling = mostTelling(asked);
  return {
    asked: asked.map(({ url }) => url),
    address: telling?.url ?? null,
    outcome: telling?.outcome ?? null,
    why: telling?.why ?? null,
    status: telling ? statusOf(exchanges, telling) : null,
    edge: telling ? edgeOf(exchanges, telling) : null,
  };
};
