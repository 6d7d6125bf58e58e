/** What is wrong behind the registration: the authorization request, the sign-in, the token, its renewal. */
import { at } from '../case/pointer.js';
import type { Facts } from './cause.js';
import { type Authorization, exchangeAt, type Fault, type Party, serverDocument } from './oauth-faults.js';

type Grant = Authorization['grants'][number];

const REDIRECT = /redirect[_ -]?ur[il]|callback ur[il]/i;
const CLIENT =
  /\bclient(?:[_ -]?id)?\b.{0,60}\b(?:not (?:be )?(?:found|registered|known|recogni[sz]ed|exist)|unknown|invalid|unregistered|does(?: not|n't) exist|no longer)\b|\b(?:unknown|invalid|unrecogni[sz]ed|unregistered|no such) (?:oauth )?client/i;
/** Words that speak of the client id, and not of a secret. */
const UNKNOWN =
  /\bclient(?:[_ -]?id)?\b.{0,40}\b(?:not (?:be )?(?:found|registered|known|recogni[sz]ed|exist)|unknown|unregistered|does(?: not|n't) exist|no longer)\b|\b(?:unknown|unrecogni[sz]ed|unregistered|no such) (?:oauth )?client/i;
const TARGET =
  /\binvalid_target\b|\bresource\b.{0,40}\b(?:invalid|unknown|not (?:allowed|found|supported|registered|valid|known))\b/i;
/** A client that is known, and not allowed this way to a token. */
const NOT_THIS_GRANT = /\bgrant\b|\bflow\b|\bresponse[_ ]type\b/i;

/** Whoever keeps the client id must act on it: the user who gave it, or the server that registered it. */
const keeper = (walk: Authorization): Party =>
  walk.registration?.how === 'given' || walk.registration?.how === 'stored' ? 'you' : 'authorization-server-owner';

/** Who must act on an error of OAuth that no cause of its own explains. */
function answerable(walk: Authorization, error: string | null, afterSignIn: boolean): Party {
  const { scopeFrom } = walk.request ?? {};
  if (error === 'invalid_scope' && walk.registration?.how === 'given') return 'you';
  if (error === 'invalid_scope' && (scopeFrom === 'challenge' || scopeFrom === 'resource-metadata'))
    return 'server-owner';
  if (error === 'invalid_scope' && scopeFrom === 'given') return 'you';
  if (afterSignIn && /^(?:access_denied|login_required|consent_required|interaction_required)$/.test(error ?? ''))
    return 'you';
  return error === 'unauthorized_client' ? keeper(walk) : 'authorization-server-owner';
}

interface Refusal {
  step: 'authorization' | 'sign-in' | 'token' | 'refresh';
  /** What it is called when the error has no cause of its own. */
  otherwise: Pick<Fault, 'id' | 'cause'>;
  error: string | null;
  description: string | null;
  cites: string[];
  particulars?: Facts;
}

/** An error of OAuth, by its code and by the words beside it. */
function refusal(walk: Authorization, refused: Refusal): Fault {
  const { step, otherwise, error, description, cites } = refused;
  const { registration, request } = walk;
  const said = `${error ?? ''} ${description ?? ''}`;
  const fault = (id: Fault['id'], cause: Fault['cause'], party: Party, more: Facts = {}): Fault => ({
    step,
    id,
    cause,
    party,
    certainty: 'certain',
    severity: 'broken',
    cites,
    particulars: { error, description, ...refused.particulars, ...more },
  });
  if (TARGET.test(said))
    return fault('target-refused', 'auth-resource-mismatch', 'authorization-server-owner', {
      wanted: request?.resource ?? walk.resource,
    });
  if (error === 'invalid_redirect_uri' || REDIRECT.test(description ?? ''))
    return fault('redirect-uri-refused', 'auth-redirect-uri-mismatch', keeper(walk), {
      sent: request?.redirectUri ?? null,
      client: request?.clientId ?? null,
      how: registration?.how ?? null,
    });
  const named = CLIENT.test(description ?? '');
  const unknown =
    error === 'invalid_client' || (error === 'unauthorized_client' ? !NOT_THIS_GRANT.test(description ?? '') : named);
  if (unknown) {
    const particulars = {
      client: request?.clientId ?? registration?.clientId ?? null,
      how: registration?.how ?? null,
      method: registration?.tokenAuthMethod ?? null,
    };
    // A wrong secret has the same code. The client id was good enough for the sign-in, or there is a secret to be wrong.
    const passed = walk.response?.outcome === 'code' || (request === undefined && particulars.method !== 'none');
    if (step !== 'authorization' && step !== 'sign-in' && passed && !UNKNOWN.test(description ?? ''))
      return fault('client-authentication-refused', 'auth-token-request-refused', keeper(walk), particulars);
    return registration?.how === 'document'
      ? fault('registration-refused', 'auth-registration-unsupported', 'authorization-server-owner', particulars)
      : fault('client-unknown', 'auth-registration-stale', keeper(walk), particulars);
  }
  return fault(otherwise.id, otherwise.cause, answerable(walk, error, step === 'sign-in'));
}

function requestFaults(walk: Authorization): Fault[] {
  const { request } = walk;
  if (!request) return [];
  const cites = [...exchangeAt(request.exchange), at('authorization', 'request', 'endpoint')];
  const { answer, error = null, says = null, endpoint } = request;
  const how = walk.registration?.how ?? null;
  const particulars = { endpoint, scope: request.scope ?? null, scopeFrom: request.scopeFrom, how };
  if (answer === 'error' || answer === 'error-page')
    return [
      refusal(walk, {
        step: 'authorization',
        otherwise: { id: 'authorization-refused', cause: 'auth-sign-in-refused' },
        error,
        description: says,
        cites: [...(says === null ? [] : [at('authorization', 'request', 'says')]), ...cites],
        particulars: { ...particulars, page: answer === 'error-page' },
      }),
    ];
  if (answer === 'no-answer')
    return [
      {
        step: 'authorization',
        id: 'authorization-unanswered',
        cause: 'auth-sign-in-refused',
        party: 'authorization-server-owner',
        certainty: 'certain',
        severity: 'broken',
        cites,
        particulars,
      },
    ];
  return [];
}

function responseFaults(walk: Authorization): Fault[] {
  const { response, request } = walk;
  if (!response || response.outcome === 'code') return [];
  // What the authorization server refused before a browser was asked is told there.
  if (request?.answer === 'error' || request?.answer === 'error-page' || request?.answer === 'no-answer') return [];
  const { outcome, error = null, description = null, issuer = null, waitedS } = response;
  const cites = [at('authorization', 'response')];
  if (outcome === 'error')
    return [
      refusal(walk, {
        step: 'sign-in',
        otherwise: { id: 'response-error', cause: 'auth-sign-in-refused' },
        error,
        description,
        cites,
        particulars: { scope: request?.scope ?? null, scopeFrom: request?.scopeFrom ?? null },
      }),
    ];
  const ids = {
    'state-mismatch': 'response-state',
    'issuer-mismatch': 'response-issuer',
    'issuer-missing': 'response-issuer',
    invalid: 'response-invalid',
    none: 'response-none',
  } as const;
  return [
    {
      step: 'sign-in',
      id: ids[outcome],
      cause: ids[outcome] === 'response-issuer' ? 'auth-issuer-mismatch' : 'auth-sign-in-refused',
      party: outcome === 'none' ? 'you' : 'authorization-server-owner',
      certainty: 'certain',
      severity: 'broken',
      cites,
      particulars: {
        got: issuer,
        wanted: serverDocument(walk)?.document.issuer ?? null,
        waitedS: Math.round(waitedS),
        shown: request?.shown ?? null,
      },
    },
  ];
}

const isSignIn = ({ grant }: Grant): boolean => grant === 'authorization_code' || grant === 'client_credentials';

function tokenFaults(walk: Authorization): Fault[] {
  const index = walk.grants.findLastIndex(isSignIn);
  const grant = walk.grants[index];
  if (!grant || grant.outcome === 'issued') return [];
  const { error = null, description = null, status = null, why = null, outcome } = grant;
  const cites = [...exchangeAt(grant.exchange), at('authorization', 'grants', index)];
  const particulars = { status, grant: grant.grant, endpoint: serverDocument(walk)?.document.tokenEndpoint ?? null };
  if (outcome === 'refused')
    return [
      refusal(walk, {
        step: 'token',
        otherwise: { id: 'token-refused', cause: 'auth-token-request-refused' },
        error,
        description,
        cites,
        particulars,
      }),
    ];
  return [
    {
      step: 'token',
      id: outcome === 'invalid' ? 'token-invalid' : 'token-unanswered',
      cause: 'auth-token-request-refused',
      party: 'authorization-server-owner',
      certainty: 'certain',
      severity: 'broken',
      cites,
      particulars: { ...particulars, why },
    },
  ];
}

function refreshFaults(walk: Authorization): Fault[] {
  const index = walk.grants.findLastIndex(({ grant }) => grant === 'refresh_token');
  const grant = walk.grants[index];
  if (!grant || grant.outcome === 'issued') return [];
  const { error = null, description = null, status = null, why = null } = grant;
  const later = walk.grants.slice(index).some((one) => isSignIn(one) && one.outcome === 'issued');
  const sooner = walk.grants.slice(0, index).some((one) => isSignIn(one) && one.outcome === 'issued');
  const fault = refusal(walk, {
    step: 'refresh',
    otherwise: { id: 'refresh-refused', cause: 'auth-token-expired' },
    error: grant.outcome === 'no-answer' ? 'no answer' : error,
    description: description ?? why,
    cites: [...exchangeAt(grant.exchange), at('authorization', 'grants', index)],
    particulars: { status, fresh: sooner },
  });
  if (fault.id !== 'refresh-refused' && fault.id !== 'client-unknown') fault.id = 'refresh-refused';
  return [{ ...fault, severity: sooner || later ? 'degraded' : 'broken' }];
}

/** Every fault behind the registration. */
export const signInFaults = (walk: Authorization): Fault[] => [
  ...requestFaults(walk),
  ...responseFaults(walk),
  ...tokenFaults(walk),
  ...refreshFaults(walk),
];
