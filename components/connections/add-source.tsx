'use client';

import { useState } from 'react';
import {
  type LogKind,
  logKinds,
  logKindWords,
  type PlaceField,
  placeFields,
} from '../../lib/shared/log-place.ts';
import { useChangeConnection, useTryConnection } from '../hooks/use-connections.ts';
import { Picker } from '../ui/picker.tsx';
import { TextField } from '../ui/text-field.tsx';
import { TriedResult } from './tried-result.tsx';

type Values = Partial<Record<PlaceField, string>>;

/** Asks where a log is; it can be looked at before it is added. */
export function AddSource() {
  const [kind, setKind] = useState<LogKind>('cloudtrail');
  const [values, setValues] = useState<Values>({});
  const add = useChangeConnection();
  const test = useTryConnection();
  const { fields, access } = logKindWords[kind];
  const place = { kind, ...Object.fromEntries(fields.map((name) => [name, values[name] ?? ''])) };
  const reset = () => {
    add.reset();
    test.reset();
  };
  const refusal = faultOf(add.error ?? test.error);
  return (
    <form
      className="price-form service-form"
      onSubmit={(event) => {
        event.preventDefault();
        test.reset();
        add.mutate({ method: 'POST', body: place }, { onSuccess: () => setValues({}) });
      }}
    >
      <div className="price-field">
        <Picker
          label="Kind of log"
          value={kind}
          options={logKinds.map((name) => ({ value: name, label: logKindWords[name].label }))}
          onChange={(value) => {
            const chosen = logKinds.find((name) => name === value);
            if (chosen === undefined) return;
            setKind(chosen);
            reset();
          }}
        />
        <p className="note">{access}</p>
      </div>
      {fields.map((name) => (
        <TextField
          key={name}
          label={placeFields[name].label}
          hint={placeFields[name].hint}
          value={values[name] ?? ''}
          fault={refusal?.field === name ? refusal.text : null}
          onChange={(value) => {
            setValues({ ...values, [name]: value });
            reset();
          }}
        />
      ))}
      {refusal?.field === null && (
        <p role="alert" className="field-fault">
          {refusal.text}
        </p>
      )}
      <TriedResult view={test.data} error={null} />
      <div className="source-actions">
        <span role="status" className="service-saved">
          {add.isSuccess && 'Added: it is read from now on, and a day back.'}
        </span>
        <button
          type="button"
          className="button"
          disabled={test.isPending}
          onClick={() => {
            add.reset();
            test.mutate(place);
          }}
        >
          {test.isPending ? 'Reading an hour…' : 'Test'}
        </button>
        <button type="submit" className="button button-primary" disabled={add.isPending}>
          {add.isPending ? 'Adding…' : 'Add'}
        </button>
      </div>
    </form>
  );
}

/** A refusal such as `Source: region must be …` at its field. */
function faultOf(error: Error | null): { field: string | null; text: string } | null {
  if (error === null) return null;
  const [, name = '', text = ''] = /^Source: (\w+) (.*)$/s.exec(error.message) ?? [];
  return Object.hasOwn(placeFields, name)
    ? { field: name, text: `This ${text}` }
    : { field: null, text: error.message };
}
