import { once } from 'node:events';
import { waitFor } from '@waygraph/kit/testing/wait-for';
import { WebSocket } from 'ws';
import type { Frame } from './watch.ts';

export type Message<More = object> = {
  id?: string;
  type: string;
  payload?: { data?: Record<string, Frame & More> } & Partial<readonly { extensions?: { code?: string } }[]>;
};

/** A socket without a client library, to be slow or rude with. */
export async function rawSocket<More = object>(gatewayUrl: string, token?: string) {
  const socket = new WebSocket(`${gatewayUrl.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const messages: Message<More>[] = [];
  socket.on('message', data => messages.push(JSON.parse((data as Buffer).toString()) as Message<More>));
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  await once(socket, 'open');
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', ...(token !== undefined && { payload: { authorization: `Bearer ${token}` } }) });
  await waitFor(() => messages.some(({ type }) => type === 'connection_ack') || socket.readyState !== socket.OPEN);
  return { socket, messages, closed, send };
}
