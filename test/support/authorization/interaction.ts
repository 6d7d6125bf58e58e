/** The two pages a person meets at the authorization server: who are you, and may this client act for you. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';

export interface Account {
  name: string;
  password: string;
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (title: string, form: string, note = ''): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><h1>${title}</h1>${note ? `<p role="alert">${note}</p>` : ''}
<form method="post">${form}</form></body></html>`;

const login = (note = ''): string =>
  page(
    'Sign in',
    `<label>Name <input name="name" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button type="submit" name="action" value="login">Sign in</button>`,
    note,
  );

const consent = (client: string, scopes: string[], resources: string[]): string =>
  page(
    'Allow access',
    `<p><b>${escaped(client)}</b> asks for: ${escaped(scopes.join(', ') || 'nothing in particular')}</p>
<p>At: ${escaped(resources.join(', ') || 'no named resource')}</p>
<button type="submit" name="action" value="allow">Allow</button>
<button type="submit" name="action" value="refuse">Refuse</button>`,
  );

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  let body = '';
  for await (const part of request) body += part;
  return new URLSearchParams(body);
};

const show = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(body);
};

/** `grants` narrows what a person gives: the scopes of which they untick the rest. */
export async function interact(
  provider: Provider,
  { accounts, grants }: { accounts: Account[]; grants?: string[] },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response).catch(() => null);
  if (!details) return show(response, 400, page('This sign-in has ended', '', 'Start it again in the client.'));
  const { prompt, params, session, grantId } = details;
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;

  if (request.method !== 'POST') {
    if (prompt.name === 'login') return show(response, 200, login());
    const client = await provider.Client.find(String(params.client_id));
    const name = client?.metadata().client_name ?? params.client_id;
    const scopes = [...missingOIDCScope, ...Object.values(missingResourceScopes).flat()];
    return show(response, 200, consent(String(name), scopes, Object.keys(missingResourceScopes)));
  }

  const form = await bodyOf(request);
  if (prompt.name === 'login') {
    const account = accounts.find(
      ({ name, password }) => name === form.get('name') && password === form.get('password'),
    );
    if (!account) return show(response, 200, login('The name or the password is wrong.'));
    return provider.interactionFinished(request, response, { login: { accountId: account.name } });
  }
  if (form.get('action') !== 'allow')
    return provider.interactionFinished(
      request,
      response,
      { error: 'access_denied', error_description: 'The person refused' },
      { mergeWithLastSubmission: false },
    );
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session?.accountId, clientId: params.client_id });
  const part = (scopes: string[], wanted: boolean) =>
    scopes.filter((scope) => (grants?.includes(scope) ?? true) === wanted).join(' ');
  grant.addOIDCScope(part(missingOIDCScope, true));
  grant.rejectOIDCScope(part(missingOIDCScope, false));
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    grant.addResourceScope(resource, part(scopes, true));
    grant.rejectResourceScope(resource, part(scopes, false));
  }
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}
