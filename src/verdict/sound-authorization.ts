/** A walk through OAuth, or credentials that were given, with which nothing was wrong. See sound.ts. */
import type { Evidence } from '../case/evidence.js';

type Walk = Evidence['authorization'];

const isServed = ({ status = 0 }: Walk['access'][number]): boolean => status >= 200 && status < 300;

/** The metadata lead to the authorization server at once, and name it and the resource as they must. */
function leads({ resource, challenge, resourceMetadata, serverMetadata, used, unsafe }: Walk): boolean {
  const [own] = resourceMetadata;
  const [other] = serverMetadata;
  if (!own?.document || own.outcome !== 'found' || own.via !== 'challenge' || own.document.resource !== resource)
    return false;
  if (!other?.document || other.outcome !== 'found' || used !== 0 || other.document.issuer !== other.issuer)
    return false;
  const { authorizationEndpoint, tokenEndpoint, pkceMethods, responseTypes } = other.document;
  return (
    challenge?.status === 401 &&
    unsafe.length === 0 &&
    own.document.authorizationServers[0] === other.issuer &&
    authorizationEndpoint !== undefined &&
    tokenEndpoint !== undefined &&
    pkceMethods?.includes('S256') === true &&
    responseTypes?.includes('code') !== false
  );
}

/** A client that registered itself or has a document, a sign-in, one token, and a server that takes it. */
function signedIn({ registration, request, response, grants, access, given }: Walk): boolean {
  const [grant] = grants;
  const uris = registration?.redirectUris;
  return (
    given.length === 0 &&
    registration?.outcome === 'ready' &&
    (uris === undefined || (request !== undefined && uris.includes(request.redirectUri))) &&
    (request?.answer === 'sign-in' || request?.answer === 'code') &&
    response?.outcome === 'code' &&
    grants.length === 1 &&
    grant?.outcome === 'issued' &&
    (grant.token?.expiresInS ?? 1) > 0 &&
    grant.token?.notBeforeS === undefined &&
    access.length === 1 &&
    access[0]?.with === 'signed-in'
  );
}

/** Credentials of the user that are sound themselves, for a server that could also be signed in to. */
function cameWithKey({ mode, given, grants, access }: Walk): boolean {
  return (
    mode === 'look' &&
    grants.length === 0 &&
    given.length === 1 &&
    given.every(
      ({ placeholder, odd, token }) =>
        placeholder === undefined &&
        odd === undefined &&
        (token?.expiresInS ?? 1) > 0 &&
        token?.notBeforeS === undefined,
    ) &&
    access.length === 1 &&
    access[0]?.with === 'given'
  );
}

/** Nothing at all speaks of OAuth: the server is opened by a fixed key. */
const isKeyOnly = ({ challenge, resourceMetadata, serverMetadata, unsafe }: Walk): boolean =>
  unsafe.length === 0 &&
  challenge?.status === 401 &&
  challenge.credentials === 'none' &&
  challenge.challenges.every(({ parameters }) => parameters.resource_metadata === undefined) &&
  [...resourceMetadata, ...serverMetadata].every(({ outcome }) => outcome === 'not-found');

/** Whether no step of the authorization leaves anything to say. */
export const isSoundAuthorization = (walk: Walk): boolean => {
  if (walk.ended !== undefined || !walk.access.every(isServed)) return false;
  if (isKeyOnly(walk)) return cameWithKey(walk);
  return !walk.fallback && leads(walk) && (signedIn(walk) || cameWithKey(walk));
};
