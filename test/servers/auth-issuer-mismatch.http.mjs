// client sees: Missing Authorization header
// The authorization server calls itself by the name of the host behind the proxy.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), issuer: 'https://login.internal.example.com' }) });
