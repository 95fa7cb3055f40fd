import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';

const { resolve } = createRequire(import.meta.url);
/** A file of a package, wherever it is installed; what packages export to programs is not what they bring for browsers. */
const fileOf = (packageName: string, path: string): string =>
  join(dirname(resolve(`${packageName}/package.json`)), path);
const page = (name: string): string => fileURLToPath(new URL(`./pages/${name}`, import.meta.url));
const example = (name: string): string => fileURLToPath(new URL(`../../schema/${name}`, import.meta.url));

/** The tabs that GraphiQL opens with, besides the first; pages/graphiql.js names them in their order. */
const examples = ['place-order', 'newest-order', 'order-eta', 'my-orders', 'other-roles'];

/** GraphiQL as its packages bring it: nothing is loaded from elsewhere. */
const assets: Readonly<Record<string, string>> = {
  'graphiql.min.js': fileOf('graphiql', 'graphiql.min.js'),
  'graphiql.min.css': fileOf('graphiql', 'graphiql.min.css'),
  'react.production.min.js': fileOf('react', 'umd/react.production.min.js'),
  'react-dom.production.min.js': fileOf('react-dom', 'umd/react-dom.production.min.js'),
  'start.js': page('graphiql.js'),
  'example.graphql': example('example.graphql'),
  ...Object.fromEntries(
    examples.map(name => [`examples/${name}.graphql`, example(`examples/${name}.graphql`)] as const),
  ),
};

const ownOnly = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:", // not every browser counts its own host's sockets to 'self'
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join('; ');

/** For people: Apollo Sandbox (needs the internet) at `/`, GraphiQL (does not) at `/graphiql`. */
export function servePages(app: Express): void {
  app.get('/', (_request, response) => response.sendFile(page('sandbox.html')));
  app.get('/graphiql', (_request, response) => {
    response.set('content-security-policy', ownOnly).sendFile(page('graphiql.html'));
  });
  for (const [name, path] of Object.entries(assets)) {
    app.get(`/graphiql/${name}`, (_request, response) => {
      response.set('x-content-type-options', 'nosniff').sendFile(path, { dotfiles: 'allow', maxAge: 0 });
    });
  }
}
