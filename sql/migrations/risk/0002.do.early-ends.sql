-- Parcels of which the end was heard before anything else: `[{deliveryId, state, deliveredAt}]`. What comes later does not open them.
alter table risk.order_risks add column early_ends jsonb not null default '[]';
