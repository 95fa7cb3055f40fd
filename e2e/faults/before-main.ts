// Loaded by Node before a part's own code (`--import`), for the faults that only the part itself can be made to feel: its clock, and
// where its connections really lead. What it is told comes in its own URL (`?config=`) and, while it runs, over its channel to the test.
import { Socket } from 'node:net';
import { prepare, type Config } from './other-clock.ts';

const { searchParams } = new URL(import.meta.url);
const config = JSON.parse(searchParams.get('config') ?? '{}') as Config;
const clock = prepare(config);

// A test that ends, however it ends, takes the part with it.
process.on('message', message => {
  clock.shift((message as { shiftMs: number }).shiftMs);
  process.send?.({ nowMs: Date.now() });
});
process.on('disconnect', () => process.exit(0));
process.channel?.unref();

type Options = { port?: number | string };
const redirects = new Map(Object.entries(config.redirects ?? {}));
/** Node's own, to be called with the socket that connects. */
const connect = Object.getOwnPropertyDescriptor(Socket.prototype, 'connect')?.value as (
  this: Socket,
  ...args: unknown[]
) => Socket;
const other = <Value>(port: Value): Value | number => redirects.get(String(port)) ?? port;

/** Every way to name an address: Node's own list of (options, callback), options, or port and host. */
function redirected(args: unknown[]): unknown[] {
  const [first, ...rest] = args;
  if (Array.isArray(first)) {
    first[0] = { ...(first[0] as Options), port: other((first[0] as Options).port) };
    return args;
  }
  if (typeof first === 'object' && first !== null && 'port' in first)
    return [{ ...first, port: other((first as Options).port) }, ...rest];
  return [other(first), ...rest];
}
Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  return connect.apply(this, redirected(args));
};
