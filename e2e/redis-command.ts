import { connect } from 'node:net';

/** One command, as text on a line; gives the first line of the answer. Enough for a test that breaks things. */
export function redisCommand(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname, () => socket.write(`${command}\r\n`));
  let answer = '';
  socket.setEncoding('utf8');
  socket.setTimeout(5_000, () => socket.destroy(new Error('Redis did not answer')));
  socket.on('error', reject);
  socket.on('data', (text: string) => {
    answer += text;
    const [line] = answer.split('\r\n');
    if (!answer.includes('\r\n') || line === undefined) return;
    socket.end();
    if (line.startsWith('-')) reject(new Error(line.slice(1)));
    else resolve(line.slice(1));
  });
  return promise;
}
