// (h) Answers 200 with an HTML homepage on every path and to every method.
import { listen } from './sound.mjs';

const PAGE = '<!doctype html><html><head><title>Weather Cloud</title></head><body><h1>Weather Cloud</h1></body></html>';
listen('/mcp', (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
});
