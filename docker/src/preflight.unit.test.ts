import { describe, expect, test } from '@jest/globals';
import { checkDisk, checkPorts, portsOf } from './preflight.ts';

const nobody = () => undefined;

describe('ports', () => {
  test('free ports pass', () => {
    expect(() => {
      checkPorts({ REDIS_PORT: 1, KAFKA_PORT: 2 }, ['REDIS_PORT', 'KAFKA_PORT'], nobody);
    }).not.toThrow();
  });

  test('a port in use is said with its variable and the process that has it', () => {
    const listener = (port: number) =>
      port === 6379 ? { pid: 17, command: '/usr/bin/redis-server *:6379' } : undefined;
    expect(() => {
      checkPorts({ REDIS_PORT: 6379, KAFKA_PORT: 9092 }, ['REDIS_PORT', 'KAFKA_PORT'], listener);
    }).toThrow(
      'port 6379 is in use by process 17 (/usr/bin/redis-server *:6379): stop it, or choose another port by REDIS_PORT',
    );
  });

  test('a process that may not be looked into is named as such', () => {
    expect(() => {
      checkPorts({ REDIS_PORT: 6379 }, ['REDIS_PORT'], () => ({ pid: 0, command: '' }));
    }).toThrow('by a process of another user');
  });

  test('one port for two parts is refused before anything is asked of the machine', () => {
    expect(() => {
      checkPorts({ REDIS_PORT: 5, KAFKA_PORT: 5 }, ['REDIS_PORT', 'KAFKA_PORT'], nobody);
    }).toThrow('port 5 is given twice, by REDIS_PORT and KAFKA_PORT');
  });

  test('the stack alone does not ask for the ports of the processes', () => {
    expect(portsOf(['stack'])).not.toContain('GATEWAY_PORT');
    expect(portsOf(['stack', 'app'])).toContain('GATEWAY_PORT');
  });
});

describe('disk', () => {
  const settings = { data: '/data', cache: '/cache', minFreeMb: 2048 };

  test('says which folder lacks how much', () => {
    expect(() => {
      checkDisk(settings, path => (path === '/cache' ? 100.7 : 5000));
    }).toThrow('too little disk for the cache folder /cache: 100 MB free, 2048 MB wanted');
  });

  test('passes with room', () => {
    expect(() => {
      checkDisk(settings, () => 2048);
    }).not.toThrow();
  });
});
