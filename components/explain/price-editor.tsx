'use client';

import { useState } from 'react';
import { defaultPrices, type PriceTable } from '../../lib/shared/price-table.ts';
import { usePrices, useSavePrices } from '../hooks/use-prices.ts';
import { Loaded } from '../states/loaded.tsx';
import { Modal } from '../ui/modal.tsx';
import { TextField } from '../ui/text-field.tsx';
import { type PriceDraft, parseDraft, placePriceFault, priceDraftOf } from './price-draft.ts';
import { providerName } from './provider-names.ts';

/** Changes the price table; what the server refuses is said at the field it is about. */
export function PriceEditor({ onClose }: { onClose: () => void }) {
  const prices = usePrices();
  return (
    <Modal title="Prices of KMS requests" onClose={onClose}>
      <Loaded request={prices} label="Loading the price table">
        {(table) => <PriceForm table={table} onClose={onClose} />}
      </Loaded>
    </Modal>
  );
}

function PriceForm({ table, onClose }: { table: PriceTable; onClose: () => void }) {
  const [draft, setDraft] = useState<PriceDraft>(() => priceDraftOf(table));
  const [fault, setFault] = useState<{ field: string; text: string } | null>(null);
  const save = useSavePrices();
  const set = (field: string, value: string) => {
    setDraft({ ...draft, [field]: value });
    if (fault?.field === field) setFault(null);
  };
  const submit = () => {
    const parsed = parseDraft(draft, table);
    setFault(parsed.fault);
    if (parsed.table === null) return;
    save.mutate(parsed.table, {
      onSuccess: onClose,
      onError: (error) => setFault(placePriceFault(error.message, draft)),
    });
  };
  const field = ({ name, label, hint }: { name: string; label: string; hint?: string }) => (
    <TextField
      key={name}
      label={label}
      hint={hint}
      value={draft[name] ?? ''}
      fault={fault?.field === name ? fault.text : null}
      onChange={(value) => set(name, value)}
    />
  );
  return (
    <form
      className="price-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {field({ name: 'currency', label: 'Currency', hint: 'Three letters, such as USD.' })}
      {table.prices.map(({ provider }, index) => (
        <fieldset key={provider}>
          <legend>{providerName(provider)}</legend>
          {field({ name: `prices.${index}.per10k`, label: 'Price of 10,000 requests' })}
          {field({ name: `prices.${index}.freePerMonth`, label: 'Free requests a month' })}
          {field({ name: `prices.${index}.payer`, label: 'Paid by' })}
        </fieldset>
      ))}
      {fault && fault.field === '' && (
        <p role="alert" className="field-fault">
          {fault.text}
        </p>
      )}
      <div className="modal-actions">
        <button
          type="button"
          className="button"
          onClick={() => {
            setDraft(priceDraftOf(defaultPrices));
            setFault(null);
          }}
        >
          List prices
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={save.isPending}>
          {save.isPending ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>
  );
}
