// client sees: Missing Authorization header
// The metadata of the server names no authorization server.
import { resourceOf, serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ resource: (origin) => ({ ...resourceOf(origin), authorization_servers: [] }) });
