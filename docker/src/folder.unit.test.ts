import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { controlSocket, deleteFolder, openFolder, readFolder } from './folder.ts';
import { checkKafkaFolder } from './kafka.ts';
import { chooseVersion, clusterVersion } from './postgres.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'waygraph-folder-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('data folder', () => {
  test('is made once and known again', () => {
    const data = join(root, 'data');
    const made = openFolder(data);
    expect(openFolder(data).id).toBe(made.id);
    expect(readFolder(data)?.id).toBe(made.id);
  });

  test('other people’s files are neither used nor deleted', () => {
    writeFileSync(join(root, 'thesis.txt'), 'mine');
    expect(() => openFolder(root)).toThrow('holds files that are not ours');
    expect(() => deleteFolder(root)).toThrow('nothing was deleted');
    expect(existsSync(join(root, 'thesis.txt'))).toBe(true);
  });

  test('an unreadable marker is a corrupt folder, not a new one', () => {
    writeFileSync(join(root, '.waygraph'), '{"id":');
    expect(() => openFolder(root)).toThrow('is corrupt');
  });

  test('a file in its place is said', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(() => openFolder(file)).toThrow('is a file');
  });

  test('deleting takes the folder and what lies outside for it', () => {
    const data = join(root, 'data');
    const outside = join(root, 'outside');
    mkdirSync(outside);
    openFolder(data);
    expect(deleteFolder(data, [outside])).toBe(true);
    expect([existsSync(data), existsSync(outside)]).toEqual([false, false]);
    expect(deleteFolder(data)).toBe(false);
  });

  test('a socket’s path is short however deep the folder lies', () => {
    expect(controlSocket('/srv/x')).toBe('/srv/x/run/control.sock');
    const deep = controlSocket(`/srv/${'deep/'.repeat(40)}data`);
    expect(Buffer.byteLength(deep)).toBeLessThan(100);
  });
});

describe('servers’ folders', () => {
  test('PostgreSQL data of a version that is not installed', () => {
    writeFileSync(join(root, 'PG_VERSION'), '13\n');
    expect(() => chooseVersion(root, [17, 15])).toThrow(
      /was written by version 13, installed is 17, 15: install postgresql-13/,
    );
    writeFileSync(join(root, 'PG_VERSION'), '15\n');
    expect(chooseVersion(root, [17, 15])).toBe(15);
  });

  test('a PostgreSQL folder without its version is corrupt; an empty one is new', () => {
    expect(clusterVersion(root)).toBeUndefined();
    writeFileSync(join(root, 'base'), '');
    expect(() => clusterVersion(root)).toThrow('PG_VERSION is missing');
  });

  test('a Kafka folder needs the properties of this node', () => {
    expect(() => {
      checkKafkaFolder(root);
    }).not.toThrow();
    writeFileSync(join(root, 'meta.properties'), 'version=1\nnode.id=1\n');
    expect(() => {
      checkKafkaFolder(root);
    }).toThrow('meta.properties is not one of this node');
    writeFileSync(join(root, 'meta.properties'), 'version=1\nnode.id=1\ncluster.id=abc\n');
    expect(() => {
      checkKafkaFolder(root);
    }).not.toThrow();
    chmodSync(root, 0o755);
  });
});
