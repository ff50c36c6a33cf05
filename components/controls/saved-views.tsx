'use client';

import Link from 'next/link';
import { useState } from 'react';
import { useSavedViews } from '../hooks/use-saved-views.ts';
import { Modal } from '../ui/modal.tsx';
import './saved-views.css';

/** Keeps this page, with its window and filters, under a name; opens and removes those that are kept. */
export function SavedViewsDialog({ onClose }: { onClose: () => void }) {
  const { views, error, save, remove } = useSavedViews();
  const [name, setName] = useState('');
  const fault = error ?? save.error ?? remove.error;
  return (
    <Modal title="Saved views" onClose={onClose}>
      <form
        className="saved-views-form"
        onSubmit={(event) => {
          event.preventDefault();
          const href = location.pathname + location.search;
          save.mutate({ name, href }, { onSuccess: () => setName('') });
        }}
      >
        <label>
          Save this page as
          <input
            type="text"
            value={name}
            maxLength={100}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <button
          type="submit"
          className="button button-primary"
          disabled={name.trim() === '' || save.isPending}
        >
          Save
        </button>
      </form>
      {fault && (
        <p className="note" role="alert">
          {fault.message}
        </p>
      )}
      {views.length === 0 ? (
        <p className="note">None is saved yet. What you save, everybody of this server sees.</p>
      ) : (
        <ul className="saved-views-list" aria-label="Saved">
          {views.map((view) => (
            <li key={view.name}>
              <Link href={view.href} prefetch={false} className="break" onClick={onClose}>
                {view.name}
              </Link>
              <button
                type="button"
                className="button button-small"
                aria-label={`Remove ${view.name}`}
                disabled={remove.isPending}
                onClick={() => remove.mutate(view.name)}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  );
}
