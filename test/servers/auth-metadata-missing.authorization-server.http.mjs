// client sees: Missing Authorization header
// The metadata of the server is right, and the authorization server that it names has none.
import { serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ server: null });
