// client sees: Missing Authorization header
// The challenge names an address where nothing is: the route of the metadata was never mounted.
import { serveProtected } from './support/minimal-oauth.mjs';

serveProtected({ resource: null });
