/** What can be wrong, as changes of what works: of a protected server, and of an authorization server. */
import { type Answer, type Asked, type Change, editJson, html, json, withoutHeader } from './facade.js';

type Document = Record<string, unknown>;

const RESOURCE = '/.well-known/oauth-protected-resource';
const isResourceMetadata = ({ path }: Asked): boolean => path.startsWith(RESOURCE);
const isServerMetadata = ({ path }: Asked): boolean =>
  /\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/.test(path);
const isEndpoint = ({ path }: Asked): boolean => !path.includes('/.well-known/');
export const notFound = (): Answer => html(404, '<h1>Not Found</h1>');

// Of a protected server.

export const noChallenge: Change = {
  says: 'its 401 has no WWW-Authenticate',
  when: isEndpoint,
  status: 401,
  edit: withoutHeader('www-authenticate'),
};

export const challenged = (says: string, edit: (challenge: string) => string): Change => ({
  says,
  when: isEndpoint,
  status: 401,
  edit: (answer) => {
    const header = String(answer.headers['www-authenticate']);
    return { ...answer, headers: { ...answer.headers, 'www-authenticate': edit(header) } };
  },
});

export const challengeWithoutMetadata: Change = challenged('its challenge names no metadata', (header) =>
  header.replace(/, resource_metadata="[^"]*"/, ''),
);

/** Instead of the 401 something else. */
export const refusedWith = (says: string, answer: (asked: Asked) => Answer): Change => ({
  says,
  when: isEndpoint,
  status: 401,
  edit: (_answer, asked) => answer(asked),
});

export const resourceMetadata = (says: string, edit: (document: Document) => Document): Change => ({
  says,
  when: isResourceMetadata,
  status: 200,
  edit: editJson(edit),
});

export const resourceMetadataIs = (says: string, answer: (asked: Asked) => Answer): Change => ({
  says,
  when: isResourceMetadata,
  answer,
});

/** The document without a path behind it, and nothing where the path stands behind. */
export const resourceMetadataAtRoot = (path: string): Change[] => [
  {
    says: 'its metadata is at the root alone',
    when: (asked) => isResourceMetadata(asked) && asked.path !== RESOURCE,
    answer: notFound,
  },
  {
    says: 'its metadata is at the root alone',
    when: (asked) => asked.path === RESOURCE,
    ask: () => ({ path: `${RESOURCE}${path}` }),
  },
];

// Of an authorization server.

export const serverMetadata = (says: string, edit: (document: Document) => Document): Change => ({
  says,
  when: isServerMetadata,
  status: 200,
  edit: editJson(edit),
});

export const serverMetadataIs = (says: string, answer: (asked: Asked) => Answer): Change => ({
  says,
  when: isServerMetadata,
  answer,
});

export const registrationIs = (says: string, answer: () => Answer): Change => ({
  says,
  when: ({ method, path }) => method === 'POST' && path.endsWith('/reg'),
  answer,
});

export const registrationRefused = (status: number, error: string, description: string): Change =>
  registrationIs(`it refuses registrations with ${status} ${error}`, () =>
    json(status, { error, error_description: description }),
  );

/** What the token endpoint answers when all is well, changed. */
export const tokenAnswer = (says: string, edit: (answer: Answer & { body: string }) => Answer): Change => ({
  says,
  when: ({ method, path }) => method === 'POST' && path.endsWith('/token'),
  status: 200,
  edit,
});

export const tokensRefused = (
  says: string,
  when: (form: URLSearchParams, asked: Asked) => boolean,
  answer: () => Answer,
): Change => ({
  says,
  when: (asked) =>
    asked.method === 'POST' && asked.path.endsWith('/token') && when(new URLSearchParams(asked.body), asked),
  answer,
});

/** The redirect back to the client, changed. */
export const response = (says: string, edit: (parameters: URLSearchParams) => void): Change => ({
  says,
  when: ({ path }) => /\/auth(?:\/|$)/.test(path),
  edit: (answer) => {
    const to = answer.headers.location;
    if (typeof to !== 'string' || !/[?&](?:code|error)=/.test(to)) return answer;
    const url = new URL(to);
    edit(url.searchParams);
    return { ...answer, headers: { ...answer.headers, location: url.href } };
  },
});

/** As before RFC 9207: it does not name itself in its response. */
export const withoutIss: Change[] = [
  serverMetadata('it does not name itself in its response', (document) => ({
    ...document,
    authorization_response_iss_parameter_supported: undefined,
  })),
  response('it does not name itself in its response', (parameters) => parameters.delete('iss')),
];
