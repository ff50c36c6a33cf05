'use client';

import { Autocomplete, Input, ListBox, ListBoxItem, SearchField } from 'react-aria-components';
import { parted } from '../../lib/shared/found.ts';
import { nounText } from '../../lib/shared/screen-text.ts';
import './search-list.css';

export interface ListEntry {
  label: string;
  /** What kind of thing it is, where the list holds several. */
  kind?: string;
}

/** A field and what it finds: type, choose by arrows, Enter. What is found is the caller's to say, few at a time. */
export function SearchList<T extends ListEntry>({
  label,
  text,
  found,
  chosen = null,
  onText,
  onChoose,
}: {
  label: string;
  text: string;
  found: readonly T[];
  /** The one that holds already. */
  chosen?: T | null;
  onText: (text: string) => void;
  onChoose: (entry: T) => void;
}) {
  const rows = found.map((entry, index) => ({ entry, id: index + 1 }));
  const choose = (id: unknown) => {
    const row = rows.find((one) => one.id === id);
    if (row) onChoose(row.entry);
  };
  return (
    <Autocomplete inputValue={text} onInputChange={onText}>
      <SearchField aria-label={label} autoFocus className="search-field">
        <Input role="combobox" aria-expanded aria-haspopup="listbox" className="search-input" />
      </SearchField>
      <ListBox
        aria-label="Found"
        className="search-list"
        items={rows}
        dependencies={[chosen, text]}
        selectionMode="single"
        selectedKeys={rows.filter(({ entry }) => entry === chosen).map(({ id }) => id)}
        // To choose again what holds already is to keep it.
        onSelectionChange={(keys) =>
          keys === 'all' ? undefined : choose([...keys][0] ?? chosenId(rows, chosen))
        }
        renderEmptyState={() => <p className="note">Nothing is called that.</p>}
      >
        {({ id, entry }) => (
          <ListBoxItem
            id={id}
            textValue={`${entry.label} ${entry.kind ?? ''}`}
            className="search-row"
          >
            <span className="break">
              {parted(entry.label, text).map((part, at) =>
                // biome-ignore lint/suspicious/noArrayIndexKey: the place in the label is what tells parts apart
                at % 2 === 1 ? <mark key={at}>{part}</mark> : part,
              )}
            </span>
            {entry.kind && <span className="muted"> {entry.kind}</span>}
          </ListBoxItem>
        )}
      </ListBox>
    </Autocomplete>
  );
}

/** How many more were found than are listed. */
export function MoreNote({ count }: { count: number }) {
  if (count <= 0) return null;
  return <p className="note">{nounText(count, 'more', 'more')}: type to find them.</p>;
}

const chosenId = <T,>(rows: readonly { entry: T; id: number }[], chosen: T | null) =>
  rows.find(({ entry }) => entry === chosen)?.id;
