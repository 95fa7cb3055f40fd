import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export type Weather = {
  /** Added to every piece, in each direction. */
  readonly latencyMs?: number;
  /** In each direction of each connection. */
  readonly bytesPerSecond?: number;
  /** Nothing gets through any more and nobody is told: what was sent waits until this is over. */
  readonly silent?: boolean;
  /** New connections are closed at once. */
  readonly refuses?: boolean;
};

export type Felt = {
  connections: number;
  refused: number;
  resets: number;
  cuts: number;
  delayed: number;
  held: number;
  bytes: number;
};

export type TcpProxy = {
  readonly port: number;
  /** From now on, for what is open too; fair weather again with `{}`. */
  set: (weather: Weather) => void;
  /** Ends every connection with a RST, to both sides; gives how many there were. */
  reset: () => number;
  /** Ends every connection with a FIN, in the middle of whatever is being said; gives how many there were. */
  cut: () => number;
  /** What connections have felt so far, so that a test can see that the fault has happened. */
  felt: () => Felt;
  stop: () => Promise<void>;
};

/** So much of one direction waits in memory before its sender is made to wait. */
const mostWaiting = 4 * 1024 * 1024;
const lookEveryMs = 10;

/** Stands between two parts: what connects to its port is connected to `target`, through whatever weather is set. */
export async function createTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  let weather: Weather = {};
  const felt: Felt = { connections: 0, refused: 0, resets: 0, cuts: 0, delayed: 0, held: 0, bytes: 0 };
  const pairs = new Set<readonly [Socket, Socket]>();

  /** Carries one direction, piece after piece. */
  function carry(from: Socket, to: Socket): void {
    const waiting: { piece: Buffer; cameMs: number }[] = [];
    let waitingBytes = 0;
    let isSending = false;
    let hasEnded = false;

    async function send(): Promise<void> {
      if (isSending) return;
      isSending = true;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await hold(next);
        waitingBytes -= next.piece.length;
        if (waitingBytes < mostWaiting) from.resume();
        if (to.destroyed) continue;
        felt.bytes += next.piece.length;
        if (!to.write(next.piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined);
      }
      isSending = false;
      if (hasEnded && !to.destroyed) to.end();
    }

    async function hold({ piece, cameMs }: { piece: Buffer; cameMs: number }): Promise<void> {
      const { latencyMs = 0, bytesPerSecond } = weather;
      const dueMs = cameMs + latencyMs;
      if (latencyMs > 0) felt.delayed += 1;
      if (dueMs > performance.now()) await setTimeout(dueMs - performance.now());
      if (bytesPerSecond !== undefined) await setTimeout((piece.length / bytesPerSecond) * 1_000);
      if (weather.silent === true) felt.held += 1;
      while (weather.silent === true && !to.destroyed) await setTimeout(lookEveryMs);
    }

    from.on('data', (piece: Buffer) => {
      waiting.push({ piece, cameMs: performance.now() });
      waitingBytes += piece.length;
      if (waitingBytes >= mostWaiting) from.pause();
      void send();
    });
    from.on('end', () => {
      hasEnded = true;
      void send();
    });
    from.on('error', () => to.destroy());
    from.on('close', hadError => {
      if (hadError || !hasEnded) to.destroy();
    });
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, near => {
    near.on('error', () => undefined);
    if (weather.refuses === true) {
      felt.refused += 1;
      near.resetAndDestroy();
      return;
    }
    felt.connections += 1;
    const far = new Socket({ allowHalfOpen: true });
    far.setNoDelay(true);
    const pair = [near, far] as const;
    pairs.add(pair);
    carry(near, far);
    carry(far, near);
    near.on('close', () => pairs.delete(pair));
    far.connect(target.port, target.host ?? '127.0.0.1');
  });

  const endAll = (end: (socket: Socket) => void): number => {
    const open = [...pairs];
    for (const pair of open) pair.forEach(end);
    pairs.clear();
    return open.length;
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set: next => {
      weather = next;
    },
    reset: () => {
      const ended = endAll(socket => socket.resetAndDestroy());
      felt.resets += ended;
      return ended;
    },
    cut: () => {
      const ended = endAll(socket => socket.destroy());
      felt.cuts += ended;
      return ended;
    },
    felt: () => ({ ...felt }),
    stop: async () => {
      weather = {};
      server.close();
      endAll(socket => socket.destroy());
      await once(server, 'close');
    },
  };
}
