'use client';

import { useState } from 'react';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { promisePresets, type ServiceForm } from '../../lib/shared/service-facts.ts';
import { useSaveService } from '../hooks/use-service.ts';
import { PageLink } from '../ui/page-link.tsx';
import { Picker } from '../ui/picker.tsx';
import { TextField } from '../ui/text-field.tsx';
import {
  formOf,
  hasPrincipal,
  placeServiceFault,
  type ServiceDraft,
  type ServiceFault,
  serviceDraftOf,
  withPrincipal,
} from './service-draft.ts';

const seenMax = 12;

const presetLabels: Record<ServiceDraft['promise'], string> = {
  none: 'Not known',
  daily: `Daily: a new data key every 24 h, TTL ${promisePresets.daily.ttl}`,
  hourly: `Hourly: a new data key every hour, TTL ${promisePresets.hourly.ttl}`,
  other: 'Something else',
};

const isPreset = (name: string): name is ServiceDraft['promise'] =>
  Object.hasOwn(presetLabels, name);

/** Changes what is known of the service; what the server refuses is said at the field it is about. */
export function ServiceFormEditor({
  form,
  principals,
}: {
  form: ServiceForm;
  principals: ExplainView['choices']['principals'];
}) {
  const [draft, setDraft] = useState(() => serviceDraftOf(form));
  const [fault, setFault] = useState<ServiceFault | null>(null);
  const save = useSaveService();
  const change = (next: ServiceDraft) => {
    setDraft(next);
    setFault(null);
    save.reset();
  };
  const text = (name: Exclude<keyof ServiceDraft, 'promise'>) => ({
    value: draft[name],
    onChange: (value: string) => change({ ...draft, [name]: value }),
  });
  const faultOf = (field: ServiceFault['field']) => (fault?.field === field ? fault.text : null);
  return (
    <form
      className="price-form service-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(formOf(draft), {
          onError: ({ message }) => setFault(placeServiceFault(message)),
        });
      }}
    >
      <TextField
        label="Principals that are your service"
        hint="One a line: role name, ARN or id."
        lines={3}
        fault={faultOf('principals')}
        {...text('principals')}
      />
      {principals.length > 0 && (
        <fieldset className="service-seen">
          <legend>Seen in the log</legend>
          {principals.slice(0, seenMax).map((principal) => (
            <label key={principal.id}>
              <input
                type="checkbox"
                checked={hasPrincipal(draft, principal)}
                onChange={({ target }) => change(withPrincipal(draft, principal, target.checked))}
              />
              <span className="mono break">{principal.name}</span>
            </label>
          ))}
          {principals.length > seenMax && (
            <p className="note">More were seen: type their names above.</p>
          )}
        </fieldset>
      )}
      <TextField
        label="Messages an hour"
        hint="On average: users’ messages, not requests."
        fault={faultOf('messagesPerHour')}
        {...text('messagesPerHour')}
      />
      <div className="price-field">
        <Picker
          label="What is promised of data keys"
          value={draft.promise}
          options={Object.entries(presetLabels).map(([value, label]) => ({ value, label }))}
          onChange={(value) => {
            if (isPreset(value)) change({ ...draft, promise: value });
          }}
        />
        <p
          className={faultOf('promise') ? 'field-fault' : 'note'}
          role={faultOf('promise') ? 'alert' : undefined}
        >
          {faultOf('promise') ?? 'TTL: how long a data key is used without asking the KMS again.'}
        </p>
      </div>
      {draft.promise === 'other' && (
        <>
          <TextField label="TTL" hint="Such as 1h or 20m." fault={null} {...text('ttl')} />
          <TextField
            label="Lifetime of a data key"
            hint="Such as 24h: older ones encrypt no more."
            fault={null}
            {...text('dekLifetime')}
          />
        </>
      )}
      <TextField
        label="Deploys"
        hint="One a line, such as 2026-11-20T08:00Z; UTC without an offset."
        lines={3}
        fault={faultOf('deploys')}
        {...text('deploys')}
      />
      {fault?.field === null && (
        <p role="alert" className="field-fault">
          {fault.text}
        </p>
      )}
      <div className="modal-actions">
        <span role="status" className="service-saved">
          {save.isSuccess && (
            <>
              Saved. <PageLink href="/">See the answer</PageLink>
            </>
          )}
        </span>
        <button type="submit" className="button button-primary" disabled={save.isPending}>
          {save.isPending ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>
  );
}
