// client sees: Missing Authorization header
// The address in the challenge shows the page of an application that answers everything.
import { send } from './support/minimal-mcp.mjs';
import { serveProtected } from './support/minimal-oauth.mjs';

serveProtected({
  resource: null,
  other: (response) => send(response, 200, 'text/html', '<!doctype html><title>Notes</title><div id="root"></div>'),
});
