import { expect, test } from '@jest/globals';
import { testEnv } from '@waygraph/kit/testing/test-env';
import { createInventoryOrm } from './database.ts';

test('the entities are the tables: MikroORM would change nothing', async () => {
  // Only the tables' owner is shown all of their constraints.
  const url = new URL(testEnv('INVENTORY_DATABASE_URL'));
  url.username = testEnv('POSTGRES_ADMIN_USER');
  url.password = testEnv('POSTGRES_ADMIN_PASSWORD');
  const orm = await createInventoryOrm({ url: url.href, poolSize: 1 });
  try {
    const changes = await orm.schema.getUpdateSchemaSQL({ schema: 'inventory', dropTables: false, wrap: false });
    expect(changes.trim()).toBe('');
  } finally {
    await orm.close();
  }
});
