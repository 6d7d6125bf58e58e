/** What each fault of a walk is in words: in few (the table of the steps), in a sentence or two, and how it is cured. */
import type { Facts, FixStep } from './cause.js';
import type { FaultId, Party, Step } from './oauth-faults.js';
import { ACCESS_WORDS } from './oauth-words-access.js';
import { METADATA_WORDS } from './oauth-words-metadata.js';
import { REGISTRATION_WORDS } from './oauth-words-registration.js';
import { SIGN_IN_WORDS } from './oauth-words-sign-in.js';
import { UNREAD_WORDS } from './oauth-words-unread.js';

export interface Words {
  /** Half a sentence, for a table. */
  short(facts: Facts): string;
  say(facts: Facts): string;
  fix(facts: Facts): FixStep[];
}

export const STEP_TITLES: Record<Step, string> = {
  challenge: 'challenge',
  'resource-metadata': 'resource metadata',
  'server-metadata': 'authorization server',
  registration: 'registration',
  authorization: 'authorization request',
  'sign-in': 'sign-in',
  token: 'token',
  access: 'access',
  refresh: 'refresh',
};

export const PARTY_NAMES: Record<Party, string> = {
  'server-owner': 'the owner of the MCP server',
  'authorization-server-owner': 'the owner of the authorization server',
  you: 'you',
  client: 'the maker of the client',
  edge: 'whoever runs the proxy or CDN in front',
};

/** A step within a sentence. */
export const nameOf = (step: Step): string =>
  step === 'server-metadata' ? 'metadata of the authorization server' : STEP_TITLES[step];

const WORDS: Record<FaultId, Words> = {
  ...METADATA_WORDS,
  ...UNREAD_WORDS,
  ...REGISTRATION_WORDS,
  ...SIGN_IN_WORDS,
  ...ACCESS_WORDS,
};

export const shortOf = (id: FaultId, facts: Facts): string => WORDS[id].short(facts);

/** The sentence with the particulars, the step at which clients stop, and who must act. */
export function sayOf(facts: Facts): string {
  const { fault, step, party, stops } = facts as { fault: FaultId; step: Step; party: Party; stops: boolean };
  const where = stops ? 'Failing step' : 'Step at which strict clients stop';
  return `${WORDS[fault].say(facts)} ${where}: ${nameOf(step)}. Who must act: ${PARTY_NAMES[party]}.`;
}

export function fixOf(facts: Facts): FixStep[] {
  const { fault } = facts as { fault: FaultId };
  return WORDS[fault].fix(facts);
}
