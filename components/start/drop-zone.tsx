'use client';

import { useRef, useState } from 'react';
import type { ImportView, LeftOut } from '../../lib/shared/intake-view.ts';
import { countText, nounText, shareText } from '../../lib/shared/screen-text.ts';
import { type ImportedFile, type OnImported, useImport } from '../hooks/use-import.ts';
import { droppedFiles } from './dropped-files.ts';

/** Takes log files by drag, by choice or from the keyboard, and says what became of each. */
export function DropZone({
  onGiven,
  onDone,
}: {
  onGiven: (() => void) | undefined;
  onDone: OnImported;
}) {
  const { files, isBusy, take: read } = useImport(onDone);
  const take = (given: readonly File[]) => {
    onGiven?.();
    return read(given);
  };
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is dropped here can be chosen by the button too */}
      <div
        className="drop-zone"
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={async (event) => {
          event.preventDefault();
          setIsOver(false);
          await take(await droppedFiles(event.dataTransfer));
        }}
      >
        <p>Drop files or folders of the log</p>
        <button
          type="button"
          className="button button-primary"
          disabled={isBusy}
          onClick={() => input.current?.click()}
        >
          Choose files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Log files"
          onChange={async ({ currentTarget }) => {
            const chosen = [...(currentTarget.files ?? [])];
            currentTarget.value = '';
            await take(chosen);
          }}
        />
      </div>
      {files.length > 0 && (
        <ul className="import-list" aria-label="Files given" aria-live="polite">
          {files.map((file) => (
            <li key={file.id}>
              <strong className="break">{file.name}</strong> <Became file={file} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Became({ file: { name, state } }: { file: ImportedFile }) {
  if (state.kind === 'failed')
    return (
      <p className="field-fault" role="alert">
        {state.message}
      </p>
    );
  if (state.kind === 'done') return <Read view={state.view} file={name} />;
  const isSending = state.kind === 'sending';
  return (
    <p className="import-progress">
      <progress aria-label={`Progress of ${name}`} {...(isSending && { value: state.share })} />
      <span className="num">
        {isSending ? `sent ${shareText(state.share)}` : 'reading the records'}
      </span>
    </p>
  );
}

function Read({ view, file }: { view: ImportView; file: string }) {
  const { records, kmsEvents, duplicates, keys, keysCount, missing, telemetry, ignored, refused } =
    view;
  return (
    <>
      {telemetry !== null ? (
        <TelemetryRead telemetry={telemetry} />
      ) : kmsEvents === 0 ? (
        <p className="field-fault" role="alert">
          No KMS event is in it: nothing can be explained from this file.
        </p>
      ) : (
        <p>
          {nounText(kmsEvents, 'KMS event')} in {nounText(records, 'record')}
          {duplicates > 0 && `; ${countText(duplicates)} were there already`}
        </p>
      )}
      {keys.map(({ key, events }) => (
        <p key={key} className="note break">
          {key === null ? 'Without a key' : <>Under {key}</>}: {nounText(events, 'event')}
        </p>
      ))}
      {keysCount > keys.length && (
        <p className="note">Under {nounText(keysCount - keys.length, 'more key')}: the rest.</p>
      )}
      {missing.length > 0 && (
        <p className="note">
          No column for {missing.join(', ')}: what rests on {missing.length === 1 ? 'it' : 'them'}{' '}
          is unknown. Export with {missing.length === 1 ? 'it' : 'them'}, or as JSON.
        </p>
      )}
      <LeftOutList title="Refused" left={refused} file={file} />
      <LeftOutList title="Ignored" left={ignored} file={file} />
    </>
  );
}

function TelemetryRead({
  telemetry: { calls, counts, added, faults },
}: {
  telemetry: NonNullable<ImportView['telemetry']>;
}) {
  return (
    <>
      {calls + counts === 0 ? (
        <p className="field-fault" role="alert">
          It is telemetry, but not of crypto-core: nothing of it can be used.
        </p>
      ) : (
        <p>
          Telemetry: {nounText(calls, 'KMS call')} and {nounText(counts, 'count')} of lookups
          {added === 0 && '; all were there already'}
        </p>
      )}
      {faults.map((fault) => (
        <p key={fault} className="note break">
          {fault}
        </p>
      ))}
    </>
  );
}

function LeftOutList({
  title,
  left,
  file,
}: {
  title: string;
  left: readonly LeftOut[];
  file: string;
}) {
  return left.map(({ words, n, advice, example }) => (
    <p key={words} className="note break">
      {title}: {words} ({countText(n)}); {advice}.{example === file ? '' : ` Such as ${example}.`}
    </p>
  ));
}
